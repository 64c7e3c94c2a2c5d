"""operators: what ADD, EXTEND, REMOVE_KEY and the others do to two values.

The rules are features.md 7 and semantics.md 12. `operate` works on values, `result_type` on their
types when a spec is registered; both know the same table. Every run-time problem is a VarSubError.
"""

from __future__ import annotations

import math
from typing import Any

from lhredis.engine.language.containers import native_result_type, operate_on_array, operate_on_map
from lhredis.engine.language.values import (
    T,
    VarSubError,
    as_json,
    check_int,
    check_length,
    check_nesting,
    same,
    stringify,
    type_name,
)
from lhredis.model.enums import VariableMutationType, VariableType
from lhredis.model.native import Array, Map
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value

Op = VariableMutationType

ARITHMETIC = frozenset((Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.POW))
_NUMBERS = frozenset((T.INT, T.DOUBLE))
_REMOVALS = frozenset((Op.REMOVE_IF_PRESENT, Op.REMOVE_INDEX))


def operate(op: VariableMutationType, left: Value, right: Value) -> Value:
    """`left op right`. Neither side is changed; lists and objects come back as copies."""
    if op is Op.ASSIGN:
        return right
    if op is Op.AND or op is Op.OR:
        return _connect(op, left, right)
    if left is None:
        raise VarSubError(f"cannot {op.name}: the left side is null")
    kind = type(left)
    if kind is list:
        return _operate_on_json_array(op, left, right)
    if kind is Array:
        return operate_on_array(op, left, right)
    if kind is Map:
        return operate_on_map(op, left, right)
    if kind is dict and op is Op.REMOVE_KEY:
        return {key: value for key, value in left.items() if key != stringify(right)}
    if right is None:
        raise VarSubError(f"cannot {op.name}: the right side is null")
    if kind is str and (op is Op.ADD or op is Op.EXTEND):
        text = stringify(right)
        check_length(len(left) + len(text))
        return left + text
    if op in ARITHMETIC and kind in (int, float) and type(right) in (int, float):
        return _calculate(op, left, right)
    raise VarSubError(f"cannot {op.name} {type_name(right)} to a {type_name(left)}")


def _connect(op: VariableMutationType, left: Value, right: Value) -> bool:
    if type(left) is not bool or type(right) is not bool:
        raise VarSubError(f"{op.name} needs two BOOLs; got {type_name(left)} and {type_name(right)}")
    return (left and right) if op is Op.AND else (left or right)


def _operate_on_json_array(op: VariableMutationType, left: list[Any], right: Value) -> list[Any]:
    if op is Op.EXTEND and type(right) is list:
        check_length(len(left) + len(right))
        return left + right
    if op is Op.ADD or op is Op.EXTEND:
        longer = [*left, as_json(right)]
        return check_nesting(longer) if type(right) is list or type(right) is dict else longer
    if op is Op.REMOVE_IF_PRESENT:
        at = next((i for i, item in enumerate(left) if same(item, right)), None)
        return list(left) if at is None else left[:at] + left[at + 1 :]
    if op is Op.REMOVE_INDEX:
        if type(right) is not int:
            raise VarSubError(f"REMOVE_INDEX needs an INT; got {type_name(right)}")
        if not 0 <= right < len(left):
            raise VarSubError(f"REMOVE_INDEX {right} is out of range: the array has {len(left)} items")
        return left[:right] + left[right + 1 :]
    raise VarSubError(f"cannot {op.name} to a JSON_ARR")


def _calculate(op: VariableMutationType, left: int | float, right: int | float) -> int | float:
    whole = type(left) is int and type(right) is int
    try:
        if op is Op.ADD:
            result = left + right
        elif op is Op.SUBTRACT:
            result = left - right
        elif op is Op.MULTIPLY:
            result = left * right
        elif op is Op.DIVIDE:
            result = _divide(left, right, whole)
        else:
            result = _power(left, right, whole)
    except OverflowError:
        raise VarSubError(f"the result of {op.name} is not finite") from None
    if whole:
        return check_int(int(result))
    if not math.isfinite(result):
        raise VarSubError(f"the result of {op.name} is not finite")
    return float(result)


def _divide(left: int | float, right: int | float, whole: bool) -> int | float:
    if right == 0:
        raise VarSubError("Cannot divide by zero")
    if not whole:
        return left / right
    quotient = abs(int(left)) // abs(int(right))
    return quotient if (left < 0) == (right < 0) else -quotient


def _power(left: int | float, right: int | float, whole: bool) -> int | float:
    if left == 0 and right < 0:
        raise VarSubError("the result of POW is not finite")
    if not whole:
        result: float | complex = float(left) ** float(right)
        if isinstance(result, complex):
            raise VarSubError("the result of POW is not a real number")
        return result
    if right < 0:
        return int(float(left) ** right) if abs(left) == 1 else 0
    if abs(left) > 1 and right > 64:
        raise VarSubError("the INT result of POW does not fit in 64 bits")
    return int(left**right)


def result_type(
    op: VariableMutationType, left: ValueType | None, right: ValueType | None
) -> ValueType | None:
    """The type of `left op right` when both types are known, else None (decided at run time).

    ValueError says why the operator does not go with these types.
    """
    if op is Op.ASSIGN:
        return right
    if op is Op.AND or op is Op.OR:
        for side in (left, right):
            if side is not None and side is not T.BOOL:
                raise ValueError(f"cannot {op.name} to a {side.name}: it connects BOOLs")
        return T.BOOL
    if left is None:
        return None
    if not isinstance(left, VariableType):
        return native_result_type(op, left, right)
    if not _goes_with(op, left):
        raise ValueError(f"cannot {op.name} to a {left.name}")
    if left not in _NUMBERS:
        return left
    if right is None:
        return None
    if right not in _NUMBERS:
        raise ValueError(f"cannot {op.name} a {right.name} to a {left.name}")
    return T.DOUBLE if T.DOUBLE in (left, right) else T.INT


def _goes_with(op: VariableMutationType, left: VariableType) -> bool:
    if left in _NUMBERS:
        return op in ARITHMETIC
    if left is T.STR:
        return op in (Op.ADD, Op.EXTEND)
    if left is T.JSON_ARR:
        return op in (Op.ADD, Op.EXTEND) or op in _REMOVALS
    if left is T.JSON_OBJ:
        return op is Op.REMOVE_KEY
    return False
