"""node_run: what people see of one execution of a node. All times are RFC 3339 with milliseconds."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import LHStatus, WaitingThreadStatus
from lhredis.model.ids import (
    ExternalEventDefId,
    ExternalEventId,
    NodeRunId,
    TaskRunId,
    UserTaskRunId,
    View,
    WfRunIdStr,
    WfSpecId,
    WorkflowEventId,
)
from lhredis.model.values import VariableValue


class Failure(View):
    """Why a NodeRun failed. Reserved names (LHErrorType) are ERRORs, all others EXCEPTIONs."""

    failure_name: str
    message: str = ""
    content: VariableValue = None
    was_properly_handled: bool = False
    failure_handler_threadrun_id: int | None = None


class TaskNodeRun(View):
    task_run_id: TaskRunId | None = None


class SleepNodeRun(View):
    """`maturation_time` is not there when it could not be computed."""

    maturation_time: str | None = None
    matured: bool = False


class ExternalEventNodeRun(View):
    """What is waited for, and what came: `external_event_id` is that of the event that was claimed,
    `event_time` when."""

    external_event_def_id: ExternalEventDefId
    event_time: str | None = None
    external_event_id: ExternalEventId | None = None
    timed_out: bool = False
    correlation_key: str | None = None
    mask_correlation_key: bool = False


class ThrowEventNodeRun(View):
    """`workflow_event_id` is not there when nothing could be thrown."""

    workflow_event_id: WorkflowEventId | None = None


class StartThreadRun(View):
    """`child_thread_id` is not there when the thread could not be started."""

    child_thread_id: int | None = None
    thread_spec_name: str


class StartMultipleThreadsRun(View):
    """The children have the order of the items that they were started for."""

    thread_spec_name: str
    child_thread_ids: tuple[int, ...] = ()


class WaitForThread(View):
    """One of the ThreadRuns that a WAIT_FOR_THREADS waits for."""

    thread_run_number: int
    thread_status: LHStatus
    thread_end_time: str | None = None
    waiting_status: WaitingThreadStatus
    failure_handler_thread_run_id: int | None = None


class WaitForThreadsRun(View):
    threads: tuple[WaitForThread, ...] = ()


class RunChildWfNodeRun(View):
    """`child_wf_run_id` is not there when the child could not be started."""

    child_wf_run_id: WfRunIdStr | None = None
    inputs: dict[str, VariableValue] = Field(default_factory=dict)
    wf_spec_id: WfSpecId | None = None


class WaitForChildWfNodeRun(View):
    child_wf_run_id: WfRunIdStr | None = None


class UserTaskNodeRun(View):
    """`user_task_run_id` is not there when nobody could be found for it."""

    user_task_run_id: UserTaskRunId | None = None


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
    external_event: ExternalEventNodeRun | None = None
    throw_event: ThrowEventNodeRun | None = None
    wait_for_condition: dict[str, str] | None = None
    start_thread: StartThreadRun | None = None
    start_multiple_threads: StartMultipleThreadsRun | None = None
    wait_for_threads: WaitForThreadsRun | None = None
    run_child_wf: RunChildWfNodeRun | None = None
    wait_for_child_wf: WaitForChildWfNodeRun | None = None
    user_task: UserTaskNodeRun | None = None
