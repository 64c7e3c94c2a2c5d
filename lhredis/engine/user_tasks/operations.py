"""operations: what people do to a UserTaskRun, if it may be done.

All checks come before all changes. NotFound when no thread stands on the UserTaskRun: either there never
was one, or its thread has gone on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.node_state import UserTask
from lhredis.engine.user_tasks import user_tasks
from lhredis.engine.user_tasks.events import (
    UserTaskAssigned,
    UserTaskCancelled,
    UserTaskClaimed,
    UserTaskCommentDeleted,
    UserTaskCommented,
    UserTaskCompleted,
    UserTaskOperation,
    UserTaskReleased,
    UserTaskSaved,
)
from lhredis.engine.user_tasks.user_tasks import Found
from lhredis.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.limits import USER_TASK_EVENTS_MAX, USER_TASK_RESULTS_BYTES_MAX
from lhredis.model.values import Value, encode_value, value_bytes

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def assigned(step: Step, event: UserTaskAssigned) -> bool:
    """Give it to exactly this user and group."""
    if event.user_id is not None:
        _not_blank(event.user_id, "UserId")
    if event.user_group is not None:
        _not_blank(event.user_group, "UserGroup")
    if event.user_id is None and event.user_group is None:
        raise InvalidArgument("give user_id, user_group or both")
    found = _open(step, event)
    if found.task.user_id is not None:
        _may_be_taken(step, event, found.task)
    _check_room(step, event, found.task)
    user_tasks.hand_over(step, found, event.user_id, event.user_group)
    return True


def claimed(step: Step, event: UserTaskClaimed) -> bool:
    """This user takes it; its group stays. Nothing happens when they have it."""
    _not_blank(event.user_id, "UserId")
    found = _open(step, event)
    if found.task.user_id == event.user_id:
        return False
    if found.task.user_id is not None:
        _may_be_taken(step, event, found.task)
    _check_room(step, event, found.task)
    user_tasks.hand_over(step, found, event.user_id, found.task.user_group)
    return True


def released(step: Step, event: UserTaskReleased) -> bool:
    """Give it back to its group."""
    found = _open(step, event)
    task = found.task
    if task.user_group is None:
        raise FailedPrecondition(f"{_name(step, event)} has no user group that it could be released to")
    if task.user_id is None:
        return False
    _check_room(step, event, task)
    user_tasks.hand_over(step, found, None, task.user_group)
    return True


def saved(step: Step, event: UserTaskSaved) -> bool:
    """Keep what was filled in so far, in place of what was kept before."""
    _not_blank(event.user_id, "UserId")
    found = _open(step, event)
    owner = found.task.user_id
    if owner is not None and owner != event.user_id and not event.ignore_claim:
        raise FailedPrecondition(f"{_name(step, event)} is assigned to another user, {owner!r}")
    results = _checked(step, event, found, event.results, partial=True)
    _check_room(step, event, found.task)
    found.task.results = results
    user_tasks.note(step, found.task, "saved", {"user_id": event.user_id, "results": results})
    return True


def completed(step: Step, event: UserTaskCompleted) -> bool:
    """It is filled in, by this user. Nothing happens to one that has ended."""
    _not_blank(event.user_id, "UserId")
    found = _found(step, event)
    task = found.task
    if not task.is_open:
        return False
    task.results = _checked(step, event, found, event.results, partial=False)
    if task.user_id != event.user_id:
        user_tasks.note_assignment(step, task, event.user_id, task.user_group)
        task.epoch += 1
    user_tasks.complete(step, found)
    return True


def cancelled(step: Step, event: UserTaskCancelled) -> bool:
    """Its node fails."""
    user_tasks.cancel(step, _open(step, event), "somebody cancelled it")
    return True


def commented(step: Step, event: UserTaskCommented) -> bool:
    """A comment is added, or another text put in its place."""
    _not_blank(event.user_id, "UserId")
    _not_blank(event.comment, "Comment")
    task = _open(step, event).task
    if event.comment_id is None:
        number, kind = 1 + _comments_made(task), "comment_added"
    else:
        number, kind = event.comment_id, "comment_edited"
        _check_comment(step, event, task, number)
    _check_room(step, event, task)
    details = {"user_comment_id": number, "user_id": event.user_id, "comment": event.comment}
    user_tasks.note(step, task, kind, details)
    return True


def comment_deleted(step: Step, event: UserTaskCommentDeleted) -> bool:
    """A comment is no more; the audit trail keeps its text."""
    _not_blank(event.user_id, "UserId")
    task = _open(step, event).task
    _check_comment(step, event, task, event.comment_id)
    _check_room(step, event, task)
    details = {"user_comment_id": event.comment_id, "user_id": event.user_id}
    user_tasks.note(step, task, "comment_deleted", details)
    return True


def _may_be_taken(step: Step, event: UserTaskAssigned | UserTaskClaimed, task: UserTask) -> None:
    if not event.override_claim:
        raise FailedPrecondition(
            f"{_name(step, event)} is claimed by user {task.user_id!r}; override_claim takes it from them"
        )


def _not_blank(text: str, what: str) -> None:
    if not text.strip():
        raise InvalidArgument(f"{what} can't be empty")


def _found(step: Step, event: UserTaskOperation) -> Found:
    found = user_tasks.find(step, event.thread, event.position)
    if found is None:
        raise NotFound(f"there is no {_name(step, event)}")
    return found


def _open(step: Step, event: UserTaskOperation) -> Found:
    found = _found(step, event)
    if not found.task.is_open:
        raise FailedPrecondition(f"{_name(step, event)} is {found.task.status.name} already")
    return found


def _name(step: Step, event: UserTaskOperation) -> str:
    return f"UserTaskRun {event.thread}-{event.position} of WfRun {step.run.id!r}"


def _checked(
    step: Step, event: UserTaskOperation, found: Found, results: dict[str, Value], partial: bool
) -> dict[str, Value]:
    form = found.form
    if form.fields is None:
        raise FailedPrecondition(
            f"UserTaskDef {form.user_task_def!r} {form.version} was deleted: what is filled into "
            f"{_name(step, event)} cannot be checked; it can be cancelled"
        )
    size = value_bytes(encode_value(results))
    if size > USER_TASK_RESULTS_BYTES_MAX:
        raise ResourceExhausted(
            f"the results have {size} bytes; a UserTaskRun takes {USER_TASK_RESULTS_BYTES_MAX} "
            "(USER_TASK_RESULTS_BYTES_MAX)"
        )
    return form.checked(results, partial)


def _check_room(step: Step, event: UserTaskOperation, task: UserTask) -> None:
    if len(task.events) >= USER_TASK_EVENTS_MAX:
        raise ResourceExhausted(
            f"{_name(step, event)} has {USER_TASK_EVENTS_MAX} events already (USER_TASK_EVENTS_MAX): "
            "complete or cancel it"
        )


def _comments_made(task: UserTask) -> int:
    return sum(one.kind == "comment_added" for one in task.events)


def _check_comment(step: Step, event: UserTaskOperation, task: UserTask, number: int) -> None:
    """NotFound when there never was a comment of this number, FailedPrecondition when it is deleted."""
    if number == 0:
        raise FailedPrecondition("the comments of a UserTaskRun are numbered from 1")
    if not 0 < number <= _comments_made(task):
        raise NotFound(f"{_name(step, event)} has no comment {number}")
    for one in task.events:
        if one.kind == "comment_deleted" and one.details["user_comment_id"] == number:
            raise FailedPrecondition(f"comment {number} of {_name(step, event)} is deleted")
