"""G: child threads: who waits for whom, by which strategy, and what their failures do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from lhredis.errors import NotFound
from lhredis.model.enums import LHStatus, TaskStatus, ThreadType
from lhredis.model.limits import THREAD_RUNS_MAX
from lhredis.model.wf_run import WfRun
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town, statuses

Story = Callable[[WorkflowThread], object]

gate = asyncio.Event()
"""Opened by the scenario that lets `at_the_gate` go on."""


@task
async def add_1(number: int) -> int:
    return number + 1


@task
async def say() -> str:
    return "result"


@task
async def at_the_gate() -> str:
    await gate.wait()
    return "late"


async def entries(town: Town, run: WfRun, position: int) -> list[tuple[int, str]]:
    """(thread, its status), as the WAIT_FOR_THREADS at this position of thread 0 knows them."""
    found = (await town.node(run, 0, position)).wait_for_threads
    assert found is not None
    return [(entry.thread_run_number, entry.thread_status.name) for entry in found.threads]


async def failure_name(town: Town, run: WfRun, thread: int, position: int) -> str:
    return (await town.failure(run, thread, position)).failure_name


# One child


async def sharing(town: Town) -> WfRun:
    """A parent and a child that both write what an event brings into the same variable."""
    await town.events("complete-child", "complete-parent")

    def story(wf: WorkflowThread) -> None:
        shared = wf.declare_int("shared")

        def child(wf: WorkflowThread) -> None:
            shared.assign(wf.wait_for_event("complete-child").get("result"))

        spawned = wf.spawn_thread(child, "child")
        shared.assign(wf.wait_for_event("complete-parent").get("result"))
        wf.wait_for_threads(spawned)

    await town.deploy(story)
    return await town.run()


async def test_g1_the_child_ends_first(town: Town) -> None:
    run = await sharing(town)
    assert statuses(run) == ["RUNNING", "RUNNING"]
    run = await town.post(run, "complete-child", {"result": 1234})
    assert (await town.variable(run, "shared"), statuses(run)) == (1234, ["RUNNING", "COMPLETED"])
    run = await town.post(run, "complete-parent", {"result": 4321})
    assert (run.status, await town.variable(run, "shared")) == (LHStatus.COMPLETED, 4321)
    assert await entries(town, run, 3) == [(1, "COMPLETED")]


async def test_g2_the_child_cannot_take_its_event(town: Town) -> None:
    run = await sharing(town)
    run = await town.post(run, "complete-child", {"result": "not-an-integer"})
    assert await failure_name(town, run, 1, 1) == "VAR_SUB_ERROR"
    assert statuses(run) == ["RUNNING", "ERROR"]
    run = await town.post(run, "complete-parent", {"result": 1234})
    assert (run.status, await town.variable(run, "shared")) == (LHStatus.ERROR, 1234)
    assert (await town.node(run, 0, 3)).status is LHStatus.ERROR
    assert await failure_name(town, run, 0, 3) == "CHILD_FAILURE"
    assert await entries(town, run, 3) == [(1, "ERROR")]


async def test_g4_the_parent_gets_its_event_first(town: Town) -> None:
    run = await sharing(town)
    run = await town.post(run, "complete-parent", {"result": 1234})
    assert (statuses(run), await town.variable(run, "shared")) == (["RUNNING", "RUNNING"], 1234)
    assert await entries(town, run, 3) == [(1, "RUNNING")]
    run = await town.post(run, "complete-child", {"result": 137})
    assert (run.status, await town.variable(run, "shared")) == (LHStatus.COMPLETED, 137)
    assert await entries(town, run, 3) == [(1, "COMPLETED")]


async def test_g5_two_children(town: Town) -> None:
    await town.work(add_1)
    await town.events("e1", "e2")

    def child(event: str) -> Story:
        def child(wf: WorkflowThread) -> None:
            json = wf.declare_json_obj(f"json-{event}")
            json.assign(wf.wait_for_event(event))
            wf.execute(add_1, json.get("myInt"))

        return child

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(*(wf.spawn_thread(child(event), f"child-{event}") for event in ("e1", "e2")))

    await town.deploy(story)
    run = await town.run()
    assert statuses(run) == ["RUNNING"] * 3
    assert await entries(town, run, 3) == [(1, "RUNNING"), (2, "RUNNING")]
    await town.post(run, "e1", {"myInt": 5})
    run = await town.until(run, lambda run: statuses(run)[1] == "COMPLETED")
    assert (run.status, await entries(town, run, 3)) == (LHStatus.RUNNING, [(1, "COMPLETED"), (2, "RUNNING")])
    await town.post(run, "e2", {"myInt": 7})
    run = await town.ended(run)
    assert (run.status, await town.outputs(run)) == (LHStatus.COMPLETED, [6, 8])


# Approvals


def approvals(handled: bool) -> Story:
    def person(number: int) -> Story:
        def person(wf: WorkflowThread) -> None:
            with wf.if_(wf.wait_for_event(f"approval-{number}").get("approval").is_equal_to(False)):
                wf.fail("denied-by-user", "message here")

        return person

    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_threads(
            *(wf.spawn_thread(person(number), f"person-{number}") for number in (1, 2, 3))
        )
        if handled:
            wf.handle_exception(waited, lambda wf: wf.execute(say), "denied-by-user")

    return story


async def approving(town: Town, handled: bool) -> WfRun:
    await town.work(say)
    await town.events(*(f"approval-{number}" for number in (1, 2, 3)))
    await town.deploy(approvals(handled))
    return await town.run()


async def test_g7_a_denial_is_handled(town: Town) -> None:
    run = await approving(town, handled=True)
    await town.post(run, "approval-1", {"approval": False})
    run = await town.until(run, lambda run: statuses(run)[4:] == ["COMPLETED"])
    assert run.thread_runs[4].type is ThreadType.FAILURE_HANDLER
    (task_run,) = await town.task_runs(run)
    assert (task_run.status, task_run.attempts[0].output) == (TaskStatus.TASK_SUCCESS, "result")
    for number in (2, 3):
        run = await town.post(run, f"approval-{number}", {"approval": True})
    assert run.status is LHStatus.COMPLETED
    assert run.thread_runs[0].handled_failed_children == (1,)


async def test_g7_everybody_approves(town: Town) -> None:
    run = await approving(town, handled=True)
    for number in (3, 1, 2):
        run = await town.post(run, f"approval-{number}", {"approval": True})
    assert (run.status, statuses(run)) == (LHStatus.COMPLETED, ["COMPLETED"] * 4)


async def test_g8_a_denial_is_not_handled(town: Town) -> None:
    run = await approving(town, handled=False)
    run = await town.post(run, "approval-1", {"approval": False})
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "EXCEPTION", "HALTED", "HALTED"])
    assert await failure_name(town, run, 0, 4) == "denied-by-user"


# Handlers of single children


def instructed(wf: WorkflowThread) -> None:
    """A child for each item: it may call a task, and then ends as it is told."""
    items = wf.declare_json_arr("items")

    def child(wf: WorkflowThread) -> None:
        item = wf.declare_json_obj("INPUT")
        with wf.if_(item.get("task").is_equal_to("gate")):
            wf.execute(at_the_gate)
        with wf.elif_(item.get("task").is_equal_to("say")):
            wf.execute(say)
        for end in ("recover", "still-fail", "dont-handle"):
            with wf.if_(item.get("end").is_equal_to(end)):
                wf.fail(f"exception-{end}", "")

    def fails_again(wf: WorkflowThread) -> None:
        wf.execute(say)
        wf.fail("still-failed", "")

    waited = wf.wait_for_threads(wf.spawn_thread_for_each(items, child, "child"))
    waited.handle_exception_on_child(lambda wf: wf.execute(say), "exception-recover")
    waited.handle_exception_on_child(fails_again, "exception-still-fail")


async def with_instructions(town: Town, *items: tuple[str, str]) -> WfRun:
    gate.clear()
    await town.work(say, at_the_gate)
    await town.deploy(instructed)
    return await town.run({"items": [{"task": task, "end": end} for task, end in items]})


async def test_an_exception_of_a_child_is_recovered(town: Town) -> None:
    run = await town.ended(await with_instructions(town, ("no", "recover"), ("say", "well")))
    assert (run.status, statuses(run)) == (
        LHStatus.COMPLETED,
        ["COMPLETED", "EXCEPTION", "COMPLETED", "COMPLETED"],
    )
    assert run.thread_runs[3].parent_thread_id == 1


async def test_g10_an_exception_that_nobody_handles(town: Town) -> None:
    run = await with_instructions(town, ("no", "dont-handle"))
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "EXCEPTION"])
    assert await failure_name(town, run, 0, 2) == "exception-dont-handle"


async def test_g11_one_handler_recovers_and_one_fails(town: Town) -> None:
    run = await with_instructions(town, ("no", "recover"), ("say", "still-fail"))
    run = await town.ended(run)
    assert (run.status, statuses(run)) == (
        LHStatus.EXCEPTION,
        ["EXCEPTION", "EXCEPTION", "EXCEPTION", "COMPLETED", "EXCEPTION"],
    )
    assert await failure_name(town, run, 0, 2) == "still-failed"


async def test_g13_a_task_that_is_out_ends_after_its_run_failed(town: Town) -> None:
    run = await with_instructions(town, ("no", "dont-handle"), ("gate", "well"))
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "EXCEPTION", "HALTING"])
    gate.set()
    run = await town.until(run, lambda run: statuses(run)[2] == "HALTED")
    assert (run.status, len(run.thread_runs)) == (LHStatus.EXCEPTION, 3)
    assert run.thread_runs[2].current_node_position == 2
    assert (await town.node(run, 2, 2)).status is LHStatus.HALTED
    assert (await town.task_run(run, 2, thread=2)).status is TaskStatus.TASK_SUCCESS


async def test_g14_no_handler_starts_after_the_wait_failed(town: Town) -> None:
    run = await with_instructions(town, ("gate", "recover"), ("no", "dont-handle"))
    gate.set()
    run = await town.until(run, lambda run: statuses(run)[1] == "HALTED")
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "HALTED", "EXCEPTION"])
    assert await failure_name(town, run, 0, 2) == "exception-dont-handle"


# The first, or any


def three_events(strategy: str, patience_s: int) -> Story:
    def timed(event: str) -> Story:
        return lambda wf: wf.wait_for_event(event, timeout=patience_s)

    def failing(wf: WorkflowThread) -> None:
        wf.wait_for_event("e3")
        wf.fail("business-exception", "")

    def story(wf: WorkflowThread) -> None:
        spawned = [
            wf.spawn_thread(child, f"child-{i}")
            for i, child in enumerate((timed("e1"), timed("e2"), failing))
        ]
        wf.wait_for_threads(*spawned, strategy=strategy)

    return story


async def racing(town: Town, strategy: str, patience_s: int = 60) -> WfRun:
    await town.events("e1", "e2", "e3")
    await town.deploy(three_events(strategy, patience_s))
    return await town.run()


async def test_g16_the_first_one_is_well(town: Town) -> None:
    run = await town.post(await racing(town, "WAIT_FOR_FIRST"), "e1")
    assert (run.status, statuses(run)) == (LHStatus.COMPLETED, ["COMPLETED", "COMPLETED", "HALTED", "HALTED"])
    assert [reason.kind for reason in run.thread_runs[2].halt_reasons] == ["halted_by_parent"]


async def test_g17_the_first_one_fails(town: Town) -> None:
    run = await town.post(await racing(town, "WAIT_FOR_FIRST"), "e3")
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "HALTED", "HALTED", "EXCEPTION"])
    assert await failure_name(town, run, 0, 4) == "business-exception"


async def test_g19_any_one_is_well(town: Town) -> None:
    run = await town.post(await racing(town, "WAIT_FOR_ANY"), "e3")
    assert statuses(run) == ["RUNNING", "RUNNING", "RUNNING", "EXCEPTION"]
    run = await town.post(run, "e2")
    assert (run.status, statuses(run)) == (
        LHStatus.COMPLETED,
        ["COMPLETED", "HALTED", "COMPLETED", "EXCEPTION"],
    )


async def test_g20_all_fail(town: Town) -> None:
    run = await town.post(await racing(town, "WAIT_FOR_ANY", patience_s=1), "e3")
    run = await town.ended(run)
    assert (run.status, statuses(run)) == (LHStatus.ERROR, ["ERROR", "ERROR", "ERROR", "EXCEPTION"])
    assert await failure_name(town, run, 0, 4) == "CHILD_FAILURE"


# Many


async def test_g22_more_threads_than_a_run_may_have(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread_for_each(wf.declare_json_arr("items"), lambda wf: None, "child")

    await town.deploy(story)
    run = await town.run({"items": list(range(THREAD_RUNS_MAX))})
    assert (run.status, len(run.thread_runs)) == (LHStatus.ERROR, 1)
    node_run = await town.node(run, 0, 1)
    assert node_run.status is LHStatus.ERROR
    message = (await town.failure(run, 0, 1)).message
    for word in (str(THREAD_RUNS_MAX + 1), str(THREAD_RUNS_MAX), "THREAD_RUNS_MAX"):
        assert word in message
    fits = await town.run({"items": list(range(THREAD_RUNS_MAX - 1))})
    assert fits.status is LHStatus.COMPLETED


def with_instant_children(wf: WorkflowThread) -> None:
    def instant(wf: WorkflowThread) -> None:
        wf.with_retention_policy(0)

    wf.spawn_thread(instant, "one")
    wf.spawn_thread(instant, "two")
    wf.wait_for_event("e")


async def test_g23_archived_children_can_be_read_and_go_with_their_run(town: Town) -> None:
    await town.events("e")
    await town.deploy(with_instant_children)
    run = await town.run()
    assert (run.status, len(run.thread_runs), run.greatest_threadrun_number) == (LHStatus.RUNNING, 1, 2)
    for number in (1, 2):
        archived = (await town.client.get_thread_run(run.id, number)).thread_run
        assert (archived.number, archived.status, archived.type) == (
            number,
            LHStatus.COMPLETED,
            ThreadType.CHILD,
        )
    assert (await town.post(run, "e")).status is LHStatus.COMPLETED
    await town.client.delete_wf_run(run.id)
    for number in (1, 2):
        with pytest.raises(NotFound):
            await town.client.get_thread_run(run.id, number)
