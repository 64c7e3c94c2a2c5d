"""expressions: VariableAssignments, compiled once per spec into functions of a ThreadRun.

`compile_assignment` checks types where they are known and reports every problem to the scope, so
that at run time only what depends on values can still fail, as a VarSubError (features.md 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from lhredis.engine.operators import ARITHMETIC, operate, result_type
from lhredis.engine.paths import compile_read
from lhredis.engine.run import ThreadRun
from lhredis.engine.scope import Scope, read_variable
from lhredis.engine.values import (
    AUTOMATIC_CASTS,
    EXPLICIT_CASTS,
    T,
    VarSubError,
    cast,
    cast_refusal,
    check_int,
    check_length,
    coerce,
    compare,
    size_of,
    stringify,
    type_name,
    type_of,
)
from lhredis.model.assignments import Expression, FormatString, VariableAssignment
from lhredis.model.enums import Comparator, VariableType
from lhredis.model.limits import ASSIGNMENT_DEPTH_MAX
from lhredis.model.values import Value

Getter = Callable[[ThreadRun], Value]
"""Finds a value for a ThreadRun; raises VarSubError when it cannot."""


class Typed(NamedTuple):
    """A compiled assignment. `type` is None when only the run can tell; `truncates` marks untyped
    arithmetic, whose DOUBLE result may become an INT (semantics.md 12)."""

    get: Getter
    type: VariableType | None
    truncates: bool = False


def compile_assignment(assignment: VariableAssignment, scope: Scope, path: str, depth: int = 1) -> Typed:
    """An assignment as a function. Problems go to `scope`; what is returned then is never run."""
    if depth > ASSIGNMENT_DEPTH_MAX:
        scope.problem(path, f"expressions nest at most {ASSIGNMENT_DEPTH_MAX} levels deep")
        return Typed(lambda thread: None, None)
    typed = _SOURCES[assignment.source](assignment, scope, path, depth)
    if assignment.json_path is not None:
        typed = _at_json_path(typed, assignment.json_path, scope, path)
    if assignment.target_type is not None:
        typed = _cast_to(typed, assignment.target_type.primitive_type, scope, path)
    return typed


def compile_into(
    assignment: VariableAssignment, target: VariableType, scope: Scope, path: str, what: str
) -> Getter:
    """An assignment into something of a declared type; `what` names that thing in problems."""
    typed = compile_assignment(assignment, scope, path)
    return converted(typed, target, scope, path, what)


def converted(typed: Typed, target: VariableType, scope: Scope, path: str, what: str) -> Getter:
    """A getter whose value fits `target`, checked now if the type is known, else at run time."""
    get, kind, truncates = typed
    if kind is target:
        return get
    if kind is not None and (kind, target) not in AUTOMATIC_CASTS:
        scope.problem(
            path,
            f"Cannot assign {kind.name} to {target.name} without explicit casting ({what} is {target.name})",
        )
        return get

    def get_converted(thread: ThreadRun) -> Value:
        value = get(thread)
        if truncates and target is T.INT and type(value) is float:
            return cast(value, target)
        try:
            return coerce(value, target)
        except VarSubError as error:
            raise VarSubError(f"{what}: {error}") from None

    return get_converted


def compile_condition(assignment: VariableAssignment, scope: Scope, path: str) -> Callable[[ThreadRun], bool]:
    """An assignment that must give a BOOL."""
    get, kind, _ = compile_assignment(assignment, scope, path)
    if kind is not None and kind is not T.BOOL:
        scope.problem(path, f"a condition is a BOOL; this is {kind.name}")

    def holds(thread: ThreadRun) -> bool:
        value = get(thread)
        if type(value) is not bool:
            raise VarSubError(f"a condition is a BOOL; got {type_name(value)}")
        return value

    return holds


def _literal(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    value = assignment.literal_value
    return Typed(lambda thread: value, type_of(value))


def _variable(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    name = assignment.variable_name or ""
    definition = scope.variable(name)
    if definition is None:
        scope.problem(path, f"there is no variable {name!r}")
        return Typed(lambda thread: None, None)
    return Typed(lambda thread: read_variable(thread, name), definition.var_def.type)


def _node_output(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert assignment.node_output is not None
    name = assignment.node_output.node_name
    if name not in scope.node_types:
        scope.problem(path, f"there is no node {name!r} with an output in thread {scope.thread!r}")
        return Typed(lambda thread: None, None)
    scope.refer_to_output(name)

    def get(thread: ThreadRun) -> Value:
        try:
            return thread.outputs[name]
        except KeyError:
            raise VarSubError(f"node {name!r} has no output: it has not run, or it failed") from None

    return Typed(get, scope.node_types[name])


_PLACEHOLDER = re.compile(r"\{(\d{1,9})\}")


def _format_string(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert isinstance(assignment.format_string, FormatString)
    template = compile_assignment(
        assignment.format_string.format, scope, f"{path}.format_string.format", depth + 1
    )
    if template.type not in (None, T.STR):
        scope.problem(f"{path}.format_string.format", f"a template is a STR; this is {template.type.name}")
    args = [
        compile_assignment(arg, scope, f"{path}.format_string.args[{i}]", depth + 1).get
        for i, arg in enumerate(assignment.format_string.args)
    ]

    def get(thread: ThreadRun) -> Value:
        text = template.get(thread)
        if type(text) is not str:
            raise VarSubError(f"the template of a format string is a STR; got {type_name(text)}")
        values = [stringify(arg(thread)) for arg in args]
        return _filled(text, values)

    return Typed(get, T.STR)


def _filled(template: str, values: list[str]) -> str:
    parts: list[str] = []
    characters = at = 0
    for match in _PLACEHOLDER.finditer(template):
        number = int(match[1])
        part = values[number] if number < len(values) else match[0]
        parts += (template[at : match.start()], part)
        at = match.end()
        characters += len(part)
        check_length(characters)
    return "".join((*parts, template[at:]))


def _size_of(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert assignment.size_of is not None
    get, kind, _ = compile_assignment(assignment.size_of.operand, scope, f"{path}.size_of.operand", depth + 1)
    if kind not in (None, T.STR, T.JSON_ARR):
        scope.problem(f"{path}.size_of", f"size() goes with STR and arrays; this is {kind.name}")
    return Typed(lambda thread: size_of(get(thread)), T.INT)


def _expression(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    expression = assignment.expression
    assert expression is not None
    left = compile_assignment(expression.lhs, scope, f"{path}.expression.lhs", depth + 1)
    right = compile_assignment(expression.rhs, scope, f"{path}.expression.rhs", depth + 1)
    if expression.comparator is not None:
        return _comparison(expression.comparator, left, right, scope, path)
    return _operation(expression, left, right, scope, path)


def _comparison(comparator: Comparator, left: Typed, right: Typed, scope: Scope, path: str) -> Typed:
    get_left, get_right = left.get, right.get
    ordered = comparator not in (Comparator.IN, Comparator.NOT_IN)
    if ordered and left.type and right.type and left.type is not right.type:
        scope.problem(
            f"{path}.expression",
            f"cannot compare {left.type.name} to {right.type.name} without explicit casting",
        )
    return Typed(lambda thread: compare(get_left(thread), comparator, get_right(thread)), T.BOOL)


def _operation(expression: Expression, left: Typed, right: Typed, scope: Scope, path: str) -> Typed:
    op = expression.mutation_type
    assert op is not None
    get_left, get_right = left.get, right.get
    kind: VariableType | None = None
    try:
        kind = result_type(op, left.type, right.type)
    except ValueError as error:
        scope.problem(f"{path}.expression", str(error))
    return Typed(
        lambda thread: operate(op, get_left(thread), get_right(thread)),
        kind,
        kind is None and op in ARITHMETIC,
    )


def _at_json_path(typed: Typed, json_path: str, scope: Scope, path: str) -> Typed:
    get = typed.get
    if typed.type not in (None, T.JSON_OBJ, T.JSON_ARR):
        scope.problem(
            f"{path}.json_path", f"a JSONPath reads JSON_OBJ and JSON_ARR; this is {typed.type.name}"
        )
    try:
        read = compile_read(json_path)
    except ValueError as error:
        scope.problem(f"{path}.json_path", str(error))
        return Typed(get, None)
    return Typed(lambda thread: _of_64_bits(read(get(thread))), None)


def _of_64_bits(value: Value) -> Value:
    """What was read from JSON, where a number may be larger than an INT."""
    return check_int(value) if type(value) is int else value


def _cast_to(typed: Typed, target: VariableType, scope: Scope, path: str) -> Typed:
    get, kind, _ = typed
    if kind is target:
        return typed
    if kind is not None and (kind, target) not in EXPLICIT_CASTS:
        scope.problem(f"{path}.target_type", cast_refusal(kind, target))
    return Typed(lambda thread: cast(get(thread), target), target)


_SOURCES: dict[str, Callable[[VariableAssignment, Scope, str, int], Typed]] = {
    "literal_value": _literal,
    "variable_name": _variable,
    "node_output": _node_output,
    "format_string": _format_string,
    "expression": _expression,
    "size_of": _size_of,
}
