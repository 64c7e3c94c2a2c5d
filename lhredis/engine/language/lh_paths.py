"""lh_paths: reading and writing a value at an LHPath: fields, keys and indexes, one after the other.

It goes into Structs, Maps, Arrays and JSON. Missing keys and items read as null, and a negative index
counts from the end; a field that a Struct does not have is a problem when the spec is registered, or a
VarSubError where only the run can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lhredis.engine.language.kinds import T, VarSubError, type_name
from lhredis.engine.language.values import as_json, cast, check_int, coerce
from lhredis.engine.run import ThreadRun
from lhredis.model.native import Array, Map, Struct
from lhredis.model.value_types import ArrayType, InlineStructType, MapType, StructType, ValueType
from lhredis.model.values import Value

Step = str | int | Callable[[ThreadRun], Value]
"""A key, an index, or what finds one."""


def type_at(kind: ValueType | None, step: Step, step_type: ValueType | None) -> ValueType | None:
    """The type of what is one step further in; None when only the run can tell. `step_type` is that of a
    step that is found at run time. ValueError when there is no such place."""
    if kind is None or kind is T.JSON_OBJ or kind is T.JSON_ARR:
        return None
    if isinstance(kind, StructType | InlineStructType):
        if kind.fields is None or callable(step):
            return None
        found = next((field.type for field in kind.fields if field.name == step), None)
        if found is None:
            raise ValueError(f"there is no field {step!r} in {kind.name}")
        return found
    if isinstance(kind, ArrayType):
        if isinstance(step, str) or (callable(step) and step_type not in (None, T.INT)):
            raise ValueError(f"an item of {kind.name} is found by an index; got {step!r}")
        return kind.element
    if isinstance(kind, MapType):
        if not callable(step):
            _map_key(step, kind)
        return kind.value
    raise ValueError(f"a path goes into structs, maps, arrays and JSON; this is {kind.name}")


def _map_key(step: Value, kind: MapType) -> Value:
    """A step as a key of the map: what is written in a path is text or a number."""
    try:
        return cast(step, kind.key)
    except VarSubError as error:
        raise ValueError(f"no key of {kind.name}: {error}") from None


def read_at(value: Value, steps: Sequence[Step], thread: ThreadRun) -> Value:
    """What is at this place, null when there is nothing."""
    if value is not None and type(value) not in _CONTAINERS:
        raise VarSubError(f"cannot read a path of a {type_name(value)}")
    for step in steps:
        if value is None:
            return None
        value = _inside(value, step(thread) if callable(step) else step)
    return check_int(value) if type(value) is int else value


_CONTAINERS = frozenset((dict, list, Array, Map, Struct))


def _inside(value: Value, step: Value) -> Value:
    kind = type(value)
    if kind is dict:
        return value.get(step) if type(step) is str else None
    if kind is list or kind is Array:
        items = value if kind is list else value.items
        return items[step] if type(step) is int and -len(items) <= step < len(items) else None
    if kind is Map:
        return value.entries.get(_run_time_key(step, value))
    if kind is Struct:
        if type(step) is not str or step not in value.fields:  # a step may be a list, found in JSON
            raise VarSubError(f"there is no field {step!r} in {value.type.name}")
        return value.fields[step]
    return None


def _run_time_key(step: Value, within: Map) -> Value:
    try:
        return _map_key(step, within.type)
    except ValueError as error:
        raise VarSubError(str(error)) from None


def write_at(value: Value, steps: Sequence[Step], thread: ThreadRun, new: Value) -> Value:
    """A copy of `value` with `new` at this place. The last key is made when it is missing, nothing above it
    is."""
    if not steps:
        return new
    step = steps[0](thread) if callable(steps[0]) else steps[0]
    rest, kind = steps[1:], type(value)
    if kind is Map:
        step = _run_time_key(step, value)
    if rest and kind in _CONTAINERS and _inside(value, step) is None:
        raise VarSubError(f"cannot write at {step!r}: missing property {step!r}")
    if kind is dict and type(step) is str:
        return {**value, step: _new_inside(value.get(step), rest, thread, new)}
    if kind is list or kind is Array:
        return _with_item(value, step, rest, thread, new)
    if kind is Map:
        put = write_at(
            value.entries.get(step), rest, thread, coerce(new, value.type.value) if not rest else new
        )
        return Map(value.type.key, value.type.value, {**value.entries, step: put})
    if kind is Struct:
        put = write_at(_inside(value, step), rest, thread, new)
        return Struct(value.struct_def, value.fields | {step: put}, value.version, value.masked)
    raise VarSubError(f"cannot write at {step!r} of a {type_name(value)}")


def _with_item(
    value: list[Value] | Array, step: Value, rest: Sequence[Step], thread: ThreadRun, new: Value
) -> Value:
    if type(step) is not int or not 0 <= step < len(value):
        raise VarSubError(f"cannot write at {step!r}: the array has {len(value)} items")
    if isinstance(value, Array):
        put = write_at(value.items[step], rest, thread, new)
        return Array(value.type.element, (*value.items[:step], put, *value.items[step + 1 :]))
    return [*value[:step], _new_inside(value[step], rest, thread, new), *value[step + 1 :]]


def _new_inside(old: Value, rest: Sequence[Step], thread: ThreadRun, new: Value) -> Value:
    """What stands inside of JSON afterwards."""
    return write_at(old, rest, thread, new) if rest else as_json(new)
