"""containers: what EXTEND, REMOVE_KEY and the others do to native arrays and maps.

As in operators.py, one function works on values and one on their types; `operand_types` tells what
the right side is brought to where its own type is not known before the run.
"""

from __future__ import annotations

from lhredis.engine.language.kinds import T, VarSubError, type_name, usable_as
from lhredis.engine.language.values import check_length, coerce, same
from lhredis.model.enums import VariableMutationType
from lhredis.model.native import Array, Map
from lhredis.model.value_types import ArrayType, MapType, NativeType, ValueType
from lhredis.model.values import Value

Op = VariableMutationType


def operand_types(op: VariableMutationType, left: ValueType | None) -> tuple[ValueType, ...]:
    """What the right side may be, the first that fits; nothing for operators that take anything."""
    if isinstance(left, ArrayType):
        by_op = {
            Op.EXTEND: (left, left.element),
            Op.REMOVE_IF_PRESENT: (left.element,),
            Op.REMOVE_INDEX: (T.INT,),
        }
        return by_op.get(op, ())
    if isinstance(left, MapType):
        return {Op.EXTEND: (left,), Op.REMOVE_KEY: (left.key,)}.get(op, ())
    return ()


def first_fit(value: Value, kinds: tuple[ValueType, ...]) -> Value:
    """The value as the first of these types that it fits. VarSubError of the last one that it does not."""
    refusal = VarSubError(f"cannot use a value of type {type_name(value)} here")
    for kind in kinds:
        try:
            return coerce(value, kind)
        except VarSubError as error:
            refusal = error
    raise refusal


def native_result_type(op: VariableMutationType, left: NativeType, right: ValueType | None) -> ValueType:
    """The type of `left op right`. ValueError says why the operator does not go with these types."""
    takes = operand_types(op, left)
    if not takes:
        raise ValueError(f"cannot {op.name} to a {left.name}")
    if right is not None and not any(usable_as(right, kind) for kind in takes):
        wanted = " or ".join(kind.name for kind in takes)
        raise ValueError(f"cannot {op.name} a {right.name} to a {left.name}: {wanted} is wanted")
    return left


def operate_on_array(op: VariableMutationType, left: Array, right: Value) -> Array:
    """`left op right` as a new array."""
    element = left.type.element
    if op is Op.EXTEND:
        new = first_fit(right, operand_types(op, left.type))
        if isinstance(new, Array) and new.type == left.type:
            check_length(len(left) + len(new))
            return Array(element, left.items + new.items)
        return Array(element, (*left.items, new))
    if op is Op.REMOVE_IF_PRESENT:
        wanted = coerce(right, element)
        at = next((i for i, item in enumerate(left.items) if same(item, wanted)), None)
        return left if at is None else Array(element, left.items[:at] + left.items[at + 1 :])
    if op is Op.REMOVE_INDEX:
        if type(right) is not int:
            raise VarSubError(f"REMOVE_INDEX needs an INT; got {type_name(right)}")
        if not 0 <= right < len(left):
            raise VarSubError(f"REMOVE_INDEX {right} is out of range: the array has {len(left)} items")
        return Array(element, left.items[:right] + left.items[right + 1 :])
    raise VarSubError(f"cannot {op.name} to a {left.type.name}")


def operate_on_map(op: VariableMutationType, left: Map, right: Value) -> Map:
    """`left op right` as a new map; of two values of one key, the right one stays."""
    if op is Op.EXTEND:
        new = coerce(right, left.type)
        if new is None:
            raise VarSubError("cannot EXTEND: the right side is null")
        return Map(left.type.key, left.type.value, left.entries | new.entries)
    if op is Op.REMOVE_KEY:
        gone = coerce(right, left.type.key)
        kept = {key: value for key, value in left.entries.items() if key != gone}
        return Map(left.type.key, left.type.value, kept)
    raise VarSubError(f"cannot {op.name} to a {left.type.name}")
