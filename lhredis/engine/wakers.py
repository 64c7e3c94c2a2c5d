"""wakers: what would wake each thread of a run, and what happens when that is found to be lost.

A commit writes a run and what wakes it together, so nothing here is ever needed, unless somebody
deletes keys by hand, trims a stream, or loads half a backup. Then a run would wait for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.correlated_waits import correlated_wait
from lhredis.engine.effects import SetTimer
from lhredis.engine.events import TimerKind, WakerLost
from lhredis.engine.external_events import event_for
from lhredis.engine.node_state import UserTask
from lhredis.engine.nodes import task
from lhredis.engine.run import NodeRun, Run, TaskRun, ThreadRun
from lhredis.engine.user_tasks import reminders
from lhredis.model.enums import TERMINAL_STATUSES, TaskStatus
from lhredis.model.ids import REMINDERS_FROM

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


@dataclass(slots=True, frozen=True)
class Waker:
    """What a thread counts on: an attempt in the queue of `task_def`, or a timer of this kind. `token` is
    the attempt's: it tells whether it is still the same one when the loss is repaired. `due_ms` is None for
    a retry, which starts at once when its timer is lost. Those of reminders have the positions that make
    their ids."""

    thread: int
    position: int
    attempt: int
    task_def: str | None = None
    timer: TimerKind | None = None
    token: str = ""
    due_ms: int | None = None


def wakers_of(run: Run) -> list[Waker]:
    """The tasks and timers that must be there for this run, be it over or not. Threads that wait for other
    threads, runs, events or conditions without a timeout count on nothing that could get lost."""
    found: list[Waker | None] = []
    for thread in run.threads.values():
        if thread.status not in TERMINAL_STATUSES and thread.node is not None:
            found.append(_waker_of(thread, thread.node))
            if isinstance(thread.node.state, UserTask):
                at, hooks = (thread.number, thread.position), thread.node.state.hooks
                found += [
                    Waker(*at, number, timer=TimerKind.USER_TASK, due_ms=hook.due_ms)
                    for number, hook in hooks.items()
                ]
    for number, reminder in run.reminders.items():
        found.append(_waker_of_task(reminder.thread, REMINDERS_FROM + number, reminder.task))
    return [waker for waker in found if waker is not None]


def _waker_of(thread: ThreadRun, node_run: NodeRun) -> Waker | None:
    if node_run.ended_ms is not None:
        return None
    if node_run.task is not None:
        return _waker_of_task(thread.number, node_run.position, node_run.task)
    if thread.halts:
        return None  # a timer that fires meanwhile is set again when the thread goes on
    at = (thread.number, node_run.position, 0)
    if node_run.due_ms is not None:
        return Waker(*at, timer=TimerKind.NODE_DUE, due_ms=node_run.due_ms)
    return None


def _waker_of_task(thread: int, position: int, task_run: TaskRun) -> Waker | None:
    attempt = len(task_run.attempts) - 1
    last = task_run.attempts[attempt]
    if last.status is TaskStatus.TASK_SCHEDULED:
        return Waker(thread, position, attempt, task_run.task_def, token=last.token)
    if last.status is TaskStatus.TASK_PENDING:
        return Waker(thread, position, attempt, timer=TimerKind.RETRY)
    return None


def waits_for_keys(run: Run) -> list[tuple[str, str, int, int]]:
    """(ExternalEventDef, key, thread, position) of each NodeRun that waits by a key, be it halted."""
    waits = ((thread, correlated_wait(thread)) for thread in run.threads.values())
    named = [(*wait, thread.number, thread.position) for thread, wait in waits if wait is not None]
    return [one for one in named if counts_on_key(run, *one)]


def counts_on_key(run: Run, event_def: str, key: str, thread: int, position: int) -> bool:
    """Does this NodeRun wait for the CorrelatedEvent of this key, and has no event yet? One that is halted
    may have got it, and takes it when it goes on."""
    if not waits_by_key(run, event_def, key, thread, position):
        return False
    there = run.threads[thread]
    assert there.node is not None
    return event_for(run, there, there.node, event_def) is None


def waits_by_key(run: Run, event_def: str, key: str, thread: int, position: int) -> bool:
    """Does this NodeRun wait for the CorrelatedEvent of this key, be it halted?"""
    there = run.threads.get(thread)
    if there is None or there.position != position or there.status in TERMINAL_STATUSES:
        return False
    return not there.is_let_go and correlated_wait(there) == (event_def, key)


def lost(step: Step, event: WakerLost) -> bool:
    """What should wake a thread is gone: put it back, if the thread still counts on it."""
    named = (event.thread, event.position, event.attempt, event.token)
    for waker in wakers_of(step.run):
        if (waker.thread, waker.position, waker.attempt, waker.token) == named:
            _put_back(step, waker)
            return True
    return False


def _put_back(step: Step, waker: Waker) -> None:
    if waker.timer is not None and waker.due_ms is not None:
        timer = SetTimer(waker.timer, waker.thread, waker.position, waker.attempt, waker.due_ms)
        step.effects.append(timer)
    elif waker.position >= REMINDERS_FROM:
        reminders.queue_again(step, waker.position - REMINDERS_FROM)
    else:
        thread = step.run.threads[waker.thread]
        assert thread.node is not None
        task.queue_again(step, thread, thread.node)
