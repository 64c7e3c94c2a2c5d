"""calculations: expressions as methods of WorkflowThread, where both sides may be plain values."""

from __future__ import annotations

from lhredis.model.enums import Comparator, VariableMutationType
from lhredis.workflow.format_string import LHFormatString
from lhredis.workflow.operand import ComparatorExpression, LHExpression, SizeOfExpression


class Calculations:
    """Each returns an expression and adds nothing to the thread; see Operand for what they mean."""

    def condition(
        self, left_hand: object, comparator: Comparator, right_hand: object
    ) -> ComparatorExpression:
        """A comparison, a BOOL."""
        return ComparatorExpression(left_hand, comparator, right_hand)

    def format(self, format: str, *args: object) -> LHFormatString:
        """A STR in which `{0}`, `{1}` … are replaced by `args`."""
        return LHFormatString(format, *args)

    def size_of(self, operand: object) -> SizeOfExpression:
        """An INT: the characters of a STR, or the items of a JSON_ARR."""
        return SizeOfExpression(operand)

    def size(self, operand: object) -> SizeOfExpression:
        """The same as `size_of`."""
        return SizeOfExpression(operand)

    def add(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.ADD, rhs)

    def subtract(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.SUBTRACT, rhs)

    def multiply(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.MULTIPLY, rhs)

    def divide(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.DIVIDE, rhs)

    def pow(self, base: object, exponent: object) -> LHExpression:
        return LHExpression(base, VariableMutationType.POW, exponent)

    def extend(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.EXTEND, rhs)

    def remove_if_present(self, lhs: object, rhs: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.REMOVE_IF_PRESENT, rhs)

    def remove_index(self, lhs: object, index: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.REMOVE_INDEX, index)

    def remove_key(self, lhs: object, key: object) -> LHExpression:
        return LHExpression(lhs, VariableMutationType.REMOVE_KEY, key)
