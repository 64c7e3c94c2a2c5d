"""wakers: what would wake each thread of a run, and what happens when that is found to be lost.

A commit writes a run and what wakes it together, so nothing here is ever needed, unless somebody
deletes keys by hand, trims a stream, or loads half a backup. Then a run would wait for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.effects import SetTimer
from lhredis.engine.events import TimerKind, WakerLost
from lhredis.engine.node_state import EventWait, UserTask
from lhredis.engine.nodes import task
from lhredis.engine.run import NodeRun, Run, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, TaskStatus

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


@dataclass(slots=True, frozen=True)
class Waker:
    """What a thread counts on: an attempt in the queue of `task_def`, or a timer of this kind. `token` is
    the attempt's: it tells whether it is still the same one when the loss is repaired."""

    thread: int
    position: int
    attempt: int
    task_def: str | None = None
    timer: TimerKind | None = None
    token: str = ""


def wakers_of(run: Run) -> list[Waker]:
    """The tasks and timers that must be there for this run. Threads that wait for other threads, runs,
    events without a timeout or conditions count on nothing that could get lost."""
    found = []
    for thread in run.threads.values():
        if thread.status not in TERMINAL_STATUSES and thread.node is not None:
            waker = _waker_of(thread, thread.node)
            if waker is not None:
                found.append(waker)
            if isinstance(thread.node.state, UserTask):
                number, position = thread.number, thread.position
                hooks = thread.node.state.hooks
                found += [Waker(number, position, hook, timer=TimerKind.USER_TASK) for hook in hooks]
    return found


def _waker_of(thread: ThreadRun, node_run: NodeRun) -> Waker | None:
    number, position = thread.number, node_run.position
    if node_run.ended_ms is not None:
        return None
    if node_run.task is not None:
        index = len(node_run.task.attempts) - 1
        attempt = node_run.task.attempts[index]
        if attempt.status is TaskStatus.TASK_SCHEDULED:
            return Waker(number, position, index, node_run.task.task_def, token=attempt.token)
        if attempt.status is TaskStatus.TASK_PENDING:
            return Waker(number, position, index, timer=TimerKind.RETRY)
        return None
    if thread.halts:
        return None  # a timer that fires meanwhile is set again when the thread goes on
    if node_run.matures_ms is not None:
        return Waker(number, position, 0, timer=TimerKind.SLEEP)
    if isinstance(node_run.state, EventWait) and node_run.state.due_ms is not None:
        return Waker(number, position, 0, timer=TimerKind.EVENT_TIMEOUT)
    return None


def lost(step: Step, event: WakerLost) -> bool:
    """What should wake a thread is gone: put it back, if the thread still counts on it."""
    thread = step.run.threads.get(event.thread)
    if thread is None or thread.node is None:
        return False
    if isinstance(thread.node.state, UserTask):
        return _hook_lost(step, thread, thread.node.state, event)
    waker = _waker_of(thread, thread.node)
    if waker is None or (waker.position, waker.attempt, waker.token) != (
        event.position,
        event.attempt,
        event.token,
    ):
        return False
    if waker.timer is None or waker.timer is TimerKind.RETRY:
        task.queue_again(step, thread, thread.node)
        return True
    state = thread.node.state
    due_ms = state.due_ms if isinstance(state, EventWait) else thread.node.matures_ms
    assert due_ms is not None
    step.effects.append(SetTimer(waker.timer, waker.thread, waker.position, 0, due_ms))
    return True


def _hook_lost(step: Step, thread: ThreadRun, user_task: UserTask, event: WakerLost) -> bool:
    hook = user_task.hooks.get(event.attempt)
    if hook is None or thread.position != event.position:
        return False
    timer = SetTimer(TimerKind.USER_TASK, thread.number, thread.position, event.attempt, hook.due_ms)
    step.effects.append(timer)
    return True
