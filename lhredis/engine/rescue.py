"""rescue: bringing a thread that ended in ERROR back to life, with those that died of it (semantics.md 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine import user_tasks
from lhredis.engine.correlated_waits import wait_again
from lhredis.engine.events import ChildWfReopened, RunRescued
from lhredis.engine.node_state import ChildWfWait, ThreadsWait
from lhredis.engine.run import HaltKind, HaltReason, ThreadRun
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.enums import LHErrorType, LHStatus, ThreadType

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

_FAILED = frozenset((LHStatus.ERROR, LHStatus.EXCEPTION))


def rescued(step: Step, event: RunRescued) -> bool:
    """Run the failed node again, or go on behind it. FailedPrecondition when there is nothing to rescue."""
    run = step.run
    if not 0 <= event.thread <= run.greatest_thread_number:
        raise InvalidArgument(f"WfRun {run.id!r} has no ThreadRun {event.thread}")
    thread = run.threads.get(event.thread)
    if thread is None or thread.status is not LHStatus.ERROR:
        status = thread.status.name if thread is not None else "archived"
        raise FailedPrecondition(
            f"only a ThreadRun in ERROR can be rescued; ThreadRun {event.thread} is {status}"
        )
    _check_not_handled(step, thread)
    _reopen(step, thread, event.skip_current_node)
    return True


def child_reopened(step: Step, event: ChildWfReopened) -> bool:
    """A child WfRun was rescued: the thread that failed because of it waits for it again."""
    for thread in step.run.threads.values():
        if thread.status in _FAILED and _waited_for_child_wf(thread, event.wf_run_id):
            _reopen(step, thread, skip_current_node=False)
            return True
    return False


def _check_not_handled(step: Step, thread: ThreadRun) -> None:
    """What somebody has handled is over: the run went on behind it."""
    at = thread
    while at.parent is not None:
        if at.number in at.parent.handled_children:
            raise FailedPrecondition(
                f"the failure of ThreadRun {at.number} was handled by ThreadRun {at.parent.number}"
            )
        at = at.parent
        if at.status is LHStatus.COMPLETED:
            raise FailedPrecondition(f"ThreadRun {at.number} has COMPLETED without ThreadRun {thread.number}")
    if at.status in _FAILED and step.run.parent_id is not None:
        parent = step.other_run(step.run.parent_id)
        if parent is not None and step.run.id in parent.handled_child_wfs:
            raise FailedPrecondition(f"the failure of WfRun {step.run.id!r} was handled by its parent")


def _reopen(step: Step, thread: ThreadRun, skip_current_node: bool) -> None:
    """Let an ended thread live again. Its failed NodeRun stays in the history."""
    node_run = thread.node
    assert node_run is not None and node_run.failures
    thread.status, thread.ended_ms, thread.error_message = LHStatus.RUNNING, None, None
    step.run.ended_ms = None
    if not skip_current_node:
        step.activate(thread, node_run.name)
    _revive_parent(step, thread)


def _revive_parent(step: Step, thread: ThreadRun) -> None:
    """Who died of a thread that lives again lives again, too."""
    parent = thread.parent
    if parent is None:
        if step.run.parent_id is not None:
            step.tell(step.run.parent_id, ChildWfReopened(step.now_ms, step.nonce, step.run.id))
    elif parent.status in _FAILED:
        if thread.type is not ThreadType.CHILD:
            _reopen_for_handler(step, parent, thread)
        elif _died_of_child(parent, thread.number):
            _reopen(step, parent, skip_current_node=False)


def _died_of_child(parent: ThreadRun, child: int) -> bool:
    """Did the parent fail where it waited for this child?"""
    node_run = parent.node
    if node_run is None or not node_run.failures:
        return False
    if isinstance(node_run.state, ThreadsWait):
        return any(entry.number == child for entry in node_run.state.threads)
    return node_run.failures[-1].name == LHErrorType.CHILD_FAILURE.name


def _reopen_for_handler(step: Step, parent: ThreadRun, handler: ThreadRun) -> None:
    """A parent that died of its handler's failure is halted for the handler again, if it did."""
    node_run = parent.node
    if node_run is None or not node_run.failures:
        return
    is_failure = handler.type is ThreadType.FAILURE_HANDLER
    if is_failure and all(failure.handler != handler.number for failure in node_run.failures[:-1]):
        return  # the handler of a child that failed: who waits for that child decides
    node_run.failures.pop()
    kind = HaltKind.HANDLING_FAILURE if is_failure else HaltKind.INTERRUPTED
    parent.halts = [HaltReason(kind, handler.number, event=handler.trigger)]
    parent.status, parent.ended_ms, parent.error_message = LHStatus.HALTED, None, None
    if not is_failure:
        node_run.status, node_run.ended_ms = LHStatus.HALTED, None
        wait_again(step, parent)
        user_tasks.ask_again(step, parent)
    step.run.ended_ms = None
    _revive_parent(step, parent)


def _waited_for_child_wf(thread: ThreadRun, wf_run_id: str) -> bool:
    node_run = thread.node
    return (
        node_run is not None
        and isinstance(node_run.state, ChildWfWait)
        and node_run.state.wf_run_id == wf_run_id
    )
