"""values: which type a value has, how it becomes another, and how two compare.

The rules are semantics.md 11 and 12, features.md 6 and 7. Every problem is a `VarSubError`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from lhredis.model.enums import Comparator, VariableType
from lhredis.model.ids import check_wf_run_id
from lhredis.model.limits import INT_MAX, INT_MIN, PAYLOAD_BYTES_MAX
from lhredis.model.values import Value, WfRunId, check_json

T = VariableType


class VarSubError(Exception):
    """An assignment, condition or mutation could not be evaluated: the failure VAR_SUB_ERROR."""


_TYPES: dict[type, VariableType] = {
    bool: T.BOOL,
    int: T.INT,
    float: T.DOUBLE,
    str: T.STR,
    dict: T.JSON_OBJ,
    list: T.JSON_ARR,
    bytes: T.BYTES,
    datetime: T.TIMESTAMP,
    WfRunId: T.WF_RUN_ID,
}

AUTOMATIC_CASTS = frozenset(
    [(T.INT, T.DOUBLE)] + [(source, T.STR) for source in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)]
)
"""(from, to) pairs that need no word from the user."""

EXPLICIT_CASTS = AUTOMATIC_CASTS | frozenset(
    [(T.DOUBLE, T.INT)] + [(T.STR, target) for target in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)]
)
"""(from, to) pairs that a cast may ask for."""


def type_of(value: Value) -> VariableType | None:
    """The type of a value; None for null."""
    return None if value is None else _TYPES[type(value)]


def type_name(value: Value) -> str:
    kind = type_of(value)
    return "null" if kind is None else kind.name


def coerce(value: Value, target: VariableType) -> Value:
    """The value as `target`, by identity or an automatic cast; null fits every type."""
    if value is None:
        return None
    kind = _TYPES[type(value)]
    if kind is target:
        return value
    if (kind, target) in AUTOMATIC_CASTS:
        return cast(value, target)
    raise VarSubError(f"cannot use a value of type {kind.name} as {target.name} without explicit casting")


def cast(value: Value, target: VariableType) -> Value:
    """The value as `target`, by any cast there is."""
    if value is None:
        return None
    kind = _TYPES[type(value)]
    if kind is target:
        return value
    if (kind, target) not in EXPLICIT_CASTS:
        raise VarSubError(cast_refusal(kind, target))
    if target is T.STR:
        return stringify(value)
    if target is T.DOUBLE:
        return _parse(value, target, _double_of)
    if target is T.INT:
        return check_int(int(value)) if kind is T.DOUBLE else _parse(value, target, _int_of_text)
    if target is T.BOOL:
        return _parse(value, target, lambda text: {"true": True, "false": False}[text.strip().lower()])
    if target is T.BYTES:
        return str(value).encode()
    return _parse(value, target, lambda text: WfRunId(check_wf_run_id(text)))


def cast_refusal(source: VariableType, target: VariableType) -> str:
    return f"Cannot cast from {source.name} to {target.name}. This conversion is not supported."


def _parse(value: Value, target: VariableType, parse: Callable[[Any], Value]) -> Value:
    try:
        parsed = parse(value)
    except (ValueError, KeyError, OverflowError):
        raise VarSubError(f"Cannot parse '{value}' as {target.name}") from None
    if type(parsed) is float and not math.isfinite(parsed):
        raise VarSubError(f"Cannot parse '{value}' as {target.name}: it is not finite")
    return parsed


_INT = re.compile(r"\s*[+-]?\d{1,64}\s*", re.ASCII)


def _int_of_text(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError
    return check_int(int(text))


def _double_of(value: int | str) -> float:
    if type(value) is str and ("_" in value or not value.isascii()):  # Python's float() takes 1_0
        raise ValueError
    return float(value)


def check_int(value: int) -> int:
    """The value, or VarSubError when it has more than 64 bits."""
    if not INT_MIN <= value <= INT_MAX:
        raise VarSubError(f"the INT result {value} does not fit in 64 bits")
    return value


def stringify(value: Value) -> str:
    """A value as text: what casts to STR, format strings and IN use."""
    if type(value) is str:
        return value
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is dict or type(value) is list:
        return orjson.dumps(value).decode()
    if type(value) is bytes:
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise VarSubError("Cannot read BYTES as STR: they are not UTF-8") from None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def as_json(value: Value) -> Value:
    """A value as it may stand inside a JSON document."""
    return value if value is None or type(value) in _IN_JSON else coerce(value, T.STR)


_IN_JSON = frozenset((bool, int, float, str, dict, list))


def check_nesting(value: Value) -> Value:
    """The JSON value, or VarSubError when it nests deeper than any store or wire takes."""
    try:
        check_json(value)
    except ValueError as error:
        raise VarSubError(str(error)) from None
    return value


def check_length(count: int) -> None:
    """VarSubError when a text of so many characters, or an array of so many items, is no value any more."""
    if count > PAYLOAD_BYTES_MAX:
        raise VarSubError(f"a value has at most {PAYLOAD_BYTES_MAX} bytes (PAYLOAD_BYTES_MAX)")


def check_size(value: Value) -> Value:
    """The value, or VarSubError when it is larger than a variable may be: a loop can double it each pass."""
    kind = type(value)
    if kind is str or kind is bytes:
        check_length(len(value))
    elif kind is dict or kind is list:
        check_length(len(orjson.dumps(value)))
    return value


def compare(left: Value, comparator: Comparator, right: Value) -> bool:
    """`left comparator right`; both sides need the same type, null stands before everything."""
    if comparator is Comparator.IN:
        return contains(right, left)
    if comparator is Comparator.NOT_IN:
        return not contains(right, left)
    if left is None or right is None:
        rank = (left is not None) - (right is not None)
    else:
        rank = _rank(left, right)
    return _HOLDS[comparator](rank)


_HOLDS: dict[Comparator, Callable[[int], bool]] = {
    Comparator.LESS_THAN: lambda rank: rank < 0,
    Comparator.GREATER_THAN: lambda rank: rank > 0,
    Comparator.LESS_THAN_EQ: lambda rank: rank <= 0,
    Comparator.GREATER_THAN_EQ: lambda rank: rank >= 0,
    Comparator.EQUALS: lambda rank: rank == 0,
    Comparator.NOT_EQUALS: lambda rank: rank != 0,
}


def _rank(left: Value, right: Value) -> int:
    kind, other = _TYPES[type(left)], _TYPES[type(right)]
    if kind is not other:
        raise VarSubError(f"cannot compare {kind.name} to {other.name}")
    if kind is T.JSON_OBJ or kind is T.JSON_ARR:
        raise VarSubError(f"cannot compare two values of type {kind.name}")
    return int(left > right) - int(left < right)


def contains(container: Value, item: Value) -> bool:
    """Is `item` in `container`: a part of a STR, an element of a JSON_ARR, a key of a JSON_OBJ?"""
    kind = type(container)
    if kind is str:
        return item is not None and stringify(item) in container
    if kind is list:
        return any(same(element, item) for element in container)
    if kind is dict:
        return item is not None and stringify(item) in container
    raise VarSubError(f"cannot look for something in a value of type {type_name(container)}")


def same(left: Any, right: Any) -> bool:
    """Deep equality that tells 1 from 1.0 and from true."""
    if type(left) is not type(right):
        return False
    if type(left) is dict:
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if type(left) is list:
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return bool(left == right)


def size_of(value: Value) -> int:
    """Characters of a STR, items of a JSON_ARR."""
    if type(value) is str or type(value) is list:
        return len(value)
    raise VarSubError(f"Cannot resolve size() of a value of type {type_name(value)}")
