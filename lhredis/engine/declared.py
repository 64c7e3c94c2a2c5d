"""declared: what definitions say of types, as the engine needs it."""

from __future__ import annotations

from typing import Any

from lhredis.engine.values import VarSubError, coerce
from lhredis.model.enums import VariableType
from lhredis.model.types import ReturnType
from lhredis.model.values import Value

EngineType = VariableType
"""What a value must be, compared by `is` where speed counts."""


def declared_type(declared: ReturnType | None) -> EngineType | None:
    """The type inside, or None for void and for what was not declared."""
    if declared is None or declared.return_type is None:
        return None
    return declared.return_type.primitive_type


def type_text(kind: EngineType | None) -> str:
    """A type as people know it."""
    return "of unknown type" if kind is None else kind.name


def may_be_array(kind: EngineType | None) -> bool:
    """Can a value of this type have items, as far as is known before the run?"""
    return kind is None or kind is VariableType.JSON_ARR


def items_of(value: Value) -> list[Any] | None:
    """The items of an array; None when it is none."""
    return value if type(value) is list else None


def coerced(value: Value, declared: ReturnType) -> Value:
    """A value from outside as the declared type. ValueError when it is of another one."""
    kind = declared_type(declared)
    try:
        return value if kind is None else coerce(value, kind)
    except VarSubError as error:
        raise ValueError(str(error)) from None
