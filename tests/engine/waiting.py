"""waiting: for everything that has not ended: what will wake it. An AssertionError names what nothing
will."""

from __future__ import annotations

from lhredis.engine.events import TimerKind
from lhredis.engine.halting import followers_of, is_at_rest, is_over, leader_of
from lhredis.engine.node_state import ChildWfWait, EventWait, ThreadsWait
from lhredis.engine.run import HaltKind, HaltReason, NodeRun, Run, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, WaitingThreadStatus
from tests.engine.tree import Tree

_UNDER_WAY = (WaitingThreadStatus.THREAD_IN_PROGRESS, WaitingThreadStatus.THREAD_HANDLING_FAILURE)
_HANDLED_BY = (HaltKind.INTERRUPTED, HaltKind.HANDLING_FAILURE)


def check_waiting(tree: Tree, run: Run) -> None:
    """Every thread that has not ended is waited for by something that will come; nothing that runs is
    above something that has ended, and no parent has COMPLETED before its children were over."""
    for thread in run.threads.values():
        what = f"{run.id}/{thread.number} {thread.status.name} on {thread.node.name if thread.node else None}"
        if thread.status is LHStatus.RUNNING:
            assert run.status not in TERMINAL_STATUSES, f"{what}: the run has ended"
            assert thread.node is not None and _node_waits(tree, run, thread, thread.node), (
                f"{what}: for ever"
            )
        elif thread.status is LHStatus.HALTING:
            at_rest = all(is_at_rest(each) for each in followers_of(run, thread))
            assert _task_is_out(tree, run, thread) or not at_rest, f"{what}: for ever"
        elif thread.status is LHStatus.HALTED:
            assert thread.halts, f"{what}: for no reason"
            for reason in thread.halts:
                assert _reason_holds(run, thread, reason), f"{what}: for {reason}, which is over"
        elif thread.status is LHStatus.COMPLETED:
            followers = followers_of(run, thread)
            assert all(is_over(each) or is_at_rest(each) for each in followers), (
                f"{what}: before its children"
            )


def _node_waits(tree: Tree, run: Run, thread: ThreadRun, node_run: NodeRun) -> bool:
    """Will anything move the node that a running thread stands on?"""
    shelf, state, at = tree.shelves[run.id], node_run.state, (thread.number, thread.position)
    kind = kind_of(tree, run, thread, node_run)
    if kind == "task":
        return _task_is_out(tree, run, thread)
    if kind == "sleep":
        return shelf.timers.get((TimerKind.NODE_DUE, *at, 0)) == node_run.due_ms
    if kind == "external_event":
        assert isinstance(state, EventWait)
        timer = shelf.timers.get((TimerKind.NODE_DUE, *at, 0))
        key = state.correlation_key
        return timer == node_run.due_ms and (key is None or (state.event_def, key, *at) in shelf.correlated)
    if kind == "wait_for_condition":
        return True
    if kind == "exit":
        return any(not is_over(each) for each in followers_of(run, thread))
    if kind == "wait_for_child_wf":
        assert isinstance(state, ChildWfWait)
        return tree.run(state.wf_run_id).status not in TERMINAL_STATUSES
    assert isinstance(state, ThreadsWait), kind
    waited = [each.handler if each.handler is not None else each.number for each in state.threads
              if each.status in _UNDER_WAY]  # fmt: skip
    return any(run.threads[number].status not in TERMINAL_STATUSES for number in waited)


def kind_of(tree: Tree, run: Run, thread: ThreadRun, node_run: NodeRun) -> str:
    """The kind of the node that a thread is at, or was at."""
    at = run.thread_at(thread, node_run)
    return tree.world.program(run.spec_of(at)).threads[at.spec_name].nodes[node_run.name].kind


def _task_is_out(tree: Tree, run: Run, thread: ThreadRun) -> bool:
    """Exactly one attempt of the thread's task is with the workers, or waits for its time."""
    shelf, at = tree.shelves[run.id], (thread.number, thread.position)
    tasks = [task for task in shelf.waiting if (task.thread, task.position) == at]
    timers = [key for key in shelf.timers if key[0] is TimerKind.RETRY and key[1:3] == at]
    return len(tasks) + len(timers) == 1


def _reason_holds(run: Run, thread: ThreadRun, reason: HaltReason) -> bool:
    """Is what a thread halts for still so?"""
    if reason.kind in _HANDLED_BY:
        assert reason.thread is not None
        return run.threads[reason.thread].status not in TERMINAL_STATUSES
    if reason.kind is HaltKind.PARENT_HALTED:
        leader = leader_of(thread)
        return leader is not None and leader.status not in (LHStatus.RUNNING, LHStatus.COMPLETED)
    if reason.kind in (HaltKind.PENDING_INTERRUPT, HaltKind.PENDING_FAILURE):
        return thread.is_let_go or any(other.kind in _HANDLED_BY for other in thread.halts)
    return True  # somebody stopped it, or does not need it any more
