"""condition_waits: wait until something is true."""

from __future__ import annotations

from lhredis.model.event_nodes import WaitForConditionNode
from lhredis.workflow.build_errors import make
from lhredis.workflow.conditions import check_condition
from lhredis.workflow.node_output import NodeWithoutOutput
from lhredis.workflow.operand import Operand
from lhredis.workflow.thread_draft import ThreadDraft
from lhredis.workflow.timeouts import Timeout, timeout_in


class ConditionWaits(ThreadDraft):
    """WAIT_FOR_CONDITION nodes."""

    def wait_for_condition(self, condition: Operand, timeout: Timeout = None) -> NodeWithoutOutput:
        """Wait until `condition` (a BOOL) is true: looked at whenever something happens to the WfRun.

        After `timeout` seconds (an int, a timedelta, or an INT of the WfRun) the step fails with TIMEOUT.
        """
        test = check_condition(condition).assignment_in(self)
        content = make(WaitForConditionNode, condition=test, **timeout_in(self, timeout))
        node = self._step("wait_for_condition", "condition", content)
        return NodeWithoutOutput(node, self)
