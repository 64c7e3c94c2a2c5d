"""L: user tasks."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import FailedPrecondition, InvalidArgument, InvalidSpec, NotFound
from lhredis.model.enums import LHStatus, TaskStatus, UserTaskRunStatus
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskDef
from lhredis.model.user_task_run import UserTaskRun
from lhredis.model.values import Value
from lhredis.model.wf_run import WfRun
from lhredis.worker import WorkerContext, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town
from tests.support import wait_until

FILLED: dict[str, Value] = {"myStr": "kenobi", "myInt": 137}
FORM = "0-1"


def form(**more: Any) -> PutUserTaskDefRequest:
    """The form that all scenarios ask for."""
    fields = [
        {"name": "myStr", "type": "STR", "required": True, "display_name": "My string"},
        {"name": "myInt", "type": "INT", "required": True},
    ]
    return PutUserTaskDefRequest.model_validate({"name": "my-form", "fields": fields, **more})


@task
async def tell(said: dict[str, Any]) -> str:
    return f"{said['myStr']} {said['myInt']}"


@task
async def remind(context: WorkerContext) -> str:
    return f"{context.user_id} of {context.user_group}, {context.node_run_id.rpartition('/')[2]}"


@task
async def after() -> None: ...


async def asked(town: Town, story: Any, **variables: Any) -> WfRun:
    """A run of this story, right after its start."""
    await town.work(tell, remind, after)
    await town.client.put_user_task_def(form())
    await town.deploy(story)
    return await town.run(variables)


async def form_of(town: Town, run: WfRun) -> UserTaskRun:
    return await town.client.get_user_task_run(run.id, FORM)


def kinds(form: UserTaskRun) -> list[str]:
    return [event.kind for event in form.events]


def asks_obiwan(wf: WorkflowThread) -> None:
    wf.assign_user_task("my-form", "obiwan")


async def test_l1_what_is_filled_in_goes_to_the_next_task(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.execute("tell", wf.assign_user_task("my-form", "obiwan"))

    run = await asked(town, story)
    done = await town.client.complete_user_task_run(run.id, FORM, "obiwan", FILLED)
    assert (done.status, done.results) == (UserTaskRunStatus.DONE, FILLED)
    assert (await town.ended(run)).status is LHStatus.COMPLETED
    assert await town.output(run, 2) == "kenobi 137"
    node = await town.node(run, 0, 1)
    assert node.user_task is not None and node.user_task.user_task_run_id == done.id


async def test_l2_progress_is_saved(town: Town) -> None:
    run = await asked(town, asks_obiwan)
    await town.client.save_user_task_run_progress(run.id, FORM, "obiwan", {"myStr": "hello there"})
    saved = await form_of(town, run)
    assert saved.results == {"myStr": "hello there"}
    assert kinds(saved) == ["assigned", "saved"]
    event = saved.events[1].saved
    assert event is not None and (event.user_id, event.results) == ("obiwan", {"myStr": "hello there"})


async def test_l3_somebody_else_does_not_save(town: Town) -> None:
    run = await asked(town, asks_obiwan)
    with pytest.raises(FailedPrecondition, match="another user"):
        await town.client.save_user_task_run_progress(run.id, FORM, "anakin", {"myInt": 1})
    assert kinds(await form_of(town, run)) == ["assigned"]


async def test_l4_unless_the_claim_is_ignored(town: Town) -> None:
    run = await asked(town, asks_obiwan)
    saved = await town.client.save_user_task_run_progress(
        run.id, FORM, "anakin", {"myInt": 1}, "IGNORE_CLAIM"
    )
    assert (saved.user_id, saved.results, kinds(saved)) == ("obiwan", {"myInt": 1}, ["assigned", "saved"])


async def test_l5_a_reminder_and_a_release(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("my-form", "obiwan", "jedi")
        wf.schedule_reminder_task(form, 0, "remind")
        wf.release_to_group_on_deadline(form, 1)

    run = await asked(town, story)
    assert (await form_of(town, run)).status is UserTaskRunStatus.ASSIGNED

    async def released() -> bool:
        return (await form_of(town, run)).status is UserTaskRunStatus.UNASSIGNED

    await wait_until(released)
    found = await form_of(town, run)
    assert (found.user_id, found.user_group) == (None, "jedi")
    assert kinds(found) == ["assigned", "task_executed", "assigned"]


@pytest.mark.parametrize(
    ("user", "group", "says"),
    [
        ("", "jedi", "Invalid user task assignment. UserId can't be empty"),
        ("obiwan", "", "Invalid group task assignment. UserGroup can't be empty"),
        (None, None, "Invalid user task assignment"),
    ],
)
async def test_l7_l8_nobody_cannot_be_asked(town: Town, user: Any, group: Any, says: str) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.assign_user_task("my-form", wf.declare_str("user"), wf.declare_str("group"))

    run = await asked(town, story, user=user, group=group)
    assert run.status is LHStatus.ERROR
    failure = await town.failure(run, 0, 1)
    assert (failure.failure_name, failure.message) == ("VAR_ERROR", says)


async def test_l10_nor_can_it_be_assigned_to_nobody(town: Town) -> None:
    run = await asked(town, asks_obiwan)
    assign = town.client.assign_user_task_run
    with pytest.raises(InvalidArgument, match="UserId can't be empty"):
        await assign(run.id, FORM, "", override_claim=True)
    with pytest.raises(InvalidArgument, match="UserGroup can't be empty"):
        await assign(run.id, FORM, "yoda", "  ", override_claim=True)
    with pytest.raises(FailedPrecondition, match="claimed by user 'obiwan'"):
        await assign(run.id, FORM, "yoda")
    yodas = await assign(run.id, FORM, "yoda", "jedi", override_claim=True)
    assert (yodas.user_id, yodas.user_group, yodas.epoch) == ("yoda", "jedi", 1)
    released = await town.client.release_user_task_run(run.id, FORM)
    assert (released.status, released.user_group) == (UserTaskRunStatus.UNASSIGNED, "jedi")


async def test_l11_a_cancellation_is_an_exception_that_can_be_handled(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("my-form", "obiwan").with_on_cancellation_exception("no-response")
        wf.handle_exception(form, lambda wf: wf.execute("after"), "no-response")

    run = await asked(town, story)
    cancelled = await town.client.cancel_user_task_run(run.id, FORM)
    assert cancelled.status is UserTaskRunStatus.CANCELLED
    assert (await town.ended(run)).status is LHStatus.COMPLETED
    assert (await town.failure(run, 0, 1)).failure_name == "no-response"
    with pytest.raises(FailedPrecondition, match="CANCELLED already"):
        await town.client.cancel_user_task_run(run.id, FORM)


async def test_l13_l14_it_is_cancelled_when_nobody_answers(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("my-form", "obiwan", "jedi")
        wf.schedule_reminder_task(form, 0, "remind")
        wf.cancel_user_task_run_after(form, 2)

    run = await asked(town, story)
    ended = await town.ended(run)
    assert ended.status is LHStatus.ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "USER_TASK_CANCELLED"
    found = await form_of(town, run)
    assert kinds(found) == ["assigned", "task_executed", "cancelled"]
    reminder = found.events[1].task_executed
    assert reminder is not None
    task_run = await town.client.get_task_run(run.id, reminder.task_run.task_guid)
    assert task_run.status is TaskStatus.TASK_SUCCESS
    assert task_run.attempts[0].output == "obiwan of jedi, 1"
    trigger = task_run.source.user_task_trigger
    assert trigger is not None
    assert (trigger.node_run_id.position, trigger.user_task_event_number) == (1, 1)
    assert (trigger.user_id, trigger.user_group) == ("obiwan", "jedi")
    assert await town.task_runs(run) == [task_run]
    assert all(node.task is None for node in await town.client.list_node_runs(run.id))


async def test_l15_l16_l17_comments(town: Town) -> None:
    run, client = await asked(town, asks_obiwan), town.client
    await client.put_user_task_run_comment(run.id, FORM, "obiwan", "hello")
    edited = await client.edit_user_task_run_comment(run.id, FORM, 1, "obiwan", "hello there")
    assert kinds(edited) == ["assigned", "comment_added", "comment_edited"]
    event = edited.events[-1].comment_edited
    assert event is not None and (event.user_comment_id, event.comment) == (1, "hello there")
    deleted = await client.delete_user_task_run_comment(run.id, FORM, 1, "obiwan")
    assert kinds(deleted)[-1] == "comment_deleted"
    with pytest.raises(NotFound, match="no comment 2"):
        await client.edit_user_task_run_comment(run.id, FORM, 2, "obiwan", "?")
    with pytest.raises(FailedPrecondition, match="is deleted"):
        await client.delete_user_task_run_comment(run.id, FORM, 1, "obiwan")
    with pytest.raises(InvalidArgument, match="Comment can't be empty"):
        await client.put_user_task_run_comment(run.id, FORM, "obiwan", " ")


async def test_l19_the_versions_of_a_form(town: Town) -> None:
    client = town.client
    first = await client.put_user_task_def(form())
    assert (first.version, (await client.put_user_task_def(form())).version) == (0, 0)
    assert (await client.put_user_task_def(form(description="newer"))).version == 1
    assert (await client.get_user_task_def("my-form")).version == 1
    assert await client.get_user_task_def("my-form", 0) == first
    assert [one.version for one in await client.list_user_task_def_versions("my-form")] == [0, 1]
    await client.delete_user_task_def("my-form", 1)
    assert isinstance(await client.get_user_task_def("my-form"), UserTaskDef)
    assert (await client.put_user_task_def(form(description="newest"))).version == 2
    assert [str(one) for one in (await client.list_user_task_defs("my")).items] == ["my-form/2"]


async def test_a_workflow_keeps_the_version_that_it_was_registered_with(town: Town) -> None:
    run = await asked(town, asks_obiwan)
    await town.client.put_user_task_def(PutUserTaskDefRequest(name="my-form"))
    found = await form_of(town, run)
    assert str(found.user_task_def_id) == "my-form/0"
    assert str((await town.client.list_user_task_runs(run.id))[0].user_task_def_id) == "my-form/0"
    with pytest.raises(InvalidSpec) as refused:
        await town.client.complete_user_task_run(run.id, FORM, "obiwan", {"myInt": "x", "other": 1})
    assert [problem.path for problem in refused.value.problems] == [
        "results.other",
        "results.myStr",
        "results.myInt",
    ]
    again = (await town.deploy(asks_obiwan)).thread_specs["entrypoint"].nodes["1-my-form-USER-TASK"].user_task
    assert again is not None and again.user_task_def_version == 1


async def test_an_unknown_form_is_refused_at_registration(town: Town) -> None:
    with pytest.raises(InvalidSpec, match="could not find UserTaskDef 'my-form'"):
        await town.deploy(asks_obiwan)


async def test_completing_twice_is_no_mistake_but_all_else_comes_too_late(town: Town) -> None:
    run, client = await asked(town, asks_obiwan), town.client
    done = await client.complete_user_task_run(run.id, FORM, "obiwan", FILLED)
    assert await client.complete_user_task_run(run.id, FORM, "anakin", FILLED) == done
    for operation in (
        client.assign_user_task_run(run.id, FORM, "yoda"),
        client.save_user_task_run_progress(run.id, FORM, "obiwan", {}),
        client.cancel_user_task_run(run.id, FORM),
        client.release_user_task_run(run.id, FORM),
        client.put_user_task_run_comment(run.id, FORM, "obiwan", "late"),
    ):
        with pytest.raises(FailedPrecondition, match="is DONE already"):
            await operation
    for nowhere in (
        client.complete_user_task_run(run.id, "0-7", "obiwan", FILLED),
        client.complete_user_task_run(run.id, "3-1", "obiwan", FILLED),
        client.get_user_task_run(run.id, "0-2"),
        client.complete_user_task_run("nobody", FORM, "obiwan", FILLED),
    ):
        with pytest.raises(NotFound):
            await nowhere


async def test_a_stopped_run_keeps_its_user_task_open(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.assign_user_task("my-form", "obiwan"))

    run, client = await asked(town, story), town.client
    assert (await client.stop_wf_run(run.id)).status is LHStatus.HALTED
    done = await client.complete_user_task_run(run.id, FORM, "obiwan", FILLED)
    assert done.status is UserTaskRunStatus.DONE
    resumed = await client.resume_wf_run(run.id)
    assert (resumed.status, resumed.thread_runs[0].output) == (LHStatus.COMPLETED, FILLED)


async def test_notes_tell_what_is_to_be_done_unless_they_are_masked(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        secret = wf.declare_str("secret").masked()
        wf.spawn_thread(
            lambda wf: wf.assign_user_task("my-form", "yoda").with_notes(wf.format("{0}", secret)), "child"
        )
        wf.assign_user_task("my-form", "obiwan").with_notes("look at it")

    run = await asked(town, story, secret="hush")
    notes = [one.notes for one in await town.client.list_user_task_runs(run.id)]
    assert notes == ["look at it", "*****"]


async def test_a_deleted_run_leaves_nothing_of_its_user_tasks(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("my-form", "obiwan")
        wf.schedule_reminder_task(form, 3600, "remind")

    run = await asked(town, story)
    await town.client.delete_wf_run(run.id)
    with pytest.raises(NotFound):
        await form_of(town, run)
