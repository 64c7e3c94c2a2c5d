"""H: failures: which handler takes them up, and how a run ends when none does."""

from __future__ import annotations

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus
from lhredis.model.wf_run import WfRun
from lhredis.worker import LHTaskException, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town

COMPLETED, ERROR, EXCEPTION = LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION


@task
async def crash() -> str:
    raise RuntimeError("this task crashes")


@task
async def refuse() -> str:
    raise LHTaskException("client-exception", "the text of it", {"why": 1})


@task
async def work() -> str:
    return "worked"


async def played(town: Town, story: object) -> WfRun:
    await town.work(crash, refuse, work)
    await town.deploy(story)  # type: ignore[arg-type]
    return await town.play()


async def test_h1_an_error_is_handled(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute(crash), lambda wf: wf.execute(work))
        wf.execute(work)

    run = await played(town, story)
    assert run.status is COMPLETED
    assert (await town.node(run, 0, 1)).status is ERROR
    assert (await town.node(run, 1, 1)).status is COMPLETED
    assert (await town.node(run, 0, 3)).status is COMPLETED
    failure = await town.failure(run, 0, 1)
    assert (failure.failure_name, failure.was_properly_handled) == ("TASK_FAILURE", True)
    assert failure.failure_handler_threadrun_id == 1
    assert (await town.node(run, 0, 1)).failure_handler_ids == (1,)
    assert (await town.task_run(run, 1)).status is TaskStatus.TASK_FAILED


async def test_h2_the_exception_of_a_child_is_handled(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(lambda wf: wf.fail("my-exception", "no"), "child")
        wf.handle_exception(wf.wait_for_threads(child), lambda wf: wf.execute(work), "my-exception")

    assert (await played(town, story)).status is COMPLETED


async def test_another_exception_than_the_handled_one(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(lambda wf: wf.fail("my-exception", "no"), "child")
        wf.handle_exception(wf.wait_for_threads(child), lambda wf: wf.execute(work), "another")

    assert (await played(town, story)).status is EXCEPTION


async def test_h4_the_exception_of_a_task(town: Town) -> None:
    run = await played(town, lambda wf: wf.execute(refuse))
    assert run.status is EXCEPTION
    assert (await town.task_run(run, 1)).status is TaskStatus.TASK_EXCEPTION
    assert (await town.node(run, 0, 1)).status is EXCEPTION
    failure = await town.failure(run, 0, 1)
    assert (failure.failure_name, failure.content) == ("client-exception", {"why": 1})
    assert "the text of it" in failure.message
    assert "the text of it" in (run.thread_runs[0].error_message or "")


@pytest.mark.parametrize("name", ["client-exception", None])
async def test_h4_the_exception_of_a_task_is_handled(town: Town, name: str | None) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute(refuse), lambda wf: wf.execute(work), name)

    assert (await played(town, story)).status is COMPLETED


def child_that(fails: str, handler: str) -> object:
    """A child fails, or its task crashes; the wait for it has that handler."""

    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            with wf.if_(wf.declare_bool("exception", fails == "exception").is_equal_to(True)):
                wf.fail("custom-exception", "")
            wf.execute(crash)

        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        handle = {
            "any exception": wf.handle_exception,
            "any error": wf.handle_error,
            "any failure": wf.handle_any_failure,
        }[handler]
        handle(waited, lambda wf: wf.execute(work))

    return story


@pytest.mark.parametrize(
    ("handler", "fails", "status"),
    [
        ("any exception", "exception", COMPLETED),
        ("any exception", "crash", ERROR),
        ("any error", "exception", EXCEPTION),
        ("any error", "crash", COMPLETED),
        ("any failure", "exception", COMPLETED),
        ("any failure", "crash", COMPLETED),
    ],
)
async def test_h5_h7_kinds_of_failures_of_a_child(
    town: Town, handler: str, fails: str, status: LHStatus
) -> None:
    assert (await played(town, child_that(fails, handler))).status is status


@pytest.mark.parametrize("name", [error.name for error in LHErrorType])
async def test_h8_a_reserved_name_cannot_be_thrown(town: Town, name: str) -> None:
    def change(form: dict) -> None:  # type: ignore[type-arg]
        for node in form["thread_specs"]["entrypoint"]["nodes"].values():
            if "exit" in node:
                node["exit"]["failure_def"]["failure_name"] = name

    with pytest.raises(InvalidArgument, match=name):
        await town.deploy_changed(lambda wf: wf.fail("fine", "no"), change)


@pytest.mark.parametrize("name", ["", "Bad Name", "under_score", "a" * 200, "dot.", "ünïcode"])
async def test_h8_an_exception_name_is_a_valid_id(town: Town, name: str) -> None:
    def change(form: dict) -> None:  # type: ignore[type-arg]
        for node in form["thread_specs"]["entrypoint"]["nodes"].values():
            if "exit" in node:
                node["exit"]["failure_def"]["failure_name"] = name

    with pytest.raises(InvalidArgument):
        await town.deploy_changed(lambda wf: wf.fail("fine", "no"), change)


@pytest.mark.parametrize("name", [error.name for error in LHErrorType])
async def test_h8_a_reserved_name_can_be_handled(town: Town, name: str) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute(crash), lambda wf: wf.execute(work), name)

    run = await played(town, story)
    assert run.status is (COMPLETED if name in ("TASK_FAILURE", "TASK_ERROR") else ERROR)


async def test_h10_mutations_behind_a_handled_failure_are_skipped(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        value = wf.declare_str("value", "old")
        node = wf.execute(crash)
        wf.handle_any_failure(node, lambda wf: None)
        value.assign("new")
        wf.execute(work)

    run = await played(town, story)
    assert (run.status, await town.variable(run, "value")) == (COMPLETED, "old")


async def test_h11_a_handler_of_timeouts_does_not_take_a_failure(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute(crash), lambda wf: wf.execute(work), LHErrorType.TIMEOUT)

    run = await played(town, story)
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "TASK_FAILURE"
