"""deletion: forgetting a WfRun: because somebody wants it, or because its retention is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.effects import ClearTimer, DeleteRun, DropEvent, DropTask, SetTimer, Uncorrelate
from lhredis.engine.events import ChildWfEnded, TimerFired, TimerKind
from lhredis.engine.node_state import ChildWfEnd, EventWait, UserTask
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.engine.user_tasks import reminders
from lhredis.model.enums import TERMINAL_STATUSES, LHErrorType, LHStatus, TaskStatus

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def deleted(step: Step) -> bool:
    """Forget the run, whatever it does. A parent that waits for it learns that it will not end."""
    run = step.run
    for thread in run.threads.values():
        if thread.node is not None:
            stop_waiting(step, thread, thread.node)
        if thread.parent is not None:
            step.effects.append(ClearTimer(TimerKind.THREAD_RETENTION, thread.number, 0, 0))
    reminders.drop_all(step)
    for sequence, event in run.events.items():
        step.effects.append(DropEvent(sequence, event))
        step.effects.append(ClearTimer(TimerKind.EVENT_RETENTION, 0, sequence, 0))
    step.effects.append(ClearTimer(TimerKind.RUN_RETENTION, 0, 0, 0))
    if run.parent_id is not None and run.threads and run.status not in TERMINAL_STATUSES:
        end = ChildWfEnd(LHStatus.ERROR, None, LHErrorType.CHILD_FAILURE.name, "the WfRun was deleted")
        step.tell(run.parent_id, ChildWfEnded(step.now_ms, step.nonce, run.id, end))
    run.threads, run.events = {}, {}
    step.effects.append(DeleteRun())
    return True


def stop_waiting(step: Step, thread: ThreadRun, node_run: NodeRun) -> None:
    """Nothing is to come for this node any more."""
    number, position, state = thread.number, node_run.position, node_run.state
    if node_run.due_ms is not None:
        step.effects.append(ClearTimer(TimerKind.NODE_DUE, number, position, 0))
    if isinstance(state, EventWait) and state.correlation_key is not None:
        step.effects.append(Uncorrelate(state.event_def, state.correlation_key, number, position))
    if isinstance(state, UserTask):
        for timer in state.hooks:
            step.effects.append(ClearTimer(TimerKind.USER_TASK, number, position, timer))
    task = node_run.task
    if task is not None and task.attempts:
        attempt = len(task.attempts) - 1
        step.effects.append(ClearTimer(TimerKind.RETRY, number, position, attempt))
        if task.attempts[attempt].status is TaskStatus.TASK_SCHEDULED:
            step.effects.append(DropTask(number, task.task_def))


def status_changed(step: Step) -> None:
    """A run that has ended is forgotten when its retention is over; one that was rescued is not."""
    retention_ms = step.program.retention_ms
    if retention_ms is None:
        return
    if step.run.status in TERMINAL_STATUSES:
        due_ms = step.now_ms + retention_ms
        step.effects.append(SetTimer(TimerKind.RUN_RETENTION, 0, 0, 0, due_ms))
    else:
        step.effects.append(ClearTimer(TimerKind.RUN_RETENTION, 0, 0, 0))


def retention_over(step: Step, event: TimerFired) -> bool:
    """The run has been over for as long as it is kept."""
    return step.run.status in TERMINAL_STATUSES and deleted(step)
