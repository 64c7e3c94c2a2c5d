"""handled: what becomes of threads whose handler has ended, and of children whose failure was handled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.failures import die_of
from lhredis.engine.let_go import let_go_below
from lhredis.engine.node_state import ChildWfWait, ThreadsWait
from lhredis.engine.run import Failure, NodeRun, ThreadRun
from lhredis.model.enums import FAILED_STATUSES, TERMINAL_STATUSES, LHStatus, ThreadType

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def handler_ended(step: Step, handler: ThreadRun) -> None:
    """A FAILURE_HANDLER or INTERRUPT thread ended: its parent goes on, or dies of it."""
    parent = handler.parent
    assert parent is not None
    if parent.status in TERMINAL_STATUSES:
        return  # it handled the failure of a child that somebody waits for: that node looks at it
    if all(reason.thread != handler.number for reason in parent.halts):
        return  # the parent died of it, was rescued, and goes on without it
    assert parent.node is not None
    if handler.status is LHStatus.COMPLETED:
        parent.halts = [reason for reason in parent.halts if reason.thread != handler.number]
        if handler.type is ThreadType.FAILURE_HANDLER:
            _handled(step, parent, parent.node)
        return
    failure = step.last_failure(handler)
    message = failure.message
    if handler.type is ThreadType.INTERRUPT:
        message = f"Interrupt thread with id {handler.number} failed!"
    parent.died_of = handler.number
    die_of(step, parent, Failure(failure.name, message, failure.content))


def _handled(step: Step, thread: ThreadRun, node_run: NodeRun) -> None:
    """The failure of a node was handled; one of WAIT_FOR_THREADS takes those of its threads along."""
    node_run.failures[-1].handled = True
    if isinstance(node_run.state, ChildWfWait) and node_run.state.end is not None:
        step.run.handled_child_wfs.append(node_run.state.wf_run_id)
    elif isinstance(node_run.state, ThreadsWait):
        for entry in node_run.state.threads:
            child = step.run.threads.get(entry.number)
            if child is not None and child.status in FAILED_STATUSES:
                note_handled(step, thread, child)


def note_handled(step: Step, thread: ThreadRun, child: ThreadRun) -> None:
    """The failure of this thread does not make the EXIT of `thread` fail. If that is its parent, nobody can
    rescue it any more: what came of it is not needed either."""
    if child.number in thread.handled_children:
        return
    thread.handled_children.append(child.number)
    if child.parent is thread:
        let_go_below(step, child, thread)
