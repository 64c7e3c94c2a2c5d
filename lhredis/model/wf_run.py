"""wf_run: what people see of an execution. All times are RFC 3339 with milliseconds."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus, ThreadType
from lhredis.model.ids import (
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
from lhredis.model.limits import BATCH_RUNS_MAX
from lhredis.model.nodes import ExponentialBackoffRetryPolicy
from lhredis.model.values import VariableValue


class RunWfRequest(Model):
    """Starts a WfRun. Without a version the newest one is taken; without an id a random one."""

    wf_spec_name: Name
    major_version: int | None = Field(default=None, ge=0)
    revision: int | None = Field(default=None, ge=0)
    variables: dict[str, VariableValue] = Field(default_factory=dict)
    id: Name | None = None


class RunWfBatchRequest(Model):
    """Starts many WfRuns; each succeeds or fails for itself."""

    runs: tuple[RunWfRequest, ...] = Field(min_length=1, max_length=BATCH_RUNS_MAX)


class Failure(View):
    """Why a NodeRun failed. Reserved names (LHErrorType) are ERRORs, all others EXCEPTIONs."""

    failure_name: str
    message: str = ""
    content: VariableValue = None
    was_properly_handled: bool = False
    failure_handler_threadrun_id: int | None = None


class ThreadRun(View):
    """One execution of a ThreadSpec; number 0 is the entrypoint."""

    wf_spec_id: WfSpecId
    number: int
    status: LHStatus
    thread_spec_name: str
    type: ThreadType = ThreadType.ENTRYPOINT
    start_time: str
    end_time: str | None = None
    error_message: str | None = None
    current_node_position: int
    parent_thread_id: int | None = None
    output: VariableValue = None


class WfRun(View):
    """One execution of a WfSpec."""

    id: WfRunIdStr
    wf_spec_id: WfSpecId
    status: LHStatus
    greatest_threadrun_number: int = 0
    start_time: str
    end_time: str | None = None
    thread_runs: tuple[ThreadRun, ...] = ()


class TaskNodeRun(View):
    task_run_id: TaskRunId | None = None


class SleepNodeRun(View):
    maturation_time: str
    matured: bool


class NodeRun(View):
    """One execution of a node. Of `task`, `sleep` … only the one of its kind is there;
    a NOP is shown as `entrypoint`, as LittleHorse does."""

    id: NodeRunId
    wf_spec_id: WfSpecId
    status: LHStatus
    thread_spec_name: str
    node_name: str
    arrival_time: str
    end_time: str | None = None
    error_message: str | None = None
    failures: tuple[Failure, ...] = ()
    failure_handler_ids: tuple[int, ...] = ()
    entrypoint: dict[str, str] | None = None
    exit: dict[str, str] | None = None
    task: TaskNodeRun | None = None
    sleep: SleepNodeRun | None = None


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


class TaskRunSource(View):
    task_node: NodeRunId


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


class Variable(View):
    """A variable of a ThreadRun, as it is now."""

    id: VariableId
    value: VariableValue = None
    wf_spec_id: WfSpecId
    masked: bool = False
