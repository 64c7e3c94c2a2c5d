"""known_types: the type of a value, as far as it is known while a workflow is built."""

from __future__ import annotations

from lhredis.model.enums import VariableType
from lhredis.model.struct_class import PRIMITIVES
from lhredis.model.values import decode_value
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.format_string import LHFormatString
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import CastExpression, ComparatorExpression, Literal, Operand, SizeOfExpression
from lhredis.workflow.variable import WfRunVariable


def known_type(value: Operand) -> VariableType | None:
    """The primitive type that `value` will have, or None: then only registration or the WfRun tells."""
    found: object = None
    if isinstance(value, Literal):
        found = PRIMITIVES.get(type(decode_value(value._form)))
    elif isinstance(value, CastExpression):
        found = value.target_type
    elif isinstance(value, ComparatorExpression):
        found = VariableType.BOOL
    elif isinstance(value, LHFormatString):
        found = VariableType.STR
    elif isinstance(value, SizeOfExpression):
        found = VariableType.INT
    elif isinstance(value, WfRunVariable):
        found = None if value.has_path else value.type
    elif isinstance(value, NodeOutput):
        found = None if value.has_path else value.output_type
    return found if isinstance(found, VariableType) else None


def check_type(what: str, value: Operand, *wanted: VariableType) -> Operand:
    """Return `value`, or raise WorkflowBuildError when it is known to be of none of these types."""
    found = known_type(value)
    if found is not None and found not in wanted:
        names = " or ".join(each.name for each in wanted)
        of = f"the variable {value.name!r}" if isinstance(value, WfRunVariable) else "this"
        raise WorkflowBuildError(f"{what} is of type {names}; {of} is {found.name}")
    return value
