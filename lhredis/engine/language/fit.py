"""fit: bring values to array, map and struct types: what comes from outside may be plain JSON.

A list fits an array, an object a map or a struct, a list of pairs a map whose keys are no STRs. What
a value says that it is counts for nothing: every item, entry and field is brought to the type that is
declared. Errors name the place: `[1]: field 'year': …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from lhredis.engine.language.kinds import VarSubError, type_name
from lhredis.model.native import Array, Map, Struct
from lhredis.model.native_forms import put_entry
from lhredis.model.value_types import NEWEST, ArrayType, FieldType, InlineStructType, MapType, StructType
from lhredis.model.value_types import ValueType as Type
from lhredis.model.values import Value, decode_value

Coerce = Callable[[Value, Type], Value]
"""Brings a value to any type; VarSubError."""


def fit(value: Value, target: Type, coerce: Coerce, cast: Coerce) -> Value:
    """A value that is not null, as `target`; one of the two is native. VarSubError.

    `coerce` and `cast` do the same for what is inside.
    """
    if isinstance(target, ArrayType):
        return _array(value, target, coerce)
    if isinstance(target, MapType):
        return _map(value, target, coerce, cast)
    if isinstance(target, StructType | InlineStructType):
        return _struct(value, target, coerce)
    raise _misfit(value, target)


def _misfit(value: Value, target: Type) -> VarSubError:
    return VarSubError(
        f"cannot use a value of type {type_name(value)} as {target.name} without explicit casting"
    )


def _array(value: Value, target: ArrayType, coerce: Coerce) -> Array:
    items: Iterable[Value]
    if isinstance(value, Array):
        items = value.items
    elif type(value) is list:
        items = _read_all(value)
    else:
        raise _misfit(value, target)
    fitting = []
    for i, item in enumerate(items):
        with _at(f"[{i}]"):
            fitting.append(coerce(item, target.element))
    return Array(target.element, fitting)


def _map(value: Value, target: MapType, coerce: Coerce, cast: Coerce) -> Map:
    to_key = coerce
    pairs: Iterable[tuple[Value, Value]]
    if isinstance(value, Map):
        pairs = value.entries.items()
    elif type(value) is dict:
        to_key = cast  # in JSON, keys are strings
        pairs = zip(value, _read_all(value.values()), strict=True)
    elif type(value) is list:
        pairs = _pairs(value)
    else:
        raise _misfit(value, target)
    entries: dict[Value, Value] = {}
    for key, of in pairs:
        with _at(f"key {key!r}"):
            _put(entries, to_key(key, target.key), coerce(of, target.value))
    return Map(target.key, target.value, entries)


def _put(entries: dict[Value, Value], key: Value, value: Value) -> None:
    try:
        put_entry(entries, key, value)
    except ValueError as error:
        raise VarSubError(str(error)) from None


def _pairs(plain: list[Any]) -> Iterator[tuple[Value, Value]]:
    for i, pair in enumerate(plain):
        if type(pair) is not list or len(pair) != 2:
            raise VarSubError(f"[{i}]: an entry of a Map is [key, value]; got {pair!r:.100}")
        key, of = _read_all(pair)
        yield key, of


def _struct(value: Value, target: StructType | InlineStructType, coerce: Coerce) -> Struct:
    name, version = _identity(target)
    if isinstance(value, Struct):
        if value.struct_def is not None and value.struct_def != name:
            raise _misfit(value, target)
        if target.fields is None and (value.struct_def, value.version) == (name, version):
            return value
        given, other_version = value.fields, value.version not in (NEWEST, version)
    elif type(value) is dict:
        given, other_version = dict(zip(value, _read_all(value.values()), strict=True)), False
    else:
        raise _misfit(value, target)
    if target.fields is None:
        raise VarSubError(
            f"{target.name} is not known here: its StructDef was deleted, or is named by no type"
        )
    known = {field.name for field in target.fields}
    unknown = [field for field in given if field not in known]
    if unknown and not other_version:
        raise VarSubError(f"there is no field {unknown[0]!r} in {target.name}")
    fields = {}
    for field in target.fields:
        with _at(f"field {field.name!r}"):
            fields[field.name] = _field(given, field, coerce)
    return Struct(name, fields, version, frozenset(field.name for field in target.fields if field.masked))


def _identity(target: StructType | InlineStructType) -> tuple[str | None, int]:
    return (target.struct_def, target.version) if isinstance(target, StructType) else (None, NEWEST)


def _field(given: dict[str, Value], field: FieldType, coerce: Coerce) -> Value:
    value = given.get(field.name)
    if value is not None:
        return coerce(value, field.type)
    if field.name not in given and field.required:
        raise VarSubError("missing")
    if field.default is None and not field.nullable:
        raise VarSubError("may not be null")
    return None if field.nullable and field.name in given else field.default


def _read_all(plain: Iterable[Any]) -> Iterator[Value]:
    """Values in plain JSON: those of other types than JSON's are tagged there, as everywhere."""
    for form in plain:
        try:
            yield decode_value(form)
        except ValueError as error:
            raise VarSubError(str(error)) from None


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except VarSubError as error:
        raise VarSubError(f"{place}: {error}") from None
