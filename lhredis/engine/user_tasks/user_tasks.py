"""user_tasks: how a UserTaskRun changes hands and comes to its end, whoever asks for it.

The rules are features.md 14 and semantics.md 9. One whose thread halts stays open: it is found by its
NodeRun, and what came of it counts when the thread goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lhredis.engine.effects import ClearTimer, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.language.values import VarSubError
from lhredis.engine.node_state import UserTask, UserTaskEvent, UserTaskHook
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.engine.user_tasks.form import UserTaskForm
from lhredis.model.enums import LHErrorType, UserTaskRunStatus, UTHook

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


class Found(NamedTuple):
    """A UserTaskRun, where it stands, and what its node says."""

    thread: ThreadRun
    node_run: NodeRun
    task: UserTask
    form: UserTaskForm


def find(step: Step, thread_number: int, position: int) -> Found | None:
    """The UserTaskRun of the NodeRun that a thread stands on; None when that is another node."""
    thread = step.run.threads.get(thread_number)
    node_run = thread.node if thread is not None else None
    if thread is None or node_run is None or node_run.position != position:
        return None
    if not isinstance(node_run.state, UserTask):
        return None
    return Found(thread, node_run, node_run.state, step.node_program(thread, node_run).body)


def note(step: Step, task: UserTask, kind: str, details: dict[str, Any]) -> None:
    """Add a line to the audit trail; what is null is left out."""
    given = {name: value for name, value in details.items() if value is not None}
    task.events.append(UserTaskEvent(kind, step.now_ms, given))


def hand_over(step: Step, found: Found, user_id: str | None, user_group: str | None) -> None:
    """Give it to somebody else, who gets deadlines and reminders of their own."""
    task = found.task
    note_assignment(step, task, user_id, user_group)
    task.epoch += 1
    _clear_hooks(step, found, only_of_assignment=True)
    if user_id is not None:
        _begin_hooks(step, found, UTHook.ON_TASK_ASSIGNED)


def _begin_hooks(step: Step, found: Found, hook: UTHook) -> None:
    try:
        set_hooks(step, found, hook)
    except VarSubError as error:
        fail(step, found, f"delay_seconds: {error}")


def note_assignment(step: Step, task: UserTask, user_id: str | None, user_group: str | None) -> None:
    """Somebody has it now, and no hook cares."""
    details = {
        "old_user_id": task.user_id,
        "old_user_group": task.user_group,
        "new_user_id": user_id,
        "new_user_group": user_group,
    }
    note(step, task, "assigned", details)
    task.user_id, task.user_group = user_id, user_group
    has_user = user_id is not None
    task.status = UserTaskRunStatus.ASSIGNED if has_user else UserTaskRunStatus.UNASSIGNED


def set_hooks(step: Step, found: Found, hook: UTHook) -> None:
    """From now on, the delays of these actions count. VarSubError, before any is set."""
    thread, node_run, task, form = found
    due = [
        (i, step.now_ms + action.delay_ms(thread))
        for i, action in enumerate(form.actions)
        if action.hook is hook
    ]
    for i, due_ms in due:
        number = task.hooks_set
        task.hooks_set += 1
        task.hooks[number] = UserTaskHook(i, due_ms)
        timer = SetTimer(TimerKind.USER_TASK, thread.number, node_run.position, number, due_ms)
        step.effects.append(timer)


def complete(step: Step, found: Found) -> None:
    """It is filled in."""
    note(step, found.task, "completed", {})
    _close(step, found, UserTaskRunStatus.DONE)


def cancel(step: Step, found: Found, why: str) -> None:
    """It is not to be filled in any more: its node fails as the spec says."""
    found.task.failure = found.form.failure(found.thread)
    _cancelled(step, found, why)


def fail(step: Step, found: Found, why: str) -> None:
    """Something that the spec says of it cannot be done: its node fails with VAR_ERROR."""
    found.task.failure = (LHErrorType.VAR_ERROR.name, why)
    _cancelled(step, found, why)


def give_up(step: Step, thread: ThreadRun) -> None:
    """The thread does not go on: nobody need fill in what it asks for."""
    found = find(step, thread.number, thread.position)
    if found is not None and found.task.is_open:
        _cancelled(step, found, "its thread does not go on")


def ask_again(step: Step, thread: ThreadRun) -> None:
    """A thread that had given up goes on after all: all deadlines and reminders count anew."""
    found = find(step, thread.number, thread.position)
    if (
        found is None
        or found.task.status is not UserTaskRunStatus.CANCELLED
        or found.task.failure is not None
    ):
        return
    hand_over(step, found, found.task.user_id, found.task.user_group)
    if found.task.is_open:
        _begin_hooks(step, found, UTHook.ON_ARRIVAL)


def _cancelled(step: Step, found: Found, why: str) -> None:
    note(step, found.task, "cancelled", {"message": why})
    _close(step, found, UserTaskRunStatus.CANCELLED)


def _close(step: Step, found: Found, status: UserTaskRunStatus) -> None:
    found.task.status = status
    _clear_hooks(step, found)


def _clear_hooks(step: Step, found: Found, only_of_assignment: bool = False) -> None:
    thread, node_run, task, form = found
    for number, hook in list(task.hooks.items()):
        if not only_of_assignment or form.actions[hook.action].ends_with_assignment:
            del task.hooks[number]
            step.effects.append(ClearTimer(TimerKind.USER_TASK, thread.number, node_run.position, number))
