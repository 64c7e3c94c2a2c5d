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

from lhredis.engine.language.fit import fit
from lhredis.engine.language.kinds import (
    AUTOMATIC_CASTS,
    EXPLICIT_CASTS,
    PRIMITIVE,
    cast_refusal,
)
from lhredis.engine.language.kinds import T as T
from lhredis.engine.language.kinds import VarSubError as VarSubError
from lhredis.engine.language.kinds import type_name as type_name
from lhredis.engine.language.kinds import type_of as type_of
from lhredis.model.enums import Comparator, VariableType
from lhredis.model.ids import check_wf_run_id
from lhredis.model.limits import INT_MAX, INT_MIN, PAYLOAD_BYTES_MAX
from lhredis.model.native import NATIVE, Array, Map, Struct
from lhredis.model.value_types import ValueType, unversioned
from lhredis.model.values import Value, WfRunId, check_json, encode_value, plain_form


def coerce(value: Value, target: ValueType) -> Value:
    """The value as `target`, by identity or an automatic cast; null fits every type. What is brought to
    an array, map or struct is looked at in full: it may come from outside."""
    if value is None:
        return None
    kind = PRIMITIVE[type(value)]
    if kind is target:
        return value
    if kind is None or type(target) is not VariableType:
        return fit(value, target, coerce, cast)
    if (kind, target) in AUTOMATIC_CASTS:
        return cast(value, target)
    raise VarSubError(f"cannot use a value of type {kind.name} as {target.name} without explicit casting")


def cast(value: Value, target: ValueType) -> Value:
    """The value as `target`, by any cast there is."""
    if value is None:
        return None
    kind = PRIMITIVE[type(value)]
    if kind is target:
        return value
    if kind is None or type(target) is not VariableType:
        return fit(value, target, coerce, cast)
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
    if type(value) in NATIVE:
        return orjson.dumps(plain_form(value)).decode()
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
    if type(value) in NATIVE:
        return plain_form(value)
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
    elif kind in NATIVE:
        check_length(len(orjson.dumps(_form_of(value))))
    return value


def _form_of(value: Value) -> Any:
    try:
        return encode_value(value)
    except ValueError as error:
        raise VarSubError(str(error)) from None


def compare(left: Value, comparator: Comparator, right: Value) -> bool:
    """`left comparator right`; both sides need the same type, null stands before everything."""
    if comparator is Comparator.IN:
        return contains(right, left)
    if comparator is Comparator.NOT_IN:
        return not contains(right, left)
    if type(left) in NATIVE or type(right) in NATIVE:
        return _compare_native(left, comparator, right)
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


def _compare_native(left: Value, comparator: Comparator, right: Value) -> bool:
    """Arrays, maps and structs are equal when their contents are; none is before another."""
    if comparator not in EQUALITY:
        raise VarSubError(f"{comparator.name} goes with what has an order; {type_name(left)} has none")
    if left is None or right is None:
        return comparator is Comparator.NOT_EQUALS
    kind, other = type_of(left), type_of(right)
    assert kind is not None and other is not None
    if unversioned(kind) != unversioned(other):
        raise VarSubError(f"cannot compare {kind.name} to {other.name}")
    return same(left, right) is (comparator is Comparator.EQUALS)


EQUALITY = frozenset((Comparator.EQUALS, Comparator.NOT_EQUALS))


def _rank(left: Value, right: Value) -> int:
    kind, other = PRIMITIVE[type(left)], PRIMITIVE[type(right)]
    assert kind is not None and other is not None
    if kind is not other:
        raise VarSubError(f"cannot compare {kind.name} to {other.name}")
    if kind is T.JSON_OBJ or kind is T.JSON_ARR:
        raise VarSubError(f"cannot compare two values of type {kind.name}")
    return int(left > right) - int(left < right)


def contains(container: Value, item: Value) -> bool:
    """Is `item` in `container`: a part of a STR, an item of an array, a key of a JSON_OBJ or Map?"""
    kind = type(container)
    if kind is str:
        return item is not None and stringify(item) in container
    if kind is list:
        return any(same(element, item) for element in container)
    if kind is dict:
        return item is not None and stringify(item) in container
    if kind is Array:
        fitting, found = _as_part(item, container.type.element)
        return fitting and any(same(element, found) for element in container.items)
    if kind is Map:
        fitting, found = _as_part(item, container.type.key)
        return fitting and found in container.entries
    raise VarSubError(f"cannot look for something in a value of type {type_name(container)}")


def _as_part(item: Value, kind: ValueType) -> tuple[bool, Value]:
    """Can it be an item, or a key, of this type? And as which value?"""
    if item is not None and type_of(item) == kind:
        return True, item
    try:
        return True, coerce(item, kind)
    except VarSubError:
        return False, None


def same(left: Any, right: Any) -> bool:
    """Deep equality that tells 1 from 1.0 and from true."""
    if type(left) is not type(right):
        return False
    if type(left) is dict:
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if type(left) is list:
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if type(left) is Struct:
        return left.struct_def == right.struct_def and same(left.fields, right.fields)
    if type(left) is Array:
        return same(list(left.items), list(right.items))
    if type(left) is Map:
        return same(left.entries, right.entries)
    return bool(left == right)


def size_of(value: Value) -> int:
    """Characters of a STR, items of an array."""
    if type(value) is str or type(value) is list or type(value) is Array:
        return len(value)
    raise VarSubError(f"Cannot resolve size() of a value of type {type_name(value)}")
