"""rescue: bring a thread that ended in ERROR back to life, with those that died of it (semantics.md 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.correlated_waits import wait_again
from lhredis.engine.events import ChildWfReopened, RunRescued
from lhredis.engine.let_go import let_go_below
from lhredis.engine.node_state import ChildWfWait, ThreadsWait
from lhredis.engine.run import HaltKind, HaltReason, Run, ThreadRun
from lhredis.engine.user_tasks import user_tasks
from lhredis.errors import FailedPrecondition, InvalidArgument, NothingToDo
from lhredis.model.enums import FAILED_STATUSES, LHErrorType, LHStatus, ThreadType

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

_HANDLERS = frozenset((ThreadType.FAILURE_HANDLER, ThreadType.INTERRUPT))


def rescued(step: Step, event: RunRescued) -> bool:
    """Run the failed node again, or go on behind it. FailedPrecondition when there is nothing to rescue."""
    run = step.run
    if event.thread is None:
        return _rescue_all(step, run, event.skip_current_node)
    if not 0 <= event.thread <= run.greatest_thread_number:
        raise InvalidArgument(f"WfRun {run.id!r} has no ThreadRun {event.thread}")
    thread = run.threads.get(event.thread)
    if thread is None or thread.status is not LHStatus.ERROR:
        status = thread.status.name if thread is not None else "archived"
        raise FailedPrecondition(
            f"only a ThreadRun in ERROR can be rescued; ThreadRun {event.thread} is {status}"
        )
    _check_not_over(step, run, thread)
    _reopen(step, thread, event.skip_current_node)
    return True


def _rescue_all(step: Step, run: Run, skip_current_node: bool) -> bool:
    """Every thread that failed and is still needed, the deepest first: mostly those above live again
    with it."""
    if run.status is not LHStatus.ERROR:
        raise NothingToDo(f"WfRun {run.id!r} is not in ERROR: it is {run.status.name}")
    _check_not_over(step, run, run.threads[0])
    failed = [thread for thread in run.threads.values() if thread.status is LHStatus.ERROR]
    for thread in sorted(failed, key=_depth, reverse=True):
        if thread.status is LHStatus.ERROR and _is_still_needed(step, run, thread):
            _reopen(step, thread, skip_current_node)
    return True


def _is_still_needed(step: Step, run: Run, thread: ThreadRun) -> bool:
    try:
        _check_not_over(step, run, thread)
    except FailedPrecondition:
        return False
    return True


def _depth(thread: ThreadRun) -> int:
    return 0 if thread.parent is None else 1 + _depth(thread.parent)


def child_reopened(step: Step, event: ChildWfReopened) -> bool:
    """A child WfRun was rescued: the threads that failed because of it wait for it again, and those that are
    still to learn of its failure do not."""
    changed = False
    for thread in list(step.run.threads.values()):
        if _fell_for_child_wf(thread, event.wf_run_id):
            _reopen(step, thread, skip_current_node=False)
            changed = True
        elif _knows_the_end_of(thread, event.wf_run_id) and not thread.own_failures:
            assert thread.node is not None and isinstance(thread.node.state, ChildWfWait)
            thread.node.state.end = None
            changed = True
    return changed


def _check_not_over(step: Step, run: Run, thread: ThreadRun) -> None:
    """What somebody has handled is over, and so is a handler that nobody waits for any more: the run, or the
    one that waited for it, went on without them."""
    at = thread
    while at.parent is not None:
        above = at.parent
        if at.number in above.handled_children:
            raise FailedPrecondition(
                f"WfRun {run.id!r}: the failure of ThreadRun {at.number} was handled by ThreadRun {above.number}"
            )
        if above.status is LHStatus.COMPLETED:
            raise FailedPrecondition(
                f"WfRun {run.id!r}: ThreadRun {above.number} has COMPLETED without ThreadRun {thread.number}"
            )
        if above.is_let_go:
            raise FailedPrecondition(
                f"WfRun {run.id!r}: ThreadRun {above.number} never goes on: the run goes on without it"
            )
        if at.type in _HANDLERS and at.status in FAILED_STATUSES and not _is_needed(above, at):
            raise FailedPrecondition(
                f"WfRun {run.id!r}: ThreadRun {above.number} was rescued and went on without its handler, "
                f"ThreadRun {at.number}"
            )
        at = above
    if at.status in FAILED_STATUSES and run.parent_id is not None:
        _check_not_over_above(step, run, run.parent_id)


def _check_not_over_above(step: Step, run: Run, parent_id: str) -> None:
    parent = step.other_run(parent_id)
    if parent is None:
        return
    if run.id in parent.handled_child_wfs:
        raise FailedPrecondition(f"the failure of WfRun {run.id!r} was handled by its parent")
    for thread in parent.threads.values():
        if _fell_for_child_wf(thread, run.id):
            _check_not_over(step, parent, thread)


def _is_needed(thread: ThreadRun, handler: ThreadRun) -> bool:
    """Did a thread die of this handler that failed, or is it the handler of a child, for the failure that the
    child died of?"""
    if thread.died_of == handler.number:
        return True
    node_run = thread.node
    return (
        thread.status in FAILED_STATUSES
        and node_run is not None
        and node_run.failures[-1].handler == handler.number
    )


def _reopen(step: Step, thread: ThreadRun, skip_current_node: bool) -> None:
    """Let an ended thread live again. Its failed NodeRun stays in the history."""
    node_run = thread.node
    assert node_run is not None and node_run.failures
    _leave_behind(step, thread, thread.died_of)
    _leave_behind(step, thread, node_run.failures[-1].handler)
    thread.status, thread.ended_ms, thread.error_message = LHStatus.RUNNING, None, None
    thread.died_of = None
    step.run.ended_ms = None
    if not skip_current_node:
        step.activate(thread, node_run.name)
    _revive_parent(step, thread)


def _leave_behind(step: Step, thread: ThreadRun, handler: int | None) -> None:
    """A handler that failed is over when its thread goes on without it."""
    failed = step.run.threads.get(handler) if handler is not None else None
    if failed is not None and failed.status in FAILED_STATUSES:
        let_go_below(step, failed, thread)


def _revive_parent(step: Step, thread: ThreadRun) -> None:
    """Who died of a thread that lives again lives again, too."""
    parent = thread.parent
    if parent is None:
        if step.run.parent_id is not None:
            step.tell(step.run.parent_id, ChildWfReopened(step.now_ms, step.nonce, step.run.id))
    elif parent.status not in FAILED_STATUSES:
        return
    elif thread.type is ThreadType.CHILD:
        if _fell_for_child(step, parent, thread.number):
            _reopen(step, parent, skip_current_node=False)
    elif parent.died_of == thread.number:
        _halt_again(step, parent, thread)
    else:
        _revive_who_waits(step, thread)


def _fell_for_child(step: Step, parent: ThreadRun, child: int) -> bool:
    """Did the parent fail where it waited for this child?"""
    node_run, own = parent.node, parent.own_failures
    if node_run is None or not own:
        return False
    if isinstance(node_run.state, ThreadsWait):
        return any(entry.number == child for entry in node_run.state.threads)
    is_exit = step.node_program(parent, node_run).kind == "exit"
    return is_exit and own[0].name == LHErrorType.CHILD_FAILURE.name


def _halt_again(step: Step, thread: ThreadRun, handler: ThreadRun) -> None:
    """A thread that died of its handler's failure is halted for the handler again."""
    node_run = thread.node
    assert node_run is not None
    node_run.failures.pop()
    is_failure = handler.type is ThreadType.FAILURE_HANDLER
    kind = HaltKind.HANDLING_FAILURE if is_failure else HaltKind.INTERRUPTED
    thread.halts = [HaltReason(kind, handler.number, event=handler.trigger)]
    thread.status, thread.ended_ms, thread.error_message = LHStatus.HALTED, None, None
    thread.died_of = None
    if not node_run.failures:
        node_run.status, node_run.ended_ms = LHStatus.HALTED, None
        wait_again(step, thread)
        user_tasks.ask_again(step, thread)
    step.run.ended_ms = None
    _revive_parent(step, thread)


def _revive_who_waits(step: Step, handler: ThreadRun) -> None:
    """The handler of a child's failure lives again: so do those who waited for it and died of that."""
    for thread in list(step.run.threads.values()):
        if thread.status in FAILED_STATUSES and thread.node is not None:
            wait = thread.node.state
            if isinstance(wait, ThreadsWait) and any(one.handler == handler.number for one in wait.threads):
                _reopen(step, thread, skip_current_node=False)


def _fell_for_child_wf(thread: ThreadRun, wf_run_id: str) -> bool:
    """Did the thread fail where it waited for this child, because that had failed?"""
    return (
        thread.status in FAILED_STATUSES
        and _knows_the_end_of(thread, wf_run_id)
        and bool(thread.own_failures)
    )


def _knows_the_end_of(thread: ThreadRun, wf_run_id: str) -> bool:
    state = thread.node.state if thread.node is not None else None
    return isinstance(state, ChildWfWait) and state.wf_run_id == wf_run_id and state.end is not None
