"""wf_run: what people see of an execution. All times are RFC 3339 with milliseconds."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus
from lhredis.model.ids import (
    ExternalEventId,
    Model,
    Name,
    NodeRunId,
    TaskDefId,
    TaskRunId,
    VariableId,
    View,
    WfRunIdStr,
    WfSpecId,
)
from lhredis.model.limits import BATCH_RUNS_MAX, NUMBER_MAX
from lhredis.model.migration import WorkflowMigrationPlanId
from lhredis.model.nodes import ExponentialBackoffRetryPolicy
from lhredis.model.thread_run import ThreadRun
from lhredis.model.values import VariableValue


class RunWfRequest(Model):
    """Starts a WfRun. Without a version the newest one is taken; without an id a random one.
    With a parent it is a child of that WfRun, and gets the id `<parent>_<id>`."""

    wf_spec_name: Name
    major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    revision: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    variables: dict[str, VariableValue] = Field(default_factory=dict)
    id: Name | None = None
    parent_wf_run_id: WfRunIdStr | None = None


class RunWfBatchRequest(Model):
    """Starts many WfRuns; each succeeds or fails for itself."""

    runs: tuple[RunWfRequest, ...] = Field(min_length=1, max_length=BATCH_RUNS_MAX)


class StopWfRunRequest(Model):
    """Halts a ThreadRun and its descendants until it is resumed."""

    thread_run_number: int = Field(default=0, ge=0, le=NUMBER_MAX)


class ResumeWfRunRequest(Model):
    """Takes back what a StopWfRunRequest did."""

    thread_run_number: int = Field(default=0, ge=0, le=NUMBER_MAX)


class RescueThreadRunRequest(Model):
    """Runs the failed node of a ThreadRun in ERROR again, or goes on behind it."""

    thread_run_number: int = Field(default=0, ge=0, le=NUMBER_MAX)
    skip_current_node: bool = False


class PendingInterrupt(View):
    """An interrupt whose handler starts once the ThreadRun is halted."""

    external_event_id: ExternalEventId
    handler_spec_name: str
    interrupted_thread_id: int


class PendingFailureHandler(View):
    """A failure whose handler starts once the ThreadRun is halted."""

    failed_thread_run: int
    handler_spec_name: str


class ParentTriggerReference(View):
    """The NodeRun of the parent that started a WfRun."""

    triggering_node_run: NodeRunId


class WfRun(View):
    """One execution of a WfSpec; the id of a child is `<id of its parent>_<its own>`. The versions that it
    followed before a migration are in `old_wf_spec_versions`; the plan is that of one that goes on."""

    id: WfRunIdStr
    wf_spec_id: WfSpecId
    status: LHStatus
    greatest_threadrun_number: int = 0
    start_time: str
    end_time: str | None = None
    old_wf_spec_versions: tuple[WfSpecId, ...] = ()
    workflow_migration_plan_id: WorkflowMigrationPlanId | None = None
    thread_runs: tuple[ThreadRun, ...] = ()
    pending_interrupts: tuple[PendingInterrupt, ...] = ()
    pending_failures: tuple[PendingFailureHandler, ...] = ()
    parent_trigger: ParentTriggerReference | None = None


class VarNameAndVal(View):
    var_name: str
    value: VariableValue = None
    masked: bool = False


class LHTaskError(View):
    """A technical failure of an attempt, with the type that a handler would catch."""

    type: LHErrorType
    message: str = ""


class LHTaskExceptionResult(View):
    """A business exception that the task function raised."""

    name: str
    message: str = ""
    content: VariableValue = None


class TaskAttempt(View):
    """One try. `log_output` holds what the function logged and, when it failed, the stack trace."""

    status: TaskStatus
    schedule_time: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    task_worker_id: str | None = None
    task_worker_version: str | None = None
    log_output: str | None = None
    output: VariableValue = None
    error: LHTaskError | None = None
    exception: LHTaskExceptionResult | None = None
    masked_value: bool = False


class UserTaskTriggerReference(View):
    """The UserTaskRun that a TaskRun reminds of, who had it, and which of its events tells of it."""

    node_run_id: NodeRunId
    user_task_event_number: int
    user_id: str | None = None
    user_group: str | None = None


class TaskRunSource(View):
    """What called the task: a TASK node, or a reminder of a user task; and the WfSpec that says so."""

    task_node: NodeRunId | None = None
    user_task_trigger: UserTaskTriggerReference | None = None
    wf_spec_id: WfSpecId


class TaskRun(View):
    """One scheduled call of a task, with all its attempts; inputs are those of the first."""

    id: TaskRunId
    task_def_id: TaskDefId
    status: TaskStatus
    scheduled_at: str
    input_variables: tuple[VarNameAndVal, ...] = ()
    source: TaskRunSource
    attempts: tuple[TaskAttempt, ...]
    timeout_seconds: int
    total_attempts: int
    exponential_backoff: ExponentialBackoffRetryPolicy | None = None
    total_checkpoints: int = 0


class Variable(View):
    """A variable of a ThreadRun, as it is now. It was made when its ThreadRun was."""

    id: VariableId
    value: VariableValue = None
    created_at: str
    wf_spec_id: WfSpecId
    masked: bool = False
