"""native: values of the types that are made of others: Array, Map and Struct.

They are never changed once made: operations on them give new ones. Two are equal when their types
and contents are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lhredis.model.enums import VariableType
from lhredis.model.value_types import (
    NEWEST,
    ArrayType,
    InlineStructType,
    MapType,
    StructType,
    ValueType,
    check_key_type,
)

ANONYMOUS = InlineStructType()
"""What a Struct without a StructDef says it is: what it must be is told by where it is put."""


class Array:
    """Items of one type: `Array("INT", [1, 2])`. The element may be any type (model/value_types.py)."""

    __slots__ = ("items", "type")

    def __init__(self, element: ValueType | str, items: Sequence[Any]) -> None:
        self.type = ArrayType(_kind(element))
        self.items = tuple(items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and self.type == other.type and self.items == other.items

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Array({self.type.element.name}, {list(self.items)!r})"


class Map:
    """Values by key, in the order in which they were put: `Map("STR", "INT", {"a": 1})`. ValueError when
    no Map has keys of this type."""

    __slots__ = ("entries", "type")

    def __init__(self, key: ValueType | str, value: ValueType | str, entries: Mapping[Any, Any]) -> None:
        self.type = MapType(check_key_type(_kind(key)), _kind(value))
        self.entries = dict(entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Map) and self.type == other.type and self.entries == other.entries

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"Map({self.type.key.name}, {self.type.value.name}, {self.entries!r})"


class Struct:
    """Named fields, as a StructDef (or, when `struct_def` is None, an inline struct type) declares them.

    `Struct("car", {"make": "Honda"})`; without a version it is of the one that it is given to.
    `masked` names the fields that people see as `*****`.
    """

    __slots__ = ("fields", "masked", "struct_def", "version")

    def __init__(
        self,
        struct_def: str | None,
        fields: Mapping[str, Any],
        version: int = NEWEST,
        masked: frozenset[str] = frozenset(),
    ) -> None:
        self.struct_def = struct_def
        self.version = version
        self.fields = dict(fields)
        self.masked = masked

    @property
    def type(self) -> StructType | InlineStructType:
        return ANONYMOUS if self.struct_def is None else StructType(self.struct_def, self.version)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Struct)
            and (self.struct_def, self.version) == (other.struct_def, other.version)
            and self.fields == other.fields
        )

    def __repr__(self) -> str:
        version = "" if self.version == NEWEST else f"/{self.version}"
        return f"Struct({self.struct_def or 'inline'}{version}, {self.fields!r})"


Native = Array | Map | Struct

NATIVE = frozenset((Array, Map, Struct))
"""The Python types of native values."""


def _kind(kind: ValueType | str) -> ValueType:
    return VariableType.parse(kind) if isinstance(kind, str) else kind
