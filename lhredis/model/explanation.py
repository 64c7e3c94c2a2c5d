"""explanation: why a WfRun is where it is: what each of its threads waits for. Times are RFC 3339."""

from __future__ import annotations

from lhredis.model.enums import LHStatus
from lhredis.model.ids import View, WfRunIdStr
from lhredis.model.thread_run import ThreadHaltReason


class WaitsForTask(View):
    """An attempt in its queue, in a worker's hands, or yet to come (`next_retry`). `ahead` counts what the
    workers take before it, up to a limit; `workers` are those that have asked for such tasks lately.
    `last_heard_of` is when it was claimed, or its worker's last heartbeat; `times_out` counts from then."""

    task_def: str
    attempt: int
    queued_since: str | None = None
    ahead: int | None = None
    workers: int | None = None
    claimed_by: str | None = None
    last_heard_of: str | None = None
    times_out: str | None = None
    next_retry: str | None = None
    lost: bool = False


class WaitsForEvent(View):
    """An ExternalEvent that was not posted yet, by its correlation key if it has one."""

    external_event_def: str
    correlation_key: str | None = None
    times_out: str | None = None


class WaitsForUserTask(View):
    """A form that somebody has to fill in."""

    user_task_guid: str
    user_task_def: str
    user_id: str | None = None
    user_group: str | None = None


class ThreadExplanation(View):
    """One ThreadRun that has not ended. `text` says it all in a sentence; of the others, those that apply."""

    thread_run_number: int
    thread_spec_name: str
    status: LHStatus
    node_name: str
    position: int
    since: str
    text: str
    task: WaitsForTask | None = None
    event: WaitsForEvent | None = None
    user_task: WaitsForUserTask | None = None
    due: str | None = None
    threads: tuple[int, ...] = ()
    child_wf_run_id: WfRunIdStr | None = None
    halt_reasons: tuple[ThreadHaltReason, ...] = ()


class Explanation(View):
    """What a WfRun waits for; an ended one waits for nothing, and says how it ended. `obstacles` keep it from
    moving whatever its threads wait for."""

    wf_run_id: WfRunIdStr
    status: LHStatus
    text: str
    obstacles: tuple[str, ...] = ()
    threads: tuple[ThreadExplanation, ...] = ()
