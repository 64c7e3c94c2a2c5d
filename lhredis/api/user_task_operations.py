"""user_task_operations: what people do to a UserTaskRun. Each answers with it as it is then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lhredis.api.answers import Answer, json_answer
from lhredis.api.asked_durability import durability_of
from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.api.commands import Command
from lhredis.api.user_task_runs import find_user_task
from lhredis.api.validation import parse_body
from lhredis.engine.events import Event
from lhredis.engine.user_tasks.events import (
    UserTaskAssigned,
    UserTaskCancelled,
    UserTaskClaimed,
    UserTaskCommentDeleted,
    UserTaskCommented,
    UserTaskCompleted,
    UserTaskReleased,
    UserTaskSaved,
)
from lhredis.errors import FailedPrecondition, InvalidArgument, NotFound
from lhredis.model.enums import SaveUserTaskRunAssignmentPolicy
from lhredis.model.user_task_run import (
    AssignUserTaskRunRequest,
    CancelUserTaskRunRequest,
    ClaimUserTaskRunRequest,
    CompleteUserTaskRunRequest,
    PutUserTaskRunCommentRequest,
    ReleaseUserTaskRunRequest,
    SaveUserTaskRunProgressRequest,
)

Make = Callable[[int, str, int, int], Event]


async def assign_user_task_run(call: Call) -> Answer:
    """Assign a UserTaskRun

    To exactly this user and group: who is not named has it no more. One that a user has already is taken
    from them only with `override_claim`.
    """
    request = parse_body(AssignUserTaskRunRequest, call.body)
    user_id, user_group, override = request.user_id, request.user_group, request.override_claim
    return await _do(
        call, partial(UserTaskAssigned, user_id=user_id, user_group=user_group, override_claim=override)
    )


async def claim_user_task_run(call: Call) -> Answer:
    """Claim a UserTaskRun

    For this user, who may already have it; its group stays the same, so that it can be released to it.
    One that another user has is taken from them only with `override_claim`.
    """
    request = parse_body(ClaimUserTaskRunRequest, call.body)
    user_id, override = request.user_id, request.override_claim
    return await _do(call, partial(UserTaskClaimed, user_id=user_id, override_claim=override))


async def release_user_task_run(call: Call) -> Answer:
    """Give a UserTaskRun back to its group"""
    parse_body(ReleaseUserTaskRunRequest, call.body)
    return await _do(call, UserTaskReleased)


async def complete_user_task_run(call: Call) -> Answer:
    """Complete a UserTaskRun

    As `user_id`, who has it from then on. Every problem of the results is named. One that has ended stays
    as it is.
    """
    request = parse_body(CompleteUserTaskRunRequest, call.body)
    return await _do(
        call, partial(UserTaskCompleted, user_id=request.user_id, results=dict(request.results)), once=True
    )


async def save_user_task_run_progress(call: Call) -> Answer:
    """Save what was filled into a UserTaskRun so far

    In place of what was saved before; nothing has to be complete.
    """
    request = parse_body(SaveUserTaskRunProgressRequest, call.body)
    ignore = request.policy is SaveUserTaskRunAssignmentPolicy.IGNORE_CLAIM
    return await _do(
        call,
        partial(UserTaskSaved, user_id=request.user_id, results=dict(request.results), ignore_claim=ignore),
    )


async def cancel_user_task_run(call: Call) -> Answer:
    """Cancel a UserTaskRun

    Its node fails with USER_TASK_CANCELLED, or with the exception that the WfSpec names.
    """
    parse_body(CancelUserTaskRunRequest, call.body)
    return await _do(call, UserTaskCancelled)


async def put_user_task_run_comment(call: Call) -> Answer:
    """Comment on a UserTaskRun

    The comments of a UserTaskRun are numbered from 1; the last of the events tells the number.
    """
    request = parse_body(PutUserTaskRunCommentRequest, call.body)
    return await _do(call, partial(UserTaskCommented, user_id=request.user_id, comment=request.comment))


async def edit_user_task_run_comment(call: Call) -> Answer:
    """Change a comment on a UserTaskRun"""
    request = parse_body(PutUserTaskRunCommentRequest, call.body)
    number = call.path["comment_id"]
    return await _do(
        call, partial(UserTaskCommented, user_id=request.user_id, comment=request.comment, comment_id=number)
    )


async def delete_user_task_run_comment(call: Call) -> Answer:
    """Delete a comment on a UserTaskRun

    The audit trail keeps its text.
    """
    user_id, number = call.query["user_id"], call.path["comment_id"]
    if user_id is None:
        raise InvalidArgument("user_id: tell in the query who deletes the comment")
    return await _do(call, partial(UserTaskCommentDeleted, user_id=user_id, comment_id=number))


async def _do(call: Call, make: Make, once: bool = False) -> Answer:
    """Do it, and answer with the UserTaskRun. With `once`, one that has ended already is no mistake."""
    thread, position = call.path["user_task_guid"]
    command = Command(
        call.tenant, call.path["wf_run_id"], lambda now_ms, nonce: make(now_ms, nonce, thread, position)
    )
    confirm, holds = durability_of(call)
    await call.services.commander.do([command], confirm)
    error = command.error
    if error is not None and not isinstance(error, NotFound):
        raise error
    task, view = await find_user_task(call)
    if error is not None and task.is_open:
        raise error
    if error is not None and not once:
        raise FailedPrecondition(f"UserTaskRun {thread}-{position} is {task.status.name} already")
    return json_answer(view, 200, {DURABILITY_HEADER: holds})
