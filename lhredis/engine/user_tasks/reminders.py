"""reminders: TaskRuns that remind somebody of a user task: scheduled, reported, tried again.

A reminder belongs to no TASK node, and whatever comes of it, no node minds. Attempts have ids like all
others; the place of the position is taken by REMINDERS_FROM and more, which no NodeRun ever has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.called_task import DynamicTask, Task
from lhredis.engine.effects import ClearTimer, DropReminder, EnqueueReminder, EnqueueTask, PutReminder
from lhredis.engine.events import TaskReported, TaskTimedOut, TimerFired, TimerKind
from lhredis.engine.language.values import VarSubError
from lhredis.engine.nodes import task as task_node
from lhredis.engine.run import Attempt, NodeRun, Reminder, TaskRun, ThreadRun
from lhredis.engine.user_tasks import user_tasks
from lhredis.engine.user_tasks.user_tasks import Found
from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus, ThreadType
from lhredis.model.ids import REMINDERS_FROM

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

_AT_WORK = frozenset((TaskStatus.TASK_SCHEDULED, TaskStatus.TASK_PENDING))


def remind(step: Step, found: Found, action: int) -> None:
    """Schedule the task that this action of the node names."""
    thread, node_run, user_task, form = found
    called = form.actions[action].task
    assert called is not None
    number = step.run.reminders_made
    task_run = TaskRun(called.task_def if type(called) is Task else "", (), [])
    reminder = Reminder(
        thread.number,
        node_run.position,
        thread.spec_name,
        node_run.name,
        action,
        len(user_task.events),
        user_task.user_id,
        user_task.user_group,
        task_run,
        thread.spec,
    )
    try:
        body = task_node.called(step, thread, called) if type(called) is DynamicTask else called
        assert type(body) is Task
        task_run.task_def = body.task_def
        if body.exists:
            task_run.inputs = tuple([get(thread) for _, get in body.inputs])
        task_node.schedule(step, *_stand_ins(number, reminder), task_run, body)
    except VarSubError as error:
        failed = (LHErrorType.VAR_SUB_ERROR.name, str(error))
        status = TaskStatus.TASK_INPUT_VAR_SUB_ERROR
        attempt = Attempt(status, "", step.now_ms, ended_ms=step.now_ms, error=failed)
        task_run.attempts.append(attempt)
    step.run.reminders_made += 1
    step.run.reminders[number] = reminder
    guid = f"{thread.number}-{REMINDERS_FROM + number}"
    task_run_id = {"wf_run_id": step.run.id, "task_guid": guid}
    user_tasks.note(step, user_task, "task_executed", {"task_run": task_run_id})
    _settle(step, number, reminder)


def reported(step: Step, event: TaskReported) -> bool:
    """A worker reported an attempt of a reminder; or nothing that is waited for."""
    found = _waiting(step, event, TaskStatus.TASK_SCHEDULED, event.token)
    if found is None:
        return False
    number, reminder = found
    task_node.take_report(step, event, *_stand_ins(number, reminder), reminder.task, _body(step, reminder))
    _settle(step, number, reminder)
    return True


def timed_out(step: Step, event: TaskTimedOut) -> bool:
    """A worker held an attempt of a reminder for too long."""
    found = _waiting(step, event, TaskStatus.TASK_SCHEDULED, event.token)
    if found is None:
        return False
    number, reminder = found
    task_node.take_timeout(step, event, *_stand_ins(number, reminder), reminder.task, _body(step, reminder))
    _settle(step, number, reminder)
    return True


def retry_due(step: Step, event: TimerFired) -> bool:
    """The wait before a retry of a reminder is over."""
    found = _waiting(step, event, TaskStatus.TASK_PENDING, "")
    if found is None:
        return False
    queue_again(step, found[0])
    return True


def queue_again(step: Step, number: int) -> None:
    """The latest attempt of a reminder is to be in its queue now."""
    reminder = step.run.reminders[number]
    task_node.queue(step, *_stand_ins(number, reminder), reminder.task, _body(step, reminder))
    _settle(step, number, reminder)


def drop_all(step: Step) -> None:
    """The run is deleted: no reminder of it is to be sent any more."""
    for number, reminder in step.run.reminders.items():
        attempt = len(reminder.task.attempts) - 1
        position = REMINDERS_FROM + number
        step.effects.append(ClearTimer(TimerKind.RETRY, reminder.thread, position, attempt))
        if reminder.task.attempts[attempt].status is TaskStatus.TASK_SCHEDULED:
            step.effects.append(DropReminder(number, reminder.task.task_def))
    step.run.reminders = {}


def _waiting(
    step: Step, event: TaskReported | TaskTimedOut | TimerFired, status: TaskStatus, token: str
) -> tuple[int, Reminder] | None:
    """The reminder whose latest attempt is the event's, in this status and with this token."""
    number = event.position - REMINDERS_FROM
    reminder = step.run.reminders.get(number)
    if reminder is None or reminder.thread != event.thread:
        return None
    if event.attempt != len(reminder.task.attempts) - 1:
        return None
    attempt = reminder.task.attempts[event.attempt]
    return (number, reminder) if attempt.status is status and attempt.token == token else None


def _body(step: Step, reminder: Reminder) -> Task:
    form = step.program_of(reminder).threads[reminder.thread_spec].nodes[reminder.node].body
    called = form.actions[reminder.action].task
    return task_node.body_of(step, reminder.task, called)


def _stand_ins(number: int, reminder: Reminder) -> tuple[ThreadRun, NodeRun]:
    """What a task has that a TASK node called, as far as scheduling it needs."""
    kind = ThreadType.ENTRYPOINT
    thread = ThreadRun(reminder.thread, reminder.thread_spec, kind, LHStatus.RUNNING, 0)
    return thread, NodeRun(REMINDERS_FROM + number, reminder.node, LHStatus.RUNNING, 0)


def _settle(step: Step, number: int, reminder: Reminder) -> None:
    """Address what was enqueued; a reminder that is through leaves the state."""
    sent = step.effects[-1] if step.effects else None
    if type(sent) is EnqueueTask:
        step.effects[-1] = EnqueueReminder(
            sent.task_def,
            sent.thread,
            sent.position,
            sent.attempt,
            sent.token,
            sent.node_name,
            sent.inputs,
            sent.timeout_ms,
            number,
            reminder.position,
            reminder.event,
            reminder.user_id,
            reminder.user_group,
        )
    if reminder.task.attempts[-1].status not in _AT_WORK:
        del step.run.reminders[number]
        step.effects.append(PutReminder(number, reminder))
