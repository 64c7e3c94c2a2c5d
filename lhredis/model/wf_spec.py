"""wf_spec: a process, described once."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import AllowedUpdateType
from lhredis.model.ids import ExternalEventDefId, Model, Name, WfSpecId
from lhredis.model.limits import (
    INTERRUPTS_PER_THREAD_SPEC_MAX,
    NODES_PER_THREAD_SPEC_MAX,
    NUMBER_MAX,
    RETENTION_SECONDS_MAX,
    THREAD_SPECS_PER_WF_SPEC_MAX,
    VARIABLES_PER_THREAD_SPEC_MAX,
)
from lhredis.model.nodes import Node
from lhredis.model.types import ThreadVarDef


class InterruptDef(Model):
    """An ExternalEvent of this def halts every ThreadRun of the ThreadSpec and starts the handler."""

    external_event_def_id: ExternalEventDefId
    handler_spec_name: str


class ThreadRetentionPolicy(Model):
    """How long an ended child ThreadRun stays in its WfRun before it is archived, in seconds."""

    seconds_after_thread_termination: int = Field(ge=0, le=RETENTION_SECONDS_MAX)


class WorkflowRetentionPolicy(Model):
    """How long a WfRun is kept after it ended (COMPLETED, ERROR or EXCEPTION), in seconds."""

    seconds_after_wf_termination: int = Field(ge=0, le=RETENTION_SECONDS_MAX)


class ThreadSpec(Model):
    """One thread of a process: named nodes, and the variables that its ThreadRuns own."""

    nodes: dict[str, Node] = Field(max_length=NODES_PER_THREAD_SPEC_MAX)
    variable_defs: tuple[ThreadVarDef, ...] = Field(default=(), max_length=VARIABLES_PER_THREAD_SPEC_MAX)
    interrupt_defs: tuple[InterruptDef, ...] = Field(default=(), max_length=INTERRUPTS_PER_THREAD_SPEC_MAX)
    retention_policy: ThreadRetentionPolicy | None = None


class ParentWfSpecReference(Model):
    """The WfSpec whose runs the runs of this one are children of. Without a version: the newest major one
    when this spec was registered."""

    wf_spec_name: Name
    wf_spec_major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)


class PutWfSpecRequest(Model):
    """What registers a WfSpec, or a new version of it."""

    name: Name
    thread_specs: dict[str, ThreadSpec] = Field(max_length=THREAD_SPECS_PER_WF_SPEC_MAX)
    entrypoint_thread_name: str
    parent_wf_spec: ParentWfSpecReference | None = None
    retention_policy: WorkflowRetentionPolicy | None = None
    allowed_updates: AllowedUpdateType = AllowedUpdateType.ALL_UPDATES


class WfSpec(Model):
    """One version of a process; immutable once registered. `created_at` is RFC 3339."""

    id: WfSpecId
    created_at: str
    thread_specs: dict[str, ThreadSpec]
    entrypoint_thread_name: str
    parent_wf_spec: ParentWfSpecReference | None = None
    retention_policy: WorkflowRetentionPolicy | None = None
    frozen_variables: tuple[ThreadVarDef, ...] = ()
