"""hooks: what the spec has happen to a user task after some time: reminders and deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.events import TimerFired
from lhredis.engine.language.values import VarSubError
from lhredis.engine.user_tasks import reminders, user_tasks
from lhredis.engine.user_tasks.form import Action, Assignee
from lhredis.engine.user_tasks.user_tasks import Found
from lhredis.model.enums import LHStatus, UserTaskRunStatus
from lhredis.model.limits import USER_TASK_EVENTS_MAX

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def fired(step: Step, event: TimerFired) -> bool:
    """The delay of an action is over. One that was for somebody who had it before does nothing."""
    found = user_tasks.find(step, event.thread, event.position)
    if found is None or not found.task.is_open:
        return False
    hook = found.task.hooks.get(event.attempt)
    if hook is None or hook.due_ms != event.due_ms or step.now_ms < hook.due_ms:
        return False
    del found.task.hooks[event.attempt]
    action = found.form.actions[hook.action]
    if action.task is None and action.assignee is None:
        user_tasks.cancel(step, found, "its deadline passed")
    elif len(found.task.events) < USER_TASK_EVENTS_MAX:
        _act(step, found, hook.action, action)
    return True


def _act(step: Step, found: Found, index: int, action: Action) -> None:
    if action.assignee is not None:
        _reassign(step, found, action.assignee)
    elif found.node_run.status is LHStatus.RUNNING:  # nobody is reminded of what is halted
        reminders.remind(step, found, index)


def _reassign(step: Step, found: Found, assignee: Assignee) -> None:
    if found.task.status is not UserTaskRunStatus.ASSIGNED:
        return
    try:
        user_id, user_group = assignee.of(found.thread)
    except VarSubError as error:
        user_tasks.fail(step, found, str(error))
        return
    user_tasks.hand_over(step, found, user_id, user_group)
