"""operators: Python's operators, each the same as the method of that name.

`x + 1` is `x.add(1)`, `x == "a"` is `x.is_equal_to("a")`, `a & b` is `a.do_and(b)`, `~a` is
`a.negate()`. They mean what LittleHorse's operations mean: INT / INT is an INT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.model.enums import Comparator, VariableMutationType
from lhredis.workflow.build_errors import WorkflowBuildError

if TYPE_CHECKING:
    from lhredis.workflow.operand import ComparatorExpression, LHExpression, Operand

_ADD, _SUBTRACT = VariableMutationType.ADD, VariableMutationType.SUBTRACT
_MULTIPLY, _DIVIDE = VariableMutationType.MULTIPLY, VariableMutationType.DIVIDE
_POW, _AND, _OR = VariableMutationType.POW, VariableMutationType.AND, VariableMutationType.OR


class Operators:
    """Mixed into Operand, which makes the expressions."""

    def _operation(self, lhs: object, operation: VariableMutationType, rhs: object) -> LHExpression:
        raise NotImplementedError

    def _comparison(self, lhs: object, comparator: Comparator, rhs: object) -> ComparatorExpression:
        raise NotImplementedError

    def negate(self) -> Operand:
        raise NotImplementedError

    def __eq__(self, other: object) -> ComparatorExpression:  # type: ignore[override]
        return self._comparison(self, Comparator.EQUALS, other)

    def __ne__(self, other: object) -> ComparatorExpression:  # type: ignore[override]
        return self._comparison(self, Comparator.NOT_EQUALS, other)

    __hash__ = object.__hash__

    def __lt__(self, other: object) -> ComparatorExpression:
        return self._comparison(self, Comparator.LESS_THAN, other)

    def __le__(self, other: object) -> ComparatorExpression:
        return self._comparison(self, Comparator.LESS_THAN_EQ, other)

    def __gt__(self, other: object) -> ComparatorExpression:
        return self._comparison(self, Comparator.GREATER_THAN, other)

    def __ge__(self, other: object) -> ComparatorExpression:
        return self._comparison(self, Comparator.GREATER_THAN_EQ, other)

    def __add__(self, other: object) -> LHExpression:
        return self._operation(self, _ADD, no_list(other))

    def __radd__(self, other: object) -> LHExpression:
        return self._operation(no_list(other), _ADD, self)

    def __sub__(self, other: object) -> LHExpression:
        return self._operation(self, _SUBTRACT, other)

    def __rsub__(self, other: object) -> LHExpression:
        return self._operation(other, _SUBTRACT, self)

    def __mul__(self, other: object) -> LHExpression:
        return self._operation(self, _MULTIPLY, other)

    def __rmul__(self, other: object) -> LHExpression:
        return self._operation(other, _MULTIPLY, self)

    def __truediv__(self, other: object) -> LHExpression:
        return self._operation(self, _DIVIDE, other)

    def __rtruediv__(self, other: object) -> LHExpression:
        return self._operation(other, _DIVIDE, self)

    def __pow__(self, other: object) -> LHExpression:
        return self._operation(self, _POW, other)

    def __rpow__(self, other: object) -> LHExpression:
        return self._operation(other, _POW, self)

    def __neg__(self) -> LHExpression:
        return self._operation(0, _SUBTRACT, self)

    def __and__(self, other: object) -> LHExpression:
        return self._operation(self, _AND, other)

    def __rand__(self, other: object) -> LHExpression:
        return self._operation(other, _AND, self)

    def __or__(self, other: object) -> LHExpression:
        return self._operation(self, _OR, other)

    def __ror__(self, other: object) -> LHExpression:
        return self._operation(other, _OR, self)

    def __invert__(self) -> Operand:
        return self.negate()


def no_list(other: object) -> object:
    """Return `other`, unless it is a list: Python's + joins lists, while ADD appends one item."""
    if isinstance(other, list):
        raise WorkflowBuildError(
            "+ with a list can mean two things; say x.extend(list) to join, x.add(item) to append"
        )
    return other
