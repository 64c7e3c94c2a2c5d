"""User tasks by LittleHorse's DSL and RPCs: assigned, saved, completed, commented on, cancelled, reminded
of."""

from __future__ import annotations

from typing import Any

import grpc
from littlehorse.model import (
    AssignUserTaskRunRequest,
    CancelUserTaskRunRequest,
    CompleteUserTaskRunRequest,
    DeleteUserTaskRunCommentRequest,
    EditUserTaskRunCommentRequest,
    LHStatus,
    PutUserTaskDefRequest,
    PutUserTaskRunCommentRequest,
    SaveUserTaskRunProgressRequest,
    SearchUserTaskRunRequest,
    TaskStatus,
    UserTaskField,
    UserTaskRun,
    UserTaskRunId,
    UserTaskRunStatus,
    VariableType,
    WfRunId,
)
from littlehorse.utils import extract_value, to_variable_value
from littlehorse.workflow import WorkflowThread

from tests.grpc.stage import Stage
from tests.support import wait_until

COMPLETED = LHStatus.COMPLETED
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


async def describe(results: dict[str, Any]) -> str:
    return f"{results['my-str']} {results['my-int']}"


async def remind(text: str) -> str:
    return f"{text}!"


def asks(wf: WorkflowThread) -> None:
    form = wf.assign_user_task("form", user_id=wf.declare_str("user"), user_group="jedi")
    form.with_notes(wf.format("for {0}", wf.find_variable("user")))
    wf.execute("describe", form)


async def put_form(stage: Stage) -> None:
    fields = [
        UserTaskField(name="my-str", type=VariableType.STR, display_name="Text", required=True),
        UserTaskField(name="my-int", type=VariableType.INT, required=True),
    ]
    await stage.stub.PutUserTaskDef(PutUserTaskDefRequest(name="form", fields=fields))


async def asked(stage: Stage, user: str | None = "obiwan") -> UserTaskRun:
    """A form that waits for somebody."""
    await stage.work(describe)
    await put_form(stage)
    await stage.deploy(asks)
    return await stage.user_task(await stage.run({"user": user}))


def results(**values: object) -> dict[str, object]:
    return {name.replace("_", "-"): to_variable_value(value) for name, value in values.items()}


def kinds(found: UserTaskRun) -> list[str]:
    return [event.WhichOneof("event") for event in found.events]


async def test_a_form_is_filled_in(stage: Stage) -> None:
    form = await asked(stage)
    assert (form.status, form.user_id, form.user_group) == (UserTaskRunStatus.ASSIGNED, "obiwan", "jedi")
    assert (form.notes, form.user_task_def_id.name, form.epoch) == ("for obiwan", "form", 0)
    assert kinds(form) == ["assigned"] and form.events[0].assigned.new_user_id == "obiwan"
    node = await stage.node(form.id.wf_run_id, 0, 1)
    assert (node.user_task.user_task_run_id, form.node_run_id) == (form.id, node.id)
    assert form.scheduled_time.ToMilliseconds() >= node.arrival_time.ToMilliseconds()

    await stage.stub.CompleteUserTaskRun(
        CompleteUserTaskRunRequest(
            user_task_run_id=form.id, user_id="obiwan", results=results(my_str="kenobi", my_int=137)
        )
    )
    run = await stage.ended(form.id.wf_run_id)
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["kenobi 137"])
    done = await stage.stub.GetUserTaskRun(form.id)
    assert (done.status, kinds(done)) == (UserTaskRunStatus.DONE, ["assigned", "completed"])
    assert {name: extract_value(value) for name, value in done.results.items()} == {
        "my-str": "kenobi",
        "my-int": 137,
    }


