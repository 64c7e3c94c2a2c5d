"""event_nodes: the nodes that wait for an event or a condition, and that throw events."""

from __future__ import annotations

from lhredis.model.assignments import VariableAssignment
from lhredis.model.ids import ExternalEventDefId, Model, WorkflowEventDefId


class ExternalEventNode(Model):
    """Waits for an ExternalEvent; its content is the output (features.md 11, 12).

    With a `correlation_key` (STR), a CorrelatedEvent of that key is one, too. `mask_correlation_key`
    not given means: if the variable that the key comes from is masked.
    """

    external_event_def_id: ExternalEventDefId
    timeout_seconds: VariableAssignment | None = None
    correlation_key: VariableAssignment | None = None
    mask_correlation_key: bool | None = None


class ThrowEventNode(Model):
    """Throws a WorkflowEvent (features.md 13)."""

    event_def_id: WorkflowEventDefId
    content: VariableAssignment | None = None


class WaitForConditionNode(Model):
    """Waits until `condition` (a BOOL) holds, looked at whenever the WfRun moves (features.md 16). After
    `timeout_seconds` (INT) it fails with TIMEOUT."""

    condition: VariableAssignment
    timeout_seconds: VariableAssignment | None = None
