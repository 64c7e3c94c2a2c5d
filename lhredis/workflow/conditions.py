"""conditions: what may stand in an if or a while."""

from __future__ import annotations

from lhredis.model.enums import VariableType
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.operand import Operand
from lhredis.workflow.variable import WfRunVariable


def check_condition(condition: object) -> Operand:
    """Return `condition`, or raise WorkflowBuildError when it cannot be a BOOL of the WfRun."""
    if isinstance(condition, bool):
        raise WorkflowBuildError(
            f"this condition is {condition} already while the workflow is built; compare by ==, not by `is`"
        )
    if not isinstance(condition, Operand):
        raise WorkflowBuildError(f"a condition is a comparison or a BOOL; got {type(condition).__name__}")
    if (
        isinstance(condition, WfRunVariable)
        and condition.json_path is None
        and condition.type is not VariableType.BOOL
    ):
        raise WorkflowBuildError(
            f"a condition is a BOOL; the variable {condition.name!r} is {condition.type.name}"
        )
    return condition
