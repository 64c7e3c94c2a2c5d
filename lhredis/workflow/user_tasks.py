"""user_tasks: have people fill in forms, remind them, and do not wait for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self

from lhredis.model.enums import UTHook, VariableType
from lhredis.model.ids import TaskDefId
from lhredis.model.nodes import TaskNode
from lhredis.model.user_task_nodes import UserTaskNode, UTACancel, UTActionTrigger, UTAReassign, UTATask
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.sleeps import whole_seconds
from lhredis.workflow.tasks import task_name
from lhredis.workflow.thread_draft import ThreadDraft

Delay = int | timedelta | Operand
"""A length of time: whole seconds, or an INT of the WfRun."""


class UserTasks(ThreadDraft):
    """USER_TASK nodes."""

    def assign_user_task(
        self,
        user_task_def_name: str,
        user_id: str | Operand | None = None,
        user_group: str | Operand | None = None,
    ) -> UserTaskOutput:
        """Have a user, or anybody of a group, fill in the form of this UserTaskDef, and wait for it.

        Returns what they filled in: `output["fieldName"]`. Each is a str, or a STR of the WfRun; one of
        the two is needed. When it is cancelled, the step fails with USER_TASK_CANCELLED.
        """
        self._check_active()
        given = _assignee(self, "assign_user_task", user_id, user_group)
        content = make(UserTaskNode, user_task_def_name=user_task_def_name, **given)
        return UserTaskOutput(self._step("user_task", user_task_def_name, content), self)

    def schedule_reminder_task(
        self,
        user_task: UserTaskOutput,
        delay_in_seconds: Delay,
        task: str | Callable[..., Any],
        *args: object,
    ) -> None:
        """Call a task this long after the user task was reached, if it is still open then. What comes of
        the reminder is nothing to the WfRun."""
        self._remind(user_task, delay_in_seconds, UTHook.ON_ARRIVAL, task, args)

    def schedule_reminder_task_on_assignment(
        self,
        user_task: UserTaskOutput,
        delay_in_seconds: Delay,
        task: str | Callable[..., Any],
        *args: object,
    ) -> None:
        """The same after each time that the user task was assigned to a user."""
        self._remind(user_task, delay_in_seconds, UTHook.ON_TASK_ASSIGNED, task, args)

    def reassign_user_task_on_deadline(
        self,
        user_task: UserTaskOutput,
        deadline_seconds: Delay,
        user_id: str | Operand | None = None,
        user_group: str | Operand | None = None,
    ) -> None:
        """Give the user task to somebody else this long after it was reached, unless it changed hands by
        then, or no user has it."""
        given = _assignee(self, "reassign_user_task_on_deadline", user_id, user_group)
        user_task._act(self, deadline_seconds, UTHook.ON_ARRIVAL, reassign=make(UTAReassign, **given))

    def release_to_group_on_deadline(self, user_task: UserTaskOutput, deadline_seconds: Delay) -> None:
        """Take the user task from its user this long after it was assigned to them, so that anybody of its
        group may have it. Only for one that has both a user_id and a user_group."""
        content = user_task._content
        if content.user_id is None or content.user_group is None:
            raise WorkflowBuildError(
                "only a user task that has both a user_id and a user_group can be released to its group"
            )
        to_group = make(UTAReassign, user_group=content.user_group)
        user_task._act(self, deadline_seconds, UTHook.ON_TASK_ASSIGNED, reassign=to_group)

    def cancel_user_task_run_after(self, user_task: UserTaskOutput, delay_in_seconds: Delay) -> None:
        """Cancel the user task if it is still open this long after it was reached."""
        user_task._act(self, delay_in_seconds, UTHook.ON_ARRIVAL, cancel=UTACancel())

    def cancel_user_task_run_after_assignment(
        self, user_task: UserTaskOutput, delay_in_seconds: Delay
    ) -> None:
        """Cancel the user task if a user has had it for this long."""
        user_task._act(self, delay_in_seconds, UTHook.ON_TASK_ASSIGNED, cancel=UTACancel())

    def _remind(
        self,
        user_task: UserTaskOutput,
        delay: Delay,
        hook: UTHook,
        task: str | Callable[..., Any],
        args: tuple[object, ...],
    ) -> None:
        given: dict[str, Any] = dict(self._spec.task_defaults)
        if args:
            given["variables"] = tuple(as_operand(arg).assignment_in(self) for arg in args)
        called = make(TaskNode, task_def_id=make(TaskDefId, name=task_name(task)), **given)
        user_task._act(self, delay, hook, task=make(UTATask, task=called))


class UserTaskOutput(NodeOutput):
    """What was filled into a user task: a JSON_OBJ of the fields by name."""

    output_type = VariableType.JSON_OBJ

    @property
    def _content(self) -> UserTaskNode:
        assert isinstance(self._node.content, UserTaskNode)
        return self._node.content

    def with_notes(self, notes: str | Operand) -> Self:
        """What people read beside the form: a str, or a STR of the WfRun."""
        return self._change(notes=_assigned(self._thread, "notes", notes))

    def with_on_cancellation_exception(self, exception_name: str | Operand) -> Self:
        """Fail with the EXCEPTION of this name when the user task is cancelled."""
        what = "the name of an exception"
        return self._change(on_cancellation_exception_name=_assigned(self._thread, what, exception_name))

    def _act(self, thread: ThreadDraft, delay: Delay, hook: UTHook, **action: Any) -> None:
        """Add what happens after some time."""
        thread._check_active()
        if thread is not self._thread:
            raise WorkflowBuildError(f"the user task {self.node_name} is one of another thread")
        seconds = whole_seconds("a delay", delay, 0).assignment_in(thread)
        trigger = make(UTActionTrigger, delay_seconds=seconds, hook=hook, **action)
        self._change(actions=(*self._content.actions, trigger))

    def _change(self, **update: Any) -> Self:
        self._thread._check_active()
        self._node.content = self._content.model_copy(update=update)
        return self


def _assignee(
    thread: ThreadDraft, method: str, user_id: str | Operand | None, user_group: str | Operand | None
) -> dict[str, Any]:
    """The fields that say whose a user task is. WorkflowBuildError when neither is given."""
    given = {
        name: _text(thread, f"the {name} of a user task", value)
        for name, value in (("user_id", user_id), ("user_group", user_group))
        if value is not None
    }
    if not given:
        raise WorkflowBuildError(f"{method}() takes a user_id, a user_group or both")
    return given


def _text(thread: ThreadDraft, what: str, value: str | Operand) -> Any:
    if isinstance(value, str) and not value.strip():
        raise WorkflowBuildError(f"{what} can't be empty")
    return _assigned(thread, what, value)


def _assigned(thread: ThreadDraft, what: str, value: str | Operand) -> Any:
    """The assignment of a STR."""
    return check_type(what, as_operand(value), VariableType.STR).assignment_in(thread)