async def test_a_form_is_given_to_others(stage: Stage) -> None:
    form = await asked(stage, user=None)
    assert (form.status, form.HasField("user_id")) == (UserTaskRunStatus.UNASSIGNED, False)

    def to(**whom: object) -> AssignUserTaskRunRequest:
        return AssignUserTaskRunRequest(user_task_run_id=form.id, **whom)

    await stage.stub.AssignUserTaskRun(to(user_id="yoda"))
    taken = await stage.stub.GetUserTaskRun(form.id)
    assert (taken.status, taken.user_id, taken.HasField("user_group")) == (
        UserTaskRunStatus.ASSIGNED,
        "yoda",
        False,
    )
    assert taken.epoch == 1 and taken.events[-1].assigned.old_user_group == "jedi"
    assign, refusal = stage.stub.AssignUserTaskRun, stage.lh.refusal
    await refusal(FAILED_PRECONDITION, call=assign(to(user_id="luke")))
    await refusal(INVALID, "UserId can't be empty", call=assign(to(user_id="")))
    await refusal(INVALID, "UserGroup can't be empty", call=assign(to(user_group="  ")))
    await refusal(INVALID, call=assign(to()))
    await stage.stub.AssignUserTaskRun(to(user_id="luke", user_group="jedi", override_claim=True))
    assert (await stage.stub.GetUserTaskRun(form.id)).user_id == "luke"


async def test_progress_is_saved(stage: Stage) -> None:
    form = await asked(stage)

    def by(
        user: str, policy: int = SaveUserTaskRunProgressRequest.FAIL_IF_CLAIMED_BY_OTHER, **values: object
    ):  # type: ignore[no-untyped-def]
        return stage.stub.SaveUserTaskRunProgress(
            SaveUserTaskRunProgressRequest(
                user_task_run_id=form.id, user_id=user, policy=policy, results=results(**values)
            )
        )

    saved = await by("obiwan", my_str="hello there")
    assert (saved.results["my-str"].str, kinds(saved)) == ("hello there", ["assigned", "saved"])
    assert saved.events[1].saved.user_id == "obiwan"
    assert saved.events[1].saved.results["my-str"].str == "hello there"
    await stage.lh.refusal(FAILED_PRECONDITION, "another user", call=by("luke", my_str="x"))
    other = await by("luke", SaveUserTaskRunProgressRequest.IGNORE_CLAIM, my_int=7)
    assert (other.user_id, list(other.results)) == ("obiwan", ["my-int"])
    await stage.lh.refusal(INVALID, "my-int", call=by("obiwan", my_int="seven"))


async def test_results_that_are_refused(stage: Stage) -> None:
    form = await asked(stage)

    def with_results(**values: object):  # type: ignore[no-untyped-def]
        return stage.stub.CompleteUserTaskRun(
            CompleteUserTaskRunRequest(user_task_run_id=form.id, user_id="a", results=results(**values))
        )

    await stage.lh.refusal(INVALID, "my-int", call=with_results(my_str="x"))
    await stage.lh.refusal(INVALID, "more", call=with_results(my_str="x", my_int=1, more=2))
    await with_results(my_str="x", my_int=1)
    await with_results(my_str="again", my_int=2)
    assert (await stage.stub.GetUserTaskRun(form.id)).results["my-str"].str == "x"


async def test_comments(stage: Stage) -> None:
    form = await asked(stage)
    stub, refusal = stage.stub, stage.lh.refusal

    def comment(text: str, user: str = "ada") -> PutUserTaskRunCommentRequest:
        return PutUserTaskRunCommentRequest(user_task_run_id=form.id, user_id=user, comment=text)

    def edit(number: int) -> EditUserTaskRunCommentRequest:
        return EditUserTaskRunCommentRequest(
            user_task_run_id=form.id, user_id="ada", comment="better", user_comment_id=number
        )

    def delete(number: int) -> DeleteUserTaskRunCommentRequest:
        return DeleteUserTaskRunCommentRequest(
            user_task_run_id=form.id, user_id="ada", user_comment_id=number
        )

    first = await stub.PutUserTaskRunComment(comment("well"))
    assert (first.events[-1].comment_added.user_comment_id, first.events[-1].comment_added.comment) == (
        1,
        "well",
    )
    second = await stub.PutUserTaskRunComment(comment("so"))
    assert second.events[-1].comment_added.user_comment_id == 2
    edited = await stub.EditUserTaskRunComment(edit(1))
    assert edited.events[-1].comment_edited.comment == "better"
    deleted = await stub.DeleteUserTaskRunComment(delete(2))
    assert deleted.events[-1].comment_deleted.user_comment_id == 2
    assert kinds(deleted) == [
        "assigned",
        "comment_added",
        "comment_added",
        "comment_edited",
        "comment_deleted",
    ]
    await refusal(INVALID, call=stub.PutUserTaskRunComment(comment("")))
    await refusal(INVALID, call=stub.PutUserTaskRunComment(comment("x", user="")))
    await refusal(NOT_FOUND, call=stub.EditUserTaskRunComment(edit(9)))
    await refusal(FAILED_PRECONDITION, call=stub.EditUserTaskRunComment(edit(2)))
    await refusal(FAILED_PRECONDITION, call=stub.DeleteUserTaskRunComment(delete(0)))


