"""let_go: threads that nobody needs any more: they halt for good, and nothing waits or asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.correlated_waits import give_up
from lhredis.engine.halting import halt, leader_of
from lhredis.engine.run import HaltKind, HaltReason, ThreadRun
from lhredis.engine.user_tasks import user_tasks
from lhredis.model.enums import TERMINAL_STATUSES

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def let_go(step: Step, thread: ThreadRun, by: ThreadRun) -> None:
    """A thread that has not ended halts for good, and what came of it too: `by` goes on without them."""
    if thread.is_let_go:
        return
    below = [other for other in step.run.threads.values() if _is_below(other, thread)]
    not_needed = [other for other in below if other.status not in TERMINAL_STATUSES and not other.is_let_go]
    halt(thread, HaltReason(HaltKind.HALTED_BY_PARENT, by.number, by.position))
    for other in not_needed:
        give_up(step, other)
        user_tasks.give_up(step, other)


def let_go_below(step: Step, ended: ThreadRun, by: ThreadRun) -> None:
    """Let go of all that would go on only with a thread that has ended, and never lives again."""
    for other in step.run.threads.values():
        if other.status not in TERMINAL_STATUSES and _goes_on_with(other, ended):
            let_go(step, other, by)


def _goes_on_with(thread: ThreadRun, leader: ThreadRun) -> bool:
    at = leader_of(thread)
    while at is not None and at is not leader:
        at = leader_of(at)
    return at is leader


def _is_below(thread: ThreadRun, top: ThreadRun) -> bool:
    """Is it this thread, or one that came of it?"""
    at: ThreadRun | None = thread
    while at is not None and at is not top:
        at = at.parent
    return at is top
