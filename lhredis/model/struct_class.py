"""struct_class: Python classes that are StructDefs: their fields from type hints, their values both ways.

    @lh_struct_def("car", description="Something with four wheels")
    class Car:
        make: str
        year: int = 2000
        vin_number: Annotated[str | None, LHStructField(masked=True)] = None

The fields of the StructDef are called as in LittleHorse: `vin_number` is `vinNumber`.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

from lhredis.model.enums import StructDefCompatibilityType, VariableType
from lhredis.model.native import Array, Map, Struct
from lhredis.model.struct_def import PutStructDefRequest
from lhredis.model.types import InlineStructDef, StructFieldDef, TypeDefinition
from lhredis.model.value_types import (
    ArrayType,
    MapType,
    StructType,
    ValueType,
    check_key_type,
    check_nesting,
)
from lhredis.model.values import Value, WfRunId, encode_value

T = VariableType
C = TypeVar("C", bound=type)

PRIMITIVES: dict[Any, VariableType] = {
    str: T.STR,
    int: T.INT,
    float: T.DOUBLE,
    bool: T.BOOL,
    bytes: T.BYTES,
    datetime: T.TIMESTAMP,
    WfRunId: T.WF_RUN_ID,
    dict: T.JSON_OBJ,
    list: T.JSON_ARR,
}
"""Which type a type hint stands for, in a StructDef's class as in a task's signature."""

_INFO = "__lh_struct_def__"


@dataclass(frozen=True, slots=True)
class LHStructField:
    """`Annotated[str, LHStructField(name="vin", masked=True)]`: another name, or a value to be hidden."""

    name: str | None = None
    masked: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True)
class LHStructIgnore:
    """`Annotated[int, LHStructIgnore()]`: no field of the StructDef. The class needs a default for it."""


@dataclass(frozen=True, slots=True)
class _Info:
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class _Field:
    """One field, in both worlds."""

    attribute: str
    name: str
    hint: Any
    nullable: bool
    extra: LHStructField
    default: Any


@dataclass_transform()
def lh_struct_def(name: str, description: str | None = None) -> Callable[[C], C]:
    """Make a class a StructDef of this name, and a dataclass if it is none. TypeError when a field has a type
    that no StructDef can have."""

    def decorate(cls: C) -> C:
        if not dataclasses.is_dataclass(cls):
            dataclass(cls)
        setattr(cls, _INFO, _Info(name, description))
        return cls

    return decorate


def is_struct_class(hint: Any) -> bool:
    return isinstance(hint, type) and _INFO in vars(hint)


def struct_name(cls: type) -> str:
    """The name of the StructDef that a class is."""
    info: _Info = getattr(cls, _INFO)
    return info.name


def struct_def_request(
    cls: type,
    allowed_updates: StructDefCompatibilityType = StructDefCompatibilityType.NO_SCHEMA_UPDATES,
) -> PutStructDefRequest:
    """What registers the StructDef that a class is. TypeError names the field whose type cannot be."""
    info: _Info = getattr(cls, _INFO)
    fields = {field.name: _definition(cls, field) for field in _fields(cls)}
    given: dict[str, Any] = {"name": info.name, "struct_def": InlineStructDef(fields=fields)}
    if info.description is not None:
        given["description"] = info.description
    if allowed_updates is not StructDefCompatibilityType.NO_SCHEMA_UPDATES:
        given["allowed_updates"] = allowed_updates
    return PutStructDefRequest(**given)


def _definition(cls: type, field: _Field) -> StructFieldDef:
    try:
        kind = native_type(field.hint)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{cls.__name__}.{field.attribute}: {error}") from None
    given: dict[str, Any] = {}
    if field.default is not dataclasses.MISSING:
        given["default_value"] = encode_value(to_value(field.default))
    if field.nullable:
        given["is_nullable"] = True
    if field.extra.description is not None:
        given["description"] = field.extra.description
    return StructFieldDef(field_type=TypeDefinition.of(kind, field.extra.masked), **given)


def native_type(hint: Any) -> ValueType:
    """The type that a hint stands for where JSON is told from other values: `list[int]` is Array<INT>,
    `dict[str, int]` Map<STR, INT>; a bare `list` is JSON_ARR, a bare `dict` JSON_OBJ. TypeError, ValueError."""
    hint, _ = without_none(get_args(hint)[0] if get_origin(hint) is Annotated else hint)
    if hint in PRIMITIVES:
        return PRIMITIVES[hint]
    if is_struct_class(hint):
        return StructType(struct_name(hint))
    origin, inside = get_origin(hint), get_args(hint)
    if origin is list and len(inside) == 1:
        return check_nesting(ArrayType(native_type(inside[0])))
    if origin is dict and len(inside) == 2:
        return check_nesting(MapType(check_key_type(native_type(inside[0])), native_type(inside[1])))
    raise TypeError(f"no type of a value fits the type hint {hint!r}")


def without_none(hint: Any) -> tuple[Any, bool]:
    """(`X`, True) of `X | None`; (`X`, False) of `X`."""
    if get_origin(hint) in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        if len(parts) == 1 and len(parts) < len(get_args(hint)):
            return parts[0], True
    return hint, False


def _fields(cls: type) -> list[_Field]:
    hints = get_type_hints(cls, include_extras=True)
    fields = []
    for each in dataclasses.fields(cls):
        hint, extra = hints[each.name], LHStructField()
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
            if any(isinstance(one, LHStructIgnore) for one in extras):
                continue
            extra = next((one for one in extras if isinstance(one, LHStructField)), extra)
        hint, nullable = without_none(hint)
        default = each.default
        if default is dataclasses.MISSING and each.default_factory is not dataclasses.MISSING:
            default = each.default_factory()
        fields.append(_Field(each.name, extra.name or _camel(each.name), hint, nullable, extra, default))
    return fields


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def to_value(thing: Any) -> Value:
    """A value as variables hold it: an instance of a struct class as a Struct, a list of such as an Array, a
    dict of such as a Map; the same inside of their fields."""
    if is_struct_class(type(thing)):
        fields = {
            field.name: to_native(getattr(thing, field.attribute), native_type(field.hint))
            for field in _fields(type(thing))
        }
        return Struct(struct_name(type(thing)), fields)
    inside = thing if type(thing) is list else thing.values() if type(thing) is dict else ()
    kind = next((type(item) for item in inside if is_struct_class(type(item))), None)
    if kind is None:
        return thing
    element = StructType(struct_name(kind))
    if type(thing) is list:
        return to_native(thing, ArrayType(element))
    return to_native(thing, MapType(PRIMITIVES.get(type(next(iter(thing))), T.STR), element))


def to_native(thing: Any, kind: ValueType) -> Value:
    """A Python value as this type holds it: a list as an Array, a dict as a Map."""
    if isinstance(kind, ArrayType) and isinstance(thing, list | tuple | set | frozenset):
        return Array(kind.element, [to_native(item, kind.element) for item in thing])
    if isinstance(kind, MapType) and isinstance(thing, dict):
        entries = {to_native(key, kind.key): to_native(of, kind.value) for key, of in thing.items()}
        return Map(kind.key, kind.value, entries)
    if kind is T.DOUBLE and type(thing) is int:
        return float(thing)
    return to_value(thing)


def from_native(value: Value, hint: Any) -> Any:
    """A value as the hint asks for it: an Array as a list, a Map as a dict, a Struct as an instance of its
    class. ValueError when it does not fit."""
    hint, _ = without_none(get_args(hint)[0] if get_origin(hint) is Annotated else hint)
    if value is None:
        return None
    if isinstance(value, Struct) and is_struct_class(hint):
        return _instance(value, hint)
    inside = get_args(hint)
    if isinstance(value, Array) and get_origin(hint) is list:
        return [from_native(item, inside[0]) for item in value.items]
    if isinstance(value, Map) and get_origin(hint) is dict:
        return {from_native(key, inside[0]): from_native(of, inside[1]) for key, of in value.entries.items()}
    wanted = PRIMITIVES.get(hint)
    if wanted is T.DOUBLE and type(value) is int:
        return float(value)
    if wanted is not None and (type(value) is hint or (hint is datetime and isinstance(value, datetime))):
        return value
    raise ValueError(f"{getattr(hint, '__name__', hint)} was wanted; got {value!r:.100}")


def _instance(value: Struct, cls: type) -> Any:
    if value.struct_def not in (None, struct_name(cls)):
        raise ValueError(f"{cls.__name__} was wanted; got a {value.struct_def}")
    given = {}
    for field in _fields(cls):
        if field.name in value.fields:
            try:
                given[field.attribute] = from_native(value.fields[field.name], field.hint)
            except ValueError as error:
                raise ValueError(f"field {field.name!r}: {error}") from None
    try:
        return cls(**given)
    except TypeError as error:
        raise ValueError(f"{cls.__name__}: {error}") from None
