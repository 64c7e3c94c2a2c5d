"""declared: what definitions say of types, as the engine needs it."""

from __future__ import annotations

from typing import Any

from lhredis.engine.language.types import StructDefs, resolve
from lhredis.engine.language.values import VarSubError, check_int, coerce
from lhredis.model.enums import VariableType
from lhredis.model.native import Array
from lhredis.model.types import ReturnType
from lhredis.model.value_types import ArrayType, ValueType
from lhredis.model.values import Value

EngineType = ValueType
"""What a value must be."""


def declared_type(declared: ReturnType | None, struct_defs: StructDefs) -> EngineType | None:
    """The type inside, or None for void and for what was not declared. A StructDef that is not among the
    `struct_defs` stays a mere name."""
    if declared is None or declared.return_type is None:
        return None
    return resolve(declared.return_type.value_type, struct_defs, [])


def type_text(kind: EngineType | None) -> str:
    """A type as people know it."""
    return "of unknown type" if kind is None else kind.name


def may_be_array(kind: EngineType | None) -> bool:
    """Can a value of this type have items, as far as is known before the run?"""
    return kind is None or kind is VariableType.JSON_ARR or isinstance(kind, ArrayType)


def items_of(value: Value) -> list[Any] | None:
    """The items of an array; None when it is none. VarSubError for a number in JSON that is larger than an
    INT."""
    if type(value) is Array:
        return list(value.items)
    if type(value) is not list:
        return None
    return [check_int(item) if type(item) is int else item for item in value]


def coerced(value: Value, declared: ReturnType, struct_defs: StructDefs) -> Value:
    """A value from outside as the declared type. ValueError when it is of another one."""
    kind = declared_type(declared, struct_defs)
    try:
        return value if kind is None else coerce(value, kind)
    except VarSubError as error:
        raise ValueError(str(error)) from None
