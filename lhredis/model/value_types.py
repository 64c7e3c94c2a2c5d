"""value_types: the types that values have: a VariableType, or an array, map or struct of others.

All are immutable, hashable and compared by `==`; `name` is how people read one: `Array<INT>`,
`Map<STR, Struct<car/0>>`. In JSON (`type_form`) a type is as short as it can be:

| type    | in JSON                         |
|---------|---------------------------------|
| INT     | "INT"                           |
| Array   | {"array": "INT"}                |
| Map     | {"map": ["STR", "INT"]}         |
| Struct  | {"struct": "car/0"}             |
| inline  | {"fields": {"street": "STR"}}   |
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from lhredis.model.enums import VariableType
from lhredis.model.ids import check_name
from lhredis.model.limits import NATIVE_DEPTH_MAX

NEWEST = -1
"""In place of a StructDef's version: the newest one."""


@dataclass(slots=True, frozen=True)
class ArrayType:
    """A native array, all items of one type."""

    element: ValueType

    @property
    def name(self) -> str:
        return f"Array<{self.element.name}>"


@dataclass(slots=True, frozen=True)
class MapType:
    """A native map; keys are of a primitive type."""

    key: ValueType
    value: ValueType

    @property
    def name(self) -> str:
        return f"Map<{self.key.name}, {self.value.name}>"


@dataclass(slots=True, frozen=True)
class FieldType:
    """A field of a struct. Who leaves a field out gets `default` unless it is `required`; null is for
    those that are `nullable`."""

    name: str
    type: ValueType
    required: bool = True
    default: Any = None
    nullable: bool = False
    masked: bool = False


@dataclass(slots=True, frozen=True)
class StructType:
    """A version of a StructDef. `fields` are there once the type is resolved (engine/language/types.py); a
    type that only names its StructDef equals the resolved one."""

    struct_def: str
    version: int = NEWEST
    fields: tuple[FieldType, ...] | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        version = "" if self.version == NEWEST else f"/{self.version}"
        return f"Struct<{self.struct_def}{version}>"


@dataclass(slots=True, frozen=True)
class InlineStructType:
    """A struct without a name of its own: two with the same fields are the same type."""

    fields: tuple[FieldType, ...] = field(default=(), compare=False)
    shape: tuple[tuple[str, ValueType], ...] = ()

    @classmethod
    def of(cls, *fields: FieldType) -> InlineStructType:
        """The type with these fields; their order is nothing that counts."""
        return cls(fields, tuple(sorted(((one.name, one.type) for one in fields), key=lambda one: one[0])))

    @property
    def name(self) -> str:
        return f"Struct<{', '.join(f'{name}: {kind.name}' for name, kind in self.shape)}>"


NativeType = ArrayType | MapType | StructType | InlineStructType
ValueType = VariableType | NativeType

KEY_TYPES = frozenset(VariableType) - {VariableType.JSON_OBJ, VariableType.JSON_ARR}
"""What the keys of a Map can be."""


def depth_of(kind: ValueType) -> int:
    """How many levels of arrays, maps and structs a type has; a StructDef that is not resolved counts for
    one."""
    if isinstance(kind, ArrayType):
        return 1 + depth_of(kind.element)
    if isinstance(kind, MapType):
        return 1 + depth_of(kind.value)
    if isinstance(kind, InlineStructType):
        return 1 + max((depth_of(of) for _, of in kind.shape), default=0)
    if isinstance(kind, StructType):
        return 1 + max((depth_of(field.type) for field in kind.fields or ()), default=0)
    return 0


def check_nesting(kind: ValueType) -> ValueType:
    """The type, or ValueError when it has more than NATIVE_DEPTH_MAX levels."""
    if depth_of(kind) > NATIVE_DEPTH_MAX:
        raise ValueError(f"types nest at most {NATIVE_DEPTH_MAX} levels deep")
    return kind


def unversioned(kind: ValueType) -> ValueType:
    """The type whatever the versions of its StructDefs are: what stays the same when one evolves."""
    if isinstance(kind, ArrayType):
        return ArrayType(unversioned(kind.element))
    if isinstance(kind, MapType):
        return MapType(unversioned(kind.key), unversioned(kind.value))
    if isinstance(kind, StructType):
        return StructType(kind.struct_def)
    if isinstance(kind, InlineStructType):
        return InlineStructType.of(*(replace(one, type=unversioned(one.type)) for one in kind.fields))
    return kind


def type_form(kind: ValueType) -> Any:
    """A type in JSON (see the table above)."""
    if isinstance(kind, ArrayType):
        return {"array": type_form(kind.element)}
    if isinstance(kind, MapType):
        return {"map": [type_form(kind.key), type_form(kind.value)]}
    if isinstance(kind, StructType):
        return {"struct": kind.struct_def if kind.version == NEWEST else f"{kind.struct_def}/{kind.version}"}
    if isinstance(kind, InlineStructType):
        return {"fields": {name: type_form(of) for name, of in kind.shape}}
    return kind.name


def read_type_form(form: Any, depth: int = 1) -> ValueType:
    """The type of its JSON. ValueError says what is wrong with it."""
    if depth > NATIVE_DEPTH_MAX:
        raise ValueError(f"types nest at most {NATIVE_DEPTH_MAX} levels deep")
    if isinstance(form, str):
        return VariableType.parse(form)
    if not isinstance(form, dict) or len(form) != 1:
        raise ValueError(f"a type is a name or one of array, map, struct, fields; got {form!r:.100}")
    ((word, inside),) = form.items()
    if word == "array":
        return ArrayType(read_type_form(inside, depth + 1))
    if word == "map" and isinstance(inside, list) and len(inside) == 2:
        return MapType(read_key_type(inside[0]), read_type_form(inside[1], depth + 1))
    if word == "struct" and isinstance(inside, str):
        return _struct_type(inside)
    if word == "fields" and isinstance(inside, dict):
        return InlineStructType.of(
            *(FieldType(name, read_type_form(of, depth + 1)) for name, of in inside.items())
        )
    raise ValueError(f"a type is a name or one of array, map, struct, fields; got {form!r:.100}")


def read_key_type(form: Any) -> ValueType:
    return check_key_type(VariableType.parse(form))


def check_key_type(kind: ValueType) -> ValueType:
    """The type, or ValueError when no Map can have keys of it."""
    if kind not in KEY_TYPES:
        raise ValueError(f"keys of a Map are of a primitive type other than JSON; got {kind.name}")
    return kind


def _struct_type(text: str) -> StructType:
    name, slash, version = text.partition("/")
    if slash and not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise ValueError(f"a StructDef is named car, or car/0 with its version; got {text!r:.100}")
    return StructType(check_name(name), int(version) if slash else NEWEST)
