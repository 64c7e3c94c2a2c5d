"""condition_waits: wait until something is true."""

from __future__ import annotations

from lhredis.model.event_nodes import WaitForConditionNode
from lhredis.workflow.build_errors import make
from lhredis.workflow.conditions import check_condition
from lhredis.workflow.node_output import NodeWithoutOutput
from lhredis.workflow.operand import Operand
from lhredis.workflow.thread_draft import ThreadDraft


class ConditionWaits(ThreadDraft):
    """WAIT_FOR_CONDITION nodes."""

    def wait_for_condition(self, condition: Operand) -> NodeWithoutOutput:
        """Wait until `condition` (a BOOL) is true: looked at whenever something happens to the WfRun."""
        test = check_condition(condition).assignment_in(self)
        node = self._step("wait_for_condition", "condition", make(WaitForConditionNode, condition=test))
        return NodeWithoutOutput(node, self)
