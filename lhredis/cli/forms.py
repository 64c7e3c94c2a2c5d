"""forms: the fields of a user task, from words or asked for one by one at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import typer

from lhredis.cli.arguments import parse_value, unknown
from lhredis.cli.console import harmless
from lhredis.errors import InvalidSpec, Problem
from lhredis.model.enums import VariableType
from lhredis.model.user_task_def import UserTaskDef, UserTaskField
from lhredis.model.user_task_run import UserTaskRun
from lhredis.model.values import Value

_YES_NO = {"y": "true", "yes": "true", "n": "false", "no": "false"}
"""How people answer where a BOOL is asked for."""


def at_terminal() -> bool:
    """Is there somebody who can be asked?"""
    return sys.stdin.isatty()


def parse_fields(
    words: Sequence[str], form: UserTaskDef, partial: bool, saved: Mapping[str, Value] = MappingProxyType({})
) -> dict[str, Value]:
    """`name=value` words as results, and what was saved of the other fields. InvalidSpec names every word
    that is wrong, and what is missing."""
    known = {field.name: field for field in form.fields}
    results: dict[str, Value] = {}
    problems: list[Problem] = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            problems.append(Problem(word, "write field=value"))
        elif name in results:
            problems.append(Problem(name, "given twice"))
        elif name not in known:
            problems.append(Problem(name, unknown("field", name, list(known))))
        else:
            results[name] = None
            try:
                results[name] = parse_value(text, known[name].type)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
    results = {**saved, **results}
    for name, field in known.items():
        if field.required and not partial and name not in results:
            problems.append(Problem(name, f"required ({field.type.name}): {name}=…"))
    if problems:
        raise InvalidSpec(problems)
    return results


def ask(form: UserTaskDef, run: UserTaskRun, partial: bool) -> dict[str, Value]:
    """Ask for each field until what is typed fits; what was saved before is the default. An empty answer
    leaves out what need not be there."""
    _say(form.name + (f": {form.description}" if form.description else ""))
    if run.notes:
        _say(run.notes)
    results: dict[str, Value] = {}
    for field in form.fields:
        value = _asked(field, run.results.get(field.name), field.required and not partial)
        if value is not None:
            results[field.name] = value
    return results


def _asked(field: UserTaskField, saved: Value, required: bool) -> Value:
    label = field.display_name or field.name
    is_bool = field.type is VariableType.BOOL
    if field.description:
        _say(f"  {field.description}")
    hint = field.type.name if required else f"{field.type.name}, may be empty"
    default = "" if saved is None else str(saved).lower() if isinstance(saved, bool) else str(saved)
    question = harmless(f"{label} ({hint})" + (f" [{default}]" if default else ""))
    while True:
        text: str = typer.prompt(question, default=default, show_default=False, err=True)
        if not text and not required:
            return None
        if not text:
            _say("  this field is required")
            continue
        try:
            value = parse_value(_YES_NO.get(text.lower(), text) if is_bool else text, field.type)
        except ValueError as error:
            _say(f"  {error}")
            continue
        if value is not None or not required:
            return value
        _say("  this field is required")


def _say(text: str) -> None:
    typer.echo(harmless(text), err=True)
