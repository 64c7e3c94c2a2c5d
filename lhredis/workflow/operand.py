"""operand: values that are computed while a WfRun runs, written as Python expressions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from lhredis.model.assignments import Expression, SizeOf, VariableAssignment
from lhredis.model.enums import Comparator, VariableMutationType, VariableType
from lhredis.model.struct_class import to_value
from lhredis.model.types import TypeDefinition
from lhredis.model.values import encode_value
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.operators import Operators
from lhredis.workflow.refusals import Refusals

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft


class Operand(Operators, Refusals):
    """Stands for a value of a WfRun: a variable, a node's output, a literal or an expression.

    Every method returns a new expression and changes nothing. Arguments are operands or plain
    Python values (bool, int, float, str, dict, list, bytes, aware datetime, WfRunId, None); any
    other type raises WorkflowBuildError.
    """

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        """The model of this value as `thread` reads it; WorkflowBuildError if it cannot."""
        raise NotImplementedError

    def _operation(self, lhs: object, operation: VariableMutationType, rhs: object) -> LHExpression:
        return LHExpression(lhs, operation, rhs)

    def _comparison(self, lhs: object, comparator: Comparator, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(lhs, comparator, rhs)

    def add(self, other: object) -> LHExpression:
        """Sum of numbers; text joined; an array with one item more."""
        return LHExpression(self, VariableMutationType.ADD, other)

    def subtract(self, other: object) -> LHExpression:
        return LHExpression(self, VariableMutationType.SUBTRACT, other)

    def multiply(self, other: object) -> LHExpression:
        return LHExpression(self, VariableMutationType.MULTIPLY, other)

    def divide(self, other: object) -> LHExpression:
        """INT by INT gives an INT, cut toward zero; division by zero is a VAR_SUB_ERROR."""
        return LHExpression(self, VariableMutationType.DIVIDE, other)

    def pow(self, exponent: object) -> LHExpression:
        return LHExpression(self, VariableMutationType.POW, exponent)

    def extend(self, other: object) -> LHExpression:
        """Two arrays, or two texts, joined."""
        return LHExpression(self, VariableMutationType.EXTEND, other)

    def remove_if_present(self, other: object) -> LHExpression:
        """The array without the first item equal to `other`."""
        return LHExpression(self, VariableMutationType.REMOVE_IF_PRESENT, other)

    def remove_index(self, index: object) -> LHExpression:
        """The array without the item at `index`; out of range is a VAR_SUB_ERROR."""
        return LHExpression(self, VariableMutationType.REMOVE_INDEX, index)

    def remove_key(self, key: object) -> LHExpression:
        """The JSON_OBJ without `key`."""
        return LHExpression(self, VariableMutationType.REMOVE_KEY, key)

    def do_and(self, other: object) -> LHExpression:
        return LHExpression(self, VariableMutationType.AND, other)

    def do_or(self, other: object) -> LHExpression:
        return LHExpression(self, VariableMutationType.OR, other)

    def negate(self) -> Operand:
        """True where this BOOL is false."""
        return ComparatorExpression(self, Comparator.EQUALS, False)

    def is_equal_to(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.EQUALS, rhs)

    def is_not_equal_to(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.NOT_EQUALS, rhs)

    def is_greater_than(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.GREATER_THAN, rhs)

    def is_greater_than_eq(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.GREATER_THAN_EQ, rhs)

    def is_less_than(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.LESS_THAN, rhs)

    def is_less_than_eq(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.LESS_THAN_EQ, rhs)

    def is_in(self, rhs: object) -> ComparatorExpression:
        """This is an item of the array, a key of the object or a part of the text `rhs`."""
        return ComparatorExpression(self, Comparator.IN, rhs)

    def is_not_in(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(self, Comparator.NOT_IN, rhs)

    def does_contain(self, rhs: object) -> ComparatorExpression:
        """`rhs` is an item of this array, a key of this object or a part of this text."""
        return ComparatorExpression(rhs, Comparator.IN, self)

    def does_not_contain(self, rhs: object) -> ComparatorExpression:
        return ComparatorExpression(rhs, Comparator.NOT_IN, self)

    def size(self) -> SizeOfExpression:
        """An INT: the characters of a STR, or the items of a JSON_ARR."""
        return SizeOfExpression(self)

    def cast_to(self, target_type: VariableType) -> CastExpression:
        """The same value as another type; what cannot be parsed is a VAR_SUB_ERROR."""
        return CastExpression(self, target_type)

    def cast_to_int(self) -> CastExpression:
        return CastExpression(self, VariableType.INT)

    def cast_to_double(self) -> CastExpression:
        return CastExpression(self, VariableType.DOUBLE)

    def cast_to_str(self) -> CastExpression:
        return CastExpression(self, VariableType.STR)

    def cast_to_bool(self) -> CastExpression:
        return CastExpression(self, VariableType.BOOL)

    def cast_to_bytes(self) -> CastExpression:
        return CastExpression(self, VariableType.BYTES)

    def cast_to_wf_run_id(self) -> CastExpression:
        return CastExpression(self, VariableType.WF_RUN_ID)


def as_operand(value: object) -> Operand:
    """`value` itself if it is an Operand, else the literal; WorkflowBuildError if it cannot be one."""
    return value if isinstance(value, Operand) else Literal(value)


class Literal(Operand):
    """A value that is written in the workflow. It is copied: later changes of a list do not count."""

    def __init__(self, value: object) -> None:
        self._form = copy.deepcopy(checked(lambda: encode_value(to_value(value))))

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        return make(VariableAssignment, literal_value=self._form)


class LHExpression(Operand):
    """`lhs operation rhs`, such as `x + 1`."""

    def __init__(self, lhs: object, operation: VariableMutationType, rhs: object) -> None:
        self.lhs = as_operand(lhs)
        self.operation = checked(lambda: VariableMutationType.parse(operation))
        self.rhs = as_operand(rhs)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        expression = make(
            Expression,
            lhs=self.lhs.assignment_in(thread),
            rhs=self.rhs.assignment_in(thread),
            mutation_type=self.operation,
        )
        return make(VariableAssignment, expression=expression)


_OPPOSITES = {
    Comparator.LESS_THAN: Comparator.GREATER_THAN_EQ,
    Comparator.GREATER_THAN: Comparator.LESS_THAN_EQ,
    Comparator.EQUALS: Comparator.NOT_EQUALS,
    Comparator.IN: Comparator.NOT_IN,
}
_OPPOSITES |= {opposite: comparator for comparator, opposite in _OPPOSITES.items()}


class ComparatorExpression(Operand):
    """`lhs comparator rhs`, a BOOL."""

    def __init__(self, lhs: object, comparator: Comparator, rhs: object) -> None:
        self.lhs = as_operand(lhs)
        self.comparator = checked(lambda: Comparator.parse(comparator))
        self.rhs = as_operand(rhs)

    def negate(self) -> ComparatorExpression:
        """The opposite comparison: `x < 3` becomes `x >= 3`."""
        return ComparatorExpression(self.lhs, _OPPOSITES[self.comparator], self.rhs)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        expression = make(
            Expression,
            lhs=self.lhs.assignment_in(thread),
            rhs=self.rhs.assignment_in(thread),
            comparator=self.comparator,
        )
        return make(VariableAssignment, expression=expression)


class SizeOfExpression(Operand):
    """The size of a text or an array, an INT."""

    def __init__(self, operand: object) -> None:
        self.operand = as_operand(operand)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        return make(VariableAssignment, size_of=make(SizeOf, operand=self.operand.assignment_in(thread)))


class CastExpression(Operand):
    """A value as another type. One value is cast once: an assignment holds a single target type."""

    def __init__(self, source: object, target_type: VariableType) -> None:
        if isinstance(source, CastExpression):
            raise WorkflowBuildError(
                "a value is cast only once; assign the first cast to a variable, and cast that"
            )
        self.source = as_operand(source)
        self.target_type = checked(lambda: VariableType.parse(target_type))

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        target_type = make(TypeDefinition, primitive_type=self.target_type)
        return self.source.assignment_in(thread).model_copy(update={"target_type": target_type})