async def test_a_form_is_cancelled(stage: Stage) -> None:
    form = await asked(stage)
    await stage.stub.CancelUserTaskRun(CancelUserTaskRunRequest(user_task_run_id=form.id))
    run = await stage.again(form.id.wf_run_id)
    assert run.status == LHStatus.ERROR
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert failure.failure_name == "USER_TASK_CANCELLED"
    cancelled = await stage.stub.GetUserTaskRun(form.id)
    assert (cancelled.status, kinds(cancelled)) == (
        UserTaskRunStatus.CANCELLED,
        ["assigned", "cancelled"],
    )


async def test_a_cancellation_that_is_an_exception(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", user_group="jedi")
        form.with_on_cancellation_exception("no-response")
        wf.handle_exception(form, lambda wf: wf.execute("remind", "too late"), "no-response")

    await stage.work(remind)
    await put_form(stage)
    await stage.deploy(story)
    form = await stage.user_task(await stage.run())
    await stage.stub.CancelUserTaskRun(CancelUserTaskRunRequest(user_task_run_id=form.id))
    run = await stage.ended(form.id.wf_run_id)
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["too late!"])


async def test_reminders_and_deadlines(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", user_id="yoda", user_group="jedi")
        wf.schedule_reminder_task(form, 0, "remind", "do it")
        wf.release_to_group_on_deadline(form, 1)

    await stage.work(remind)
    await put_form(stage)
    await stage.deploy(story)
    run = await stage.run()

    async def released() -> UserTaskRun | None:
        found = await stage.user_task(run)
        return found if found.status == UserTaskRunStatus.UNASSIGNED else None

    found = await wait_until(released)
    assert kinds(found) == ["assigned", "task_executed", "assigned"]
    assert (found.user_group, found.HasField("user_id")) == ("jedi", False)
    reminder = await stage.stub.GetTaskRun(found.events[1].task_executed.task_run)
    assert (reminder.status, reminder.attempts[0].output.str) == (TaskStatus.TASK_SUCCESS, "do it!")
    trigger = reminder.source.user_task_trigger
    assert (trigger.node_run_id, trigger.user_task_event_number) == (found.node_run_id, 1)
    assert (trigger.user_id, trigger.user_group) == ("yoda", "jedi")
    assert reminder.source.wf_spec_id == run.wf_spec_id


async def test_forms_are_found(stage: Stage) -> None:
    form = await asked(stage)
    free = await stage.user_task(await stage.run({"user": None}))

    async def found(**filters: object) -> list[UserTaskRunId]:
        reply = await stage.stub.SearchUserTaskRun(SearchUserTaskRunRequest(**filters))
        return sorted(reply.results, key=lambda one: one != form.id)

    assert await found() == [form.id, free.id]
    assert await found(user_task_def_name="form", user_group="jedi") == [form.id, free.id]
    assert await found(user_id="obiwan") == [form.id]
    assert await found(status=UserTaskRunStatus.UNASSIGNED) == [free.id]
    assert await found(status=UserTaskRunStatus.DONE) == []
    assert await found(user_task_def_name="other") == []
    assert await found(latest_start=form.scheduled_time, user_id="obiwan") == [form.id]


async def test_forms_that_are_not_there(stage: Stage) -> None:
    form = await asked(stage)
    for guid in ("0-7", "no-guid-of-ours", ""):
        gone = UserTaskRunId(wf_run_id=form.id.wf_run_id, user_task_guid=guid)
        await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetUserTaskRun(gone))
        request = CancelUserTaskRunRequest(user_task_run_id=gone)
        await stage.lh.refusal(NOT_FOUND, call=stage.stub.CancelUserTaskRun(request))
    nowhere = UserTaskRunId(wf_run_id=WfRunId(id="gone"), user_task_guid="0-1")
    await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetUserTaskRun(nowhere))
