"""conditions: what may stand in an if or a while."""

from __future__ import annotations

from lhredis.model.enums import VariableType
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.known_types import check_type
from lhredis.workflow.operand import Operand


def check_condition(condition: object) -> Operand:
    """Return `condition`, or raise WorkflowBuildError when it cannot be a BOOL of the WfRun."""
    if isinstance(condition, bool):
        raise WorkflowBuildError(
            f"this condition is {condition} already while the workflow is built; compare by ==, not by `is`"
        )
    if not isinstance(condition, Operand):
        raise WorkflowBuildError(f"a condition is a comparison or a BOOL; got {type(condition).__name__}")
    return check_type("a condition", condition, VariableType.BOOL)
