"""kinds: which type a value has, and which types may stand for which without a word from the user."""

from __future__ import annotations

from datetime import datetime

from lhredis.model.enums import VariableType
from lhredis.model.native import Array, Map, Struct
from lhredis.model.value_types import ValueType, unversioned
from lhredis.model.values import Value, WfRunId

T = VariableType


class VarSubError(Exception):
    """An assignment, condition or mutation could not be evaluated: the failure VAR_SUB_ERROR."""


PRIMITIVE: dict[type, VariableType | None] = {
    bool: T.BOOL,
    int: T.INT,
    float: T.DOUBLE,
    str: T.STR,
    dict: T.JSON_OBJ,
    list: T.JSON_ARR,
    bytes: T.BYTES,
    datetime: T.TIMESTAMP,
    WfRunId: T.WF_RUN_ID,
    Array: None,
    Map: None,
    Struct: None,
}
"""The type of values of a Python type; None for native ones, which carry theirs."""

AUTOMATIC_CASTS = frozenset(
    [(T.INT, T.DOUBLE)] + [(source, T.STR) for source in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)]
)
"""(from, to) pairs that need no word from the user."""

EXPLICIT_CASTS = AUTOMATIC_CASTS | frozenset(
    [(T.DOUBLE, T.INT)] + [(T.STR, target) for target in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)]
)
"""(from, to) pairs that a cast may ask for."""


def type_of(value: Value) -> ValueType | None:
    """The type of a value; None for null."""
    if value is None:
        return None
    kind = PRIMITIVE[type(value)]
    return kind if kind is not None else value.type


def type_name(value: Value) -> str:
    kind = type_of(value)
    return "null" if kind is None else kind.name


def usable_as(kind: ValueType, target: ValueType) -> bool:
    """May a value of this type go where the other is declared? Versions of one StructDef may: what the
    other version does not have is dropped or takes its default."""
    return (kind, target) in AUTOMATIC_CASTS or unversioned(kind) == unversioned(target)


def castable(kind: ValueType, target: ValueType) -> bool:
    """Is there any cast?"""
    return (kind, target) in EXPLICIT_CASTS or usable_as(kind, target)


def cast_refusal(source: ValueType, target: ValueType) -> str:
    return f"Cannot cast from {source.name} to {target.name}. This conversion is not supported."
