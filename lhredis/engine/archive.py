"""archive: moves ended ThreadRuns out of a run's state, so that a long run stays small.

A number that is not among the threads any more belongs to a thread that COMPLETED, whose failure was
handled, or that was let go: nothing else is archived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.effects import ArchiveThread, PutHistory, SetTimer
from lhredis.engine.events import TimerFired, TimerKind
from lhredis.engine.node_state import ThreadsWait
from lhredis.engine.run import ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def archive_ended(step: Step) -> None:
    """Archive every thread that can be. The youngest first: a thread goes after its children."""
    for thread in reversed(list(step.run.threads.values())):
        if _can_go(step, thread):
            _archive(step, thread)


def thread_ended(step: Step, thread: ThreadRun) -> None:
    """A thread ended in this step: look at it again when its retention is over."""
    retention_ms = step.thread_program(thread).retention_ms
    if retention_ms and thread.parent is not None:
        due_ms = step.now_ms + retention_ms
        step.effects.append(SetTimer(TimerKind.THREAD_RETENTION, thread.number, 0, 0, due_ms))


def archive_due(step: Step) -> None:
    """Archive every thread that can be, and whose retention is over."""
    for thread in reversed(list(step.run.threads.values())):
        retention_ms = step.thread_program(thread).retention_ms
        if (
            retention_ms is not None
            and thread.ended_ms is not None
            and thread.ended_ms + retention_ms <= step.now_ms
            and _can_go(step, thread)
        ):
            _archive(step, thread)


def retention_over(step: Step, event: TimerFired) -> bool:
    """The retention of a thread is over: is it still there? `archive_due` does the rest."""
    thread = step.run.threads.get(event.thread)
    return thread is not None and thread.status in TERMINAL_STATUSES


def _archive(step: Step, thread: ThreadRun) -> None:
    del step.run.threads[thread.number]
    if thread.node is not None and thread.node.ended_ms is None:
        step.effects.append(PutHistory(thread.number, thread.node))
    step.effects.append(ArchiveThread(thread))


def is_done_with(thread: ThreadRun) -> bool:
    """Has it ended and nothing will ask how, or does it never go on?"""
    if thread.status in TERMINAL_STATUSES:
        return _is_settled(thread)
    return thread.status is LHStatus.HALTED and thread.is_let_go


def _can_go(step: Step, thread: ThreadRun) -> bool:
    """It is done with, and no thread stands on it."""
    if thread.parent is None or not is_done_with(thread):
        return False
    for other in step.run.threads.values():
        if other.parent is thread or _waits_for(other, thread.number):
            return False
    return True


def _is_settled(thread: ThreadRun) -> bool:
    """Has a thread that ended done so well, or is its failure handled: its own, or what came of it? A
    thread that may be rescued is not settled."""
    parent = thread.parent
    if thread.status is LHStatus.COMPLETED or parent is None:
        return thread.status is LHStatus.COMPLETED
    if thread.number in parent.handled_children:
        return True
    return parent.status in TERMINAL_STATUSES and _is_settled(parent)


def _waits_for(thread: ThreadRun, number: int) -> bool:
    node_run = thread.node
    return (
        node_run is not None
        and node_run.ended_ms is None
        and isinstance(node_run.state, ThreadsWait)
        and any(number in (entry.number, entry.handler) for entry in node_run.state.threads)
    )
