"""replies: the shapes of answers that are not a model of their own; OpenAPI is made from them."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.bulk_job import BulkJobId
from lhredis.model.checkpoint import Checkpoint
from lhredis.model.events import ExternalEvent, WorkflowEvent
from lhredis.model.ids import (
    CorrelatedEventId,
    ExternalEventDefId,
    ExternalEventId,
    Model,
    NodeRunId,
    StructDefId,
    TaskDefId,
    TaskRunId,
    UserTaskDefId,
    UserTaskRunId,
    VariableId,
    WfSpecId,
    WorkflowEventDefId,
    WorkflowEventId,
)
from lhredis.model.metrics import MetricWindowId
from lhredis.model.migration import WorkflowMigrationPlanId
from lhredis.model.node_run import NodeRun
from lhredis.model.scheduled_wf_run import ScheduledWfRun
from lhredis.model.user_task_run import UserTaskRun
from lhredis.model.wf_run import TaskRun, Variable, WfRun


class TaskDefPage(Model):
    """Some ids, sorted by name. Without a `bookmark` there are no more."""

    results: tuple[TaskDefId, ...]
    bookmark: str | None = None


class StructDefPage(Model):
    """The newest version of some StructDefs, by name. Without a `bookmark` there are no more."""

    results: tuple[StructDefId, ...]
    bookmark: str | None = None


class StructDefList(Model):
    """The versions of a StructDef, the oldest first."""

    results: tuple[StructDefId, ...]


class UserTaskDefPage(Model):
    """The newest version of some UserTaskDefs, by name. Without a `bookmark` there are no more."""

    results: tuple[UserTaskDefId, ...]
    bookmark: str | None = None


class UserTaskDefList(Model):
    """The versions of a UserTaskDef, the oldest first."""

    results: tuple[UserTaskDefId, ...]


class UserTaskRunList(Model):
    results: tuple[UserTaskRun, ...]


class ExternalEventDefPage(Model):
    """Some ids, sorted by name. Without a `bookmark` there are no more."""

    results: tuple[ExternalEventDefId, ...]
    bookmark: str | None = None


class WorkflowMigrationPlanPage(Model):
    """Some ids, sorted by name. Without a `bookmark` there are no more."""

    results: tuple[WorkflowMigrationPlanId, ...]
    bookmark: str | None = None


class WorkflowEventDefPage(Model):
    """Some ids, sorted by name. Without a `bookmark` there are no more."""

    results: tuple[WorkflowEventDefId, ...]
    bookmark: str | None = None


class WfSpecPage(Model):
    """The newest version of some WfSpecs, by name. Without a `bookmark` there are no more."""

    results: tuple[WfSpecId, ...]
    bookmark: str | None = None


class WfSpecList(Model):
    """The versions of a WfSpec, the oldest first."""

    results: tuple[WfSpecId, ...]


class BulkJobPage(Model):
    """The ids of some jobs, sorted. Without a `bookmark` there are no more."""

    results: tuple[BulkJobId, ...]
    bookmark: str | None = None


class Count(Model):
    """How many there are."""

    count: int


class WfRunPage(Model):
    """Some WfRuns, in the order that was asked for: the newest first. No `bookmark`: there are no more."""

    results: tuple[WfRun, ...]
    bookmark: str | None = None


class ScheduledWfRunPage(Model):
    """Some ScheduledWfRuns, by WfSpec and id. Without a `bookmark` there are no more."""

    results: tuple[ScheduledWfRun, ...]
    bookmark: str | None = None


class NodeRunList(Model):
    results: tuple[NodeRun, ...]


class NodeRunIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[NodeRunId, ...]
    bookmark: str | None = None


class TaskRunIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[TaskRunId, ...]
    bookmark: str | None = None


class UserTaskRunIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[UserTaskRunId, ...]
    bookmark: str | None = None


class VariableIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[VariableId, ...]
    bookmark: str | None = None


class ExternalEventIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[ExternalEventId, ...]
    bookmark: str | None = None


class CorrelatedEventIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[CorrelatedEventId, ...]
    bookmark: str | None = None


class WorkflowEventIdPage(Model):
    """Without a `bookmark` there are no more."""

    results: tuple[WorkflowEventId, ...]
    bookmark: str | None = None


class MetricWindowIdPage(Model):
    """Some windows, in the order that was asked for. Without a `bookmark` there are no more."""

    results: tuple[MetricWindowId, ...]
    bookmark: str | None = None


class TaskRunList(Model):
    results: tuple[TaskRun, ...]


class CheckpointList(Model):
    results: tuple[Checkpoint, ...]


class VariableList(Model):
    results: tuple[Variable, ...]


class ExternalEventList(Model):
    """In the order in which they came."""

    results: tuple[ExternalEvent, ...]


class WorkflowEventList(Model):
    """In the order in which they were thrown."""

    results: tuple[WorkflowEvent, ...]


class ProblemPart(Model):
    """One thing that is wrong: where (`thread_specs.main.nodes.2-task`), and what."""

    path: str
    message: str


class ProblemDetails(Model):
    """A problem (RFC 9457). `code` is gRPC's word; `type` is a stable URI for it."""

    type: str = Field(examples=["https://lhredis.dev/problems/invalid-argument"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["INVALID_ARGUMENT"])
    problems: tuple[ProblemPart, ...] = ()


class BatchResult(Model):
    """What became of one start: the WfRun, or why there is none."""

    wf_run: WfRun | None = None
    problem: ProblemDetails | None = None


class RunWfBatchReply(Model):
    """One result for each run that was asked for, in order."""

    results: tuple[BatchResult, ...]


class Health(Model):
    """`live` or `ready`."""

    status: str


class ServerInfo(Model):
    """What this deployment is. `durability` is what every commit gets without asking for more."""

    version: str = Field(description="of lhredis")
    redis: str = Field(examples=["Valkey 9.1.2"])
    partitions: int
    durability: str = Field(examples=["logged"])


class QuarantineEntry(Model):
    """An event that was set aside, because its step raised or because it could not be read."""

    partition: int
    tenant: str | None = None
    wf_run_id: str | None = None
    event: str
    traceback: str
    at: str


class QuarantineList(Model):
    """The newest entries, the newest first."""

    results: tuple[QuarantineEntry, ...]
