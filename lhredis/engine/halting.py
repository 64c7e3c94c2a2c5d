"""halting: how ThreadRuns halt and go on: reasons, what they do to children, and how they resolve.

The rules are semantics.md 7. Nothing cascades when a reason is added: whenever the run moves, each
thread looks at its parent (`follow_parent`), so that a child cannot be left behind by any order of
events. Parents have lower numbers than their children: one pass in number order reaches everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.effects import SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.failures import start_pending_handler
from lhredis.engine.run import HaltKind, HaltReason, NodeRun, Run, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus, ThreadType

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

PENDING = frozenset((HaltKind.PENDING_INTERRUPT, HaltKind.PENDING_FAILURE))
_HANDLER_RUNS = frozenset((HaltKind.INTERRUPTED, HaltKind.HANDLING_FAILURE))
_IN_FLIGHT = frozenset((TaskStatus.TASK_SCHEDULED, TaskStatus.TASK_PENDING))


def halt(thread: ThreadRun, reason: HaltReason) -> None:
    """Give a ThreadRun that has not ended a reason to halt; a RUNNING one starts to do so."""
    thread.halts.append(reason)
    if thread.status is not LHStatus.RUNNING:
        return
    thread.status = LHStatus.HALTING
    node_run = thread.node
    if node_run is not None and node_run.status is LHStatus.RUNNING:
        node_run.status = LHStatus.HALTING if _in_flight(node_run) else LHStatus.HALTED


def _in_flight(node_run: NodeRun) -> bool:
    """A task cannot be taken back: its node halts when the TaskRun is final."""
    return node_run.task is not None and node_run.task.attempts[-1].status in _IN_FLIGHT


def follow_parent(thread: ThreadRun) -> bool:
    """Halt with the parent, go on with the parent. True if something changed."""
    leader = leader_of(thread)
    if leader is None:
        return False
    reason = next((one for one in thread.halts if one.kind is HaltKind.PARENT_HALTED), None)
    must = _holds_back(leader, thread)
    if must and reason is None:
        halt(thread, HaltReason(HaltKind.PARENT_HALTED, leader.number))
        return True
    if not must and reason is not None:
        thread.halts.remove(reason)
        return True
    return False


def leader_of(thread: ThreadRun) -> ThreadRun | None:
    """With whom a thread halts: its parent; for the handler of a child that failed, the thread that
    waits for that child."""
    parent = thread.parent
    if (
        parent is not None
        and thread.type is ThreadType.FAILURE_HANDLER
        and parent.status in TERMINAL_STATUSES
        and parent.parent is not None
    ):
        return parent.parent
    return parent


def _holds_back(leader: ThreadRun, thread: ThreadRun) -> bool:
    if leader.status is LHStatus.RUNNING or leader.status is LHStatus.COMPLETED:
        return False
    if leader.status in TERMINAL_STATUSES:
        return True
    is_its_handler = any(
        reason.kind in _HANDLER_RUNS and reason.thread == thread.number for reason in leader.halts
    )
    if not is_its_handler:
        return True
    return any(
        reason.kind not in PENDING and not (reason.kind in _HANDLER_RUNS and reason.thread == thread.number)
        for reason in leader.halts
    )


def move_halted(step: Step, thread: ThreadRun) -> bool:
    """What a HALTING or HALTED thread does when the run moves. True if something changed."""
    if not thread.halts:
        _go_on(step, thread)
        return True
    if thread.status is LHStatus.HALTING:
        return _finish_halting(step.run, thread)
    if not any(reason.kind in _HANDLER_RUNS for reason in thread.halts):
        pending = next((reason for reason in thread.halts if reason.kind in PENDING), None)
        if pending is not None and not thread.is_let_go:
            start_pending_handler(step, thread, pending)
            return True
    return False


def _go_on(step: Step, thread: ThreadRun) -> None:
    thread.status = LHStatus.RUNNING
    node_run = thread.node
    if node_run is not None and node_run.status in (LHStatus.HALTING, LHStatus.HALTED):
        node_run.status = LHStatus.RUNNING
        _set_timer_again(step, thread, node_run)


def _set_timer_again(step: Step, thread: ThreadRun, node_run: NodeRun) -> None:
    """The timer may have fired while the node was halted, and what lets it go on may have happened before
    that: by its clock, the time is still to come, and nothing else would tell."""
    due_ms = node_run.due_ms
    if due_ms is not None and due_ms > step.now_ms:
        step.effects.append(SetTimer(TimerKind.NODE_DUE, thread.number, node_run.position, 0, due_ms))


def _finish_halting(run: Run, thread: ThreadRun) -> bool:
    node_run = thread.node
    if node_run is not None and node_run.status is LHStatus.HALTING:
        if _in_flight(node_run):
            return False
        node_run.status = LHStatus.HALTED
    if any(not is_at_rest(child) for child in followers_of(run, thread)):
        return False
    thread.status = LHStatus.HALTED
    return True


def followers_of(run: Run, thread: ThreadRun) -> list[ThreadRun]:
    """The threads that halt and go on with this one."""
    return [other for other in run.threads.values() if leader_of(other) is thread]


def is_at_rest(thread: ThreadRun) -> bool:
    return thread.status is LHStatus.HALTED or thread.status in TERMINAL_STATUSES


def is_over(thread: ThreadRun) -> bool:
    """Does EXIT of the parent wait no longer? A thread that is HALTED only until its handler is through
    is not over (semantics.md 3.6 counts every HALTED one; it would end before its children)."""
    if thread.status is LHStatus.HALTED:
        return any(
            reason.kind is HaltKind.MANUAL_HALT or reason.kind is HaltKind.HALTED_BY_PARENT
            for reason in thread.halts
        )
    return thread.status in TERMINAL_STATUSES


def stop(thread: ThreadRun) -> bool:
    """StopWfRun: True unless the thread has ended or is stopped already."""
    if thread.status in TERMINAL_STATUSES or is_stopped(thread):
        return False
    halt(thread, HaltReason(HaltKind.MANUAL_HALT))
    return True


def resume(thread: ThreadRun) -> bool:
    """ResumeWfRun: True if the thread was stopped, and may go on: a thread whose parent has COMPLETED
    stays as it is."""
    leader = leader_of(thread)
    if not is_stopped(thread) or (leader is not None and leader.status is LHStatus.COMPLETED):
        return False
    thread.halts = [reason for reason in thread.halts if reason.kind is not HaltKind.MANUAL_HALT]
    return True


def is_stopped(thread: ThreadRun) -> bool:
    return any(reason.kind is HaltKind.MANUAL_HALT for reason in thread.halts)
