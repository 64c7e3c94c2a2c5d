"""events: events posted to WfRuns, by id or by a business key, and events that WfRuns throw.

All times are RFC 3339 with milliseconds.
"""

from __future__ import annotations

from pydantic import Field

from lhredis.model.ids import (
    CorrelatedEventId,
    CorrelationKey,
    ExternalEventDefId,
    ExternalEventId,
    Model,
    Name,
    NodeRunId,
    View,
    WfRunIdStr,
    WorkflowEventId,
)
from lhredis.model.limits import NUMBER_MAX
from lhredis.model.values import VariableValue


class PutExternalEventRequest(Model):
    """Posts an event to a WfRun, which need not have started yet. Without a guid it gets a random one.
    With a thread or a position, only that ThreadRun or NodeRun may claim it."""

    wf_run_id: WfRunIdStr
    external_event_def_id: ExternalEventDefId
    guid: Name | None = None
    content: VariableValue = None
    thread_run_number: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    node_run_position: int | None = Field(default=None, ge=0, le=NUMBER_MAX)


class ExternalEvent(View):
    """An event posted to a WfRun. `claimed`: a NodeRun (then it is named) has taken it, or it has interrupted
    ThreadRuns. Until then, thread and position are those that it was posted for, if any."""

    id: ExternalEventId
    created_at: str
    content: VariableValue = None
    thread_run_number: int | None = None
    node_run_position: int | None = None
    claimed: bool = False


class PutCorrelatedEventRequest(Model):
    """Posts an event to every NodeRun that waits for this key, now or later."""

    key: CorrelationKey
    external_event_def_id: ExternalEventDefId
    content: VariableValue = None


class CorrelatedEvent(View):
    """An event posted by a business key, and the ExternalEvents that it has become."""

    id: CorrelatedEventId
    created_at: str
    content: VariableValue = None
    external_events: tuple[ExternalEventId, ...] = ()


class WorkflowEvent(View):
    """An event that a WfRun has thrown, and the NodeRun that did."""

    id: WorkflowEventId
    content: VariableValue = None
    created_at: str
    node_run_id: NodeRunId
