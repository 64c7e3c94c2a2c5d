"""step: the only door to the engine: what one event does to a WfRun, and to its parent and children.

`step(world, runs, id, event)` changes the runs in place and returns the effects that must be committed
with them. The same world, runs and event give the same states and effects, byte for byte. An event
that a run does not wait for changes nothing and has no effects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.engine import (
    archive,
    child_wfs,
    deadlines,
    deletion,
    external_events,
    halting,
    migrations,
    rescue,
    wakers,
)
from lhredis.engine.advance import Runs, Step
from lhredis.engine.effects import ChangeStatus, Effect
from lhredis.engine.events import (
    ChildWfEnded,
    ChildWfReopened,
    Event,
    ExternalEventPosted,
    InheritedChanged,
    MigrationApplied,
    RunDeleted,
    RunRescued,
    RunResumed,
    RunStarted,
    RunStopped,
    TaskReported,
    TaskTimedOut,
    TimerFired,
    TimerKind,
    WakerLost,
)
from lhredis.engine.language.values import VarSubError
from lhredis.engine.nodes import task
from lhredis.engine.run import Run, ThreadRun
from lhredis.engine.user_tasks import hooks, operations, reminders
from lhredis.engine.user_tasks.events import (
    UserTaskAssigned,
    UserTaskCancelled,
    UserTaskClaimed,
    UserTaskCommentDeleted,
    UserTaskCommented,
    UserTaskCompleted,
    UserTaskReleased,
    UserTaskSaved,
)
from lhredis.engine.world import World
from lhredis.errors import InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, ThreadType

__all__ = ["Runs", "step"]


def step(world: World, runs: Runs, wf_run_id: str, event: Event) -> dict[str, list[Effect]]:
    """Apply an event to one of the runs; return the effects of every run that changed. Child runs that
    are started come into `runs`, and are stepped too.

    Raises Unknown when something is missing that the shell has to fetch, and InvalidArgument or
    FailedPrecondition when the event asks for what the run or its spec does not allow. Then, as after
    any other exception (a bug of the engine), the runs that were passed in are to be thrown away.
    """
    changed: dict[str, list[Effect]] = {}
    queue: list[tuple[str, Event]] = [(wf_run_id, event)]
    advances = 0
    for run_id, at_hand in queue:
        run = runs[run_id]
        if run is None:
            continue
        one = Step(world, runs, run, at_hand, queue, advances)
        if _take(one, at_hand):
            if run_id in changed:
                changed[run_id] += one.effects
            else:
                changed[run_id] = one.effects
        advances = one.advances
    return changed


def _take(step: Step, event: Event) -> bool:
    """Apply the event and move the run as far as it gets. False when it changed nothing."""
    run, before = step.run, step.run.status
    if _only_forgets(event):  # also when the WfSpec is gone, or the run has not started
        return _HANDLERS[type(event)](step, event)
    if run.spec is not None:
        step.program = step.world.program(run.spec)
        migrations.end_if_target_is_gone(step)
        if child_wfs.inherits(step):
            child_wfs.inherit(step)
    elif type(event) is not ExternalEventPosted:
        return False
    if before in TERMINAL_STATUSES and not _still_takes(run, event):
        return False
    if not _HANDLERS[type(event)](step, event):
        return False
    if run.threads:
        step.advance()
    ended_anew = (
        run.ended_ms is None and run.status in TERMINAL_STATUSES
    )  # also when a rescue came to nothing
    if run.status is not before or ended_anew:
        step.effects.append(ChangeStatus(run.status))
        deletion.status_changed(step)
        if run.status in TERMINAL_STATUSES:
            run.ended_ms = step.now_ms
            child_wfs.tell_parent(step)
    return True


_USER_TASK_HANDLERS: dict[type, Callable[[Step, Any], bool]] = {
    UserTaskAssigned: operations.assigned,
    UserTaskClaimed: operations.claimed,
    UserTaskReleased: operations.released,
    UserTaskSaved: operations.saved,
    UserTaskCompleted: operations.completed,
    UserTaskCancelled: operations.cancelled,
    UserTaskCommented: operations.commented,
    UserTaskCommentDeleted: operations.comment_deleted,
}
_TAKEN_AFTER_THE_END = frozenset(
    (
        ExternalEventPosted,
        InheritedChanged,
        MigrationApplied,
        RunStopped,
        RunResumed,
        RunRescued,
        ChildWfEnded,
        ChildWfReopened,
        WakerLost,
        *_USER_TASK_HANDLERS,
    )
)
_TIMERS_AFTER_THE_END = frozenset((TimerKind.THREAD_RETENTION, TimerKind.USER_TASK))
_TIMERS_THAT_FORGET = frozenset((TimerKind.EVENT_RETENTION, TimerKind.RUN_RETENTION))


def _still_takes(run: Run, event: Event) -> bool:
    """An ended run keeps events that come late, what children write into it and how they end, waits for the
    tasks of threads that still halt and for reminders, and has halted user tasks filled in: it may be
    rescued."""
    if type(event) in _TAKEN_AFTER_THE_END:
        return True
    if type(event) is TimerFired and event.kind in _TIMERS_AFTER_THE_END:
        return True
    if type(event) not in (TaskReported, TaskTimedOut, TimerFired):
        return False
    return bool(run.reminders) or any(thread.status is LHStatus.HALTING for thread in run.threads.values())


def _only_forgets(event: Event) -> bool:
    """Does it take something away that nothing waits for, so that no thread has to be looked at?"""
    return type(event) is RunDeleted or (type(event) is TimerFired and event.kind in _TIMERS_THAT_FORGET)


def _start(step: Step, event: RunStarted) -> bool:
    run = step.run
    if run.threads:
        return False
    child_wfs.check_parent(step, event)
    run.born, run.started_ms, run.trigger = step.nonce, step.now_ms, event.trigger
    try:
        step.start_thread(step.program.entrypoint, ThreadType.ENTRYPOINT, None, event.variables)
    except VarSubError as error:
        raise InvalidArgument(f"variables: {error}") from None
    if step.program.inherits:
        child_wfs.inherit(step)
    return True


def _task_reported(step: Step, event: TaskReported) -> bool:
    return task.reported(step, event) or (bool(step.run.reminders) and reminders.reported(step, event))


def _task_timed_out(step: Step, event: TaskTimedOut) -> bool:
    return task.timed_out(step, event) or reminders.timed_out(step, event)


_TIMERS: dict[TimerKind, Callable[[Step, TimerFired], bool]] = {
    TimerKind.NODE_DUE: deadlines.fired,
    TimerKind.RETRY: lambda step, event: task.retry_due(step, event) or reminders.retry_due(step, event),
    TimerKind.EVENT_RETENTION: external_events.retention_over,
    TimerKind.THREAD_RETENTION: archive.retention_over,
    TimerKind.RUN_RETENTION: deletion.retention_over,
    TimerKind.USER_TASK: hooks.fired,
}


def _timer_fired(step: Step, event: TimerFired) -> bool:
    return _TIMERS[event.kind](step, event)


def _stopped(step: Step, event: RunStopped) -> bool:
    thread = _named_thread(step.run, event.thread)
    return thread is not None and not _is_over(step.run) and halting.stop(thread)


def _resumed(step: Step, event: RunResumed) -> bool:
    thread = _named_thread(step.run, event.thread)
    return thread is not None and not _is_over(step.run) and halting.resume(thread)


def _is_over(run: Run) -> bool:
    return run.status in TERMINAL_STATUSES


def _named_thread(run: Run, number: int) -> ThreadRun | None:
    """The thread, or None when it is archived. InvalidArgument when there never was one."""
    if not 0 <= number <= run.greatest_thread_number:
        raise InvalidArgument(f"WfRun {run.id!r} has no ThreadRun {number}")
    return run.threads.get(number)


_HANDLERS: dict[type, Callable[[Step, Any], bool]] = {
    RunStarted: _start,
    TaskReported: _task_reported,
    TaskTimedOut: _task_timed_out,
    TimerFired: _timer_fired,
    ExternalEventPosted: external_events.posted,
    MigrationApplied: migrations.applied,
    RunDeleted: lambda step, _: deletion.deleted(step),
    RunStopped: _stopped,
    RunResumed: _resumed,
    RunRescued: rescue.rescued,
    WakerLost: wakers.lost,
    ChildWfReopened: rescue.child_reopened,
    ChildWfEnded: child_wfs.ended,
    InheritedChanged: child_wfs.inherited_changed,
    **_USER_TASK_HANDLERS,
}
