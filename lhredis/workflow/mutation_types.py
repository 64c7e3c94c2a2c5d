"""mutation_types: refuse changes of a variable that its type can never take."""

from __future__ import annotations

from lhredis.model.enums import VariableMutationType, VariableType
from lhredis.model.value_types import ArrayType, MapType, ValueType
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.known_types import known_type
from lhredis.workflow.operand import Literal, Operand
from lhredis.workflow.variable import WfRunVariable

T, Op = VariableType, VariableMutationType

_ARITHMETIC = frozenset((Op.ASSIGN, Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.POW))
_OPERATIONS: dict[VariableType, frozenset[VariableMutationType]] = {
    T.INT: _ARITHMETIC,
    T.DOUBLE: _ARITHMETIC,
    T.BOOL: frozenset((Op.ASSIGN, Op.AND, Op.OR)),
    T.STR: frozenset((Op.ASSIGN, Op.ADD, Op.EXTEND)),
    T.JSON_ARR: frozenset((Op.ASSIGN, Op.ADD, Op.EXTEND, Op.REMOVE_IF_PRESENT, Op.REMOVE_INDEX)),
    T.JSON_OBJ: frozenset((Op.ASSIGN, Op.REMOVE_KEY)),
    T.BYTES: frozenset((Op.ASSIGN,)),
    T.TIMESTAMP: frozenset((Op.ASSIGN,)),
    T.WF_RUN_ID: frozenset((Op.ASSIGN,)),
}
_BECOME_STR = frozenset((T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID))


def check_mutation(left: WfRunVariable, operation: VariableMutationType, right: Operand) -> None:
    """WorkflowBuildError for an operation that does not go with the type of the variable, or a literal of
    a type that does not become it (features.md 6, 7). Other values are checked by registration, which
    knows the types of them all.
    """
    if left.has_path:
        return
    if operation not in _operations(left.type):
        raise WorkflowBuildError(
            f"cannot {operation.name} to a {left.type.name} (the variable {left.name!r})"
        )
    found = known_type(right) if isinstance(right, Literal) else None
    if not isinstance(left.type, VariableType):
        return
    if operation is Op.ASSIGN and found is not None and not _becomes(found, left.type):
        raise WorkflowBuildError(
            f"Cannot assign {found.name} to {left.type.name} without explicit casting "
            f"(the variable {left.name!r} is {left.type.name})"
        )


def _operations(kind: ValueType) -> frozenset[VariableMutationType]:
    if isinstance(kind, ArrayType):
        return frozenset((Op.ASSIGN, Op.EXTEND, Op.REMOVE_IF_PRESENT, Op.REMOVE_INDEX))
    if isinstance(kind, MapType):
        return frozenset((Op.ASSIGN, Op.EXTEND, Op.REMOVE_KEY))
    return _OPERATIONS[kind] if isinstance(kind, VariableType) else frozenset((Op.ASSIGN,))


def _becomes(source: VariableType, target: VariableType) -> bool:
    """Whether a value is taken without a word from the user."""
    return (
        source is target
        or (target is T.DOUBLE and source is T.INT)
        or (target is T.STR and source in _BECOME_STR)
    )
