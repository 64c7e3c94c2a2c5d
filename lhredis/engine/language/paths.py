"""paths: reading and writing a value at a JSONPath, compiled once per spec.

A plain path (`$.a.b[0]`) takes a fast way of our own; any other is python-jsonpath's (RFC 9535).
Reading a missing place gives null, never an error (features.md 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jsonpath

from lhredis.engine.language.values import VarSubError, type_name
from lhredis.model.values import Value

Steps = tuple[str | int, ...]
_PLAIN = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\['([^'\\\]]+)'\]|\[\"([^\"\\\]]+)\"\]", re.ASCII)


def plain_steps(path: str) -> Steps | None:
    """The keys and indexes of a plain path; None when it has wildcards, filters or the like."""
    if not path.startswith("$"):
        return None
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        match = _PLAIN.match(path, at)
        if match is None:
            return None
        name, index, single, double = match.groups()
        steps.append(int(index) if index is not None else (name or single or double))
        at = match.end()
    return tuple(steps)


def compile_read(path: str) -> Callable[[Value], Value]:
    """A function from a JSON value to what stands at `path`. ValueError when the path is no JSONPath.

    A path that can match many places gives a JSON_ARR of all of them.
    """
    steps = plain_steps(path)
    if steps is not None:
        return lambda value: _walk(value, steps)
    if not path.startswith("$"):
        raise ValueError(f"a JSONPath starts with $; got {path!r}")
    try:
        compiled = jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"{path!r} is no JSONPath: {error}") from None
    single = isinstance(compiled, jsonpath.JSONPath) and compiled.singular_query()

    def read(value: Value) -> Value:
        if value is None:
            return None
        if type(value) is not dict and type(value) is not list:
            raise _unreadable(value)
        found = compiled.findall(value)
        if single:
            return found[0] if found else None
        return found

    return read


def _walk(value: Any, steps: Steps) -> Any:
    if steps and value is not None and type(value) is not dict and type(value) is not list:
        raise _unreadable(value)
    for step in steps:
        kind = type(value)
        if kind is dict:
            value = value.get(step)
        elif kind is list:
            value = value[step] if type(step) is int and step < len(value) else None
        else:
            return None
    return value


def _unreadable(value: Value) -> VarSubError:
    return VarSubError(f"cannot read a JSONPath of a {type_name(value)}: it is neither JSON_OBJ nor JSON_ARR")


def write(value: Value, steps: Steps, path: str, new: Value) -> Value:
    """A copy of `value` with `new` at `steps`: the leaf is made when missing, nothing above it is."""
    if not steps:
        return new
    if type(value) is dict:
        key = str(steps[0])
        if len(steps) > 1 and value.get(key) is None:
            raise VarSubError(f"cannot write {path}: missing property {key!r}")
        return {**value, key: write(value.get(key), steps[1:], path, new)}
    if type(value) is list and type(steps[0]) is int:
        index = steps[0]
        if index >= len(value):
            raise VarSubError(f"cannot write {path}: the array has {len(value)} items")
        return [*value[:index], write(value[index], steps[1:], path, new), *value[index + 1 :]]
    raise VarSubError(f"cannot write {path}: {steps[0]!r} is not in a JSON_OBJ or JSON_ARR")
