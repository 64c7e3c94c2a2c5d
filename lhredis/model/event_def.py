"""event_def: types of events: those posted to WfRuns, and those that WfRuns throw."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.ids import ExternalEventDefId, Model, Name, WorkflowEventDefId
from lhredis.model.limits import RETENTION_SECONDS_MAX
from lhredis.model.types import ReturnType


class ExternalEventRetentionPolicy(Model):
    """Events that nobody claimed go `seconds_after_put` seconds after they were posted; without it, never."""

    seconds_after_put: int | None = Field(default=None, ge=0, le=RETENTION_SECONDS_MAX)


class CorrelatedEventConfig(Model):
    """Makes CorrelatedEvents of this type possible (features.md 12)."""

    ttl_seconds: int | None = Field(default=None, ge=1, le=RETENTION_SECONDS_MAX)
    delete_after_first_correlation: bool = False


class PutExternalEventDefRequest(Model):
    """What registers an ExternalEventDef, or replaces it. No `content_type` means any content, one
    without a type inside means none (void)."""

    name: Name
    content_type: ReturnType | None = None
    retention_policy: ExternalEventRetentionPolicy = ExternalEventRetentionPolicy()
    correlated_event_config: CorrelatedEventConfig | None = None


class ExternalEventDef(Model):
    """A registered type of ExternalEvent. `created_at` is RFC 3339."""

    id: ExternalEventDefId
    type_information: ReturnType | None = None
    retention_policy: ExternalEventRetentionPolicy = ExternalEventRetentionPolicy()
    correlated_event_config: CorrelatedEventConfig | None = None
    created_at: str


class PutWorkflowEventDefRequest(Model):
    """What registers a WorkflowEventDef. The same again changes nothing, another content type is refused.
    No type inside `content_type` means none (void)."""

    name: Name
    content_type: ReturnType = ReturnType()


class WorkflowEventDef(Model):
    """A registered type of WorkflowEvent. `created_at` is RFC 3339."""

    id: WorkflowEventDefId
    content_type: ReturnType = ReturnType()
    created_at: str
