"""Workflows of LittleHorse's DSL with several threads: children, approvals, interrupts, failure handlers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from littlehorse.exceptions import LHTaskException
from littlehorse.model import (
    LHErrorType,
    LHStatus,
    TaskStatus,
    ThreadType,
    VariableMutationType,
    VariableType,
    VariableValue,
    WaitForThreadsRun,
    WaitForThreadsStrategy,
)
from littlehorse.workflow import SpawnedThreads, WorkflowThread

from tests.grpc.stage import Stage, statuses

COMPLETED, ERROR, EXCEPTION = LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION


async def note(text: str) -> str:
    return f"noted: {text}"


async def crash() -> str:
    raise ValueError("it crashed")


async def refuse() -> str:
    raise LHTaskException("out-of-stock", "no more", VariableValue(json_obj='{"item":7}'))


async def slow(path: str) -> str:
    """Goes on once there is a file."""
    while not Path(path).exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(0.01)
    return "slow result"


# Children


def parent_and_child(wf: WorkflowThread) -> None:
    shared = wf.declare_int("shared")

    def child(wf: WorkflowThread) -> None:
        shared.assign(wf.wait_for_event("for-child").with_json_path("$.result"))

    spawned = wf.spawn_thread(child, "child")
    shared.assign(wf.wait_for_event("for-parent").with_json_path("$.result"))
    wf.wait_for_threads(SpawnedThreads.from_list(spawned))


async def family(stage: Stage):  # type: ignore[no-untyped-def]
    await stage.events("for-child", "for-parent")
    await stage.deploy(parent_and_child)
    return await stage.run()


async def test_child_threads(stage: Stage) -> None:
    run = await family(stage)
    assert (statuses(run), run.greatest_threadrun_number) == (["RUNNING", "RUNNING"], 1)
    parent, child = run.thread_runs
    assert list(parent.child_thread_ids) == [1] and child.parent_thread_id == 0
    assert (parent.type, child.type) == (ThreadType.ENTRYPOINT, ThreadType.CHILD)
    started = await stage.node(run, 0, 1)
    assert (started.start_thread.child_thread_id, started.start_thread.thread_spec_name) == (1, "child")

    await stage.post(run, "for-child", {"result": 1234})
    run = await stage.again(run)
    assert (statuses(run), await stage.variables(run)) == (["RUNNING", "COMPLETED"], {"shared": 1234})
    await stage.post(run, "for-parent", {"result": 4321})
    run = await stage.again(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"shared": 4321})
    (entry,) = (await stage.node(run, 0, 3)).wait_for_threads.threads
    assert (entry.thread_run_number, entry.thread_status) == (1, COMPLETED)
    assert entry.waiting_status == WaitForThreadsRun.THREAD_COMPLETED_OR_FAILURE_HANDLED
    assert entry.thread_end_time == run.thread_runs[1].end_time


async def test_a_child_that_fails(stage: Stage) -> None:
    run = await family(stage)
    await stage.post(run, "for-child", {"result": "no integer"})
    run = await stage.again(run)
    assert (run.status, statuses(run)) == (LHStatus.RUNNING, ["RUNNING", "ERROR"])
    (failure,) = (await stage.node(run, 1, 1)).failures
    assert failure.failure_name == "VAR_SUB_ERROR"
    await stage.post(run, "for-parent", {"result": 1})
    run = await stage.again(run)
    assert (run.status, statuses(run)) == (ERROR, ["ERROR", "ERROR"])
    node = await stage.node(run, 0, 3)
    assert [one.failure_name for one in node.failures] == ["CHILD_FAILURE"]
    (entry,) = node.wait_for_threads.threads
    assert (entry.thread_status, entry.waiting_status) == (ERROR, WaitForThreadsRun.THREAD_UNSUCCESSFUL)


async def test_for_each(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        names = wf.declare_json_arr("names", ["a", "b", "c"])

        def greet_one(wf: WorkflowThread) -> None:
            wf.execute("note", wf.add_variable("INPUT", VariableType.STR))

        wf.wait_for_threads(wf.spawn_thread_for_each(names, greet_one, "each"))

    await stage.work(note)
    await stage.deploy(story)
    run = await stage.play()
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED"] * 4)
    assert list((await stage.node(run, 0, 1)).start_multiple_threads.child_thread_ids) == [1, 2, 3]
    assert await stage.outputs(run) == ["noted: a", "noted: b", "noted: c"]
    assert await stage.variables(run, 2) == {"INPUT": "b"}


def approvals(wf: WorkflowThread) -> None:
    """Three people are asked at once; one that denies is noted."""

    def ask(person: str):  # type: ignore[no-untyped-def]
        def thread(wf: WorkflowThread) -> None:
            approved = wf.declare_bool(f"approved-{person}")
            approved.assign(wf.wait_for_event(f"answer-{person}"))
            wf.do_if(approved.is_equal_to(False), lambda wf: wf.fail("denied", f"{person} said no"))

        return thread

    spawned = [wf.spawn_thread(ask(person), f"ask-{person}") for person in ("ada", "bob", "cleo")]
    waited = wf.wait_for_threads(SpawnedThreads.from_list(*spawned))
    wf.handle_exception(waited, lambda wf: wf.execute("note", "denied"), "denied")


async def test_parallel_approvals(stage: Stage) -> None:
    names = ("answer-ada", "answer-bob", "answer-cleo")
    await stage.work(note)
    await stage.events(*names)
    await stage.deploy(approvals)
    run = await stage.run()
    for name in names:
        await stage.post(run, name, True)
    run = await stage.again(run)
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED"] * 4)
    assert await stage.variables(run, 1) == {"approved-ada": True}


async def test_an_approval_that_is_denied(stage: Stage) -> None:
    await stage.work(note)
    await stage.events("answer-ada", "answer-bob", "answer-cleo")
    await stage.deploy(approvals)
    run = await stage.run()
    await stage.post(run, "answer-ada", False)
    run = await stage.until(run, lambda seen: len(seen.thread_runs) == 5)
    handler = run.thread_runs[4]
    assert (handler.type, handler.parent_thread_id) == (ThreadType.FAILURE_HANDLER, 0)
    assert handler.failure_being_handled.thread_run_number == 0
    await stage.post(run, "answer-bob", True)
    await stage.post(run, "answer-cleo", True)
    run = await stage.ended(run)
    assert (run.status, statuses(run)[1]) == (COMPLETED, "EXCEPTION")
    assert list(run.thread_runs[0].handled_failed_children) == [1]
    (noted,) = await stage.task_runs(run)
    assert (noted.status, noted.source.task_node.node_run_id.thread_run_number) == (
        TaskStatus.TASK_SUCCESS,
        4,
    )
    (failure,) = (await stage.node(run, 0, 4)).failures
    assert (failure.failure_name, failure.message) == ("denied", "ada said no")
    assert (failure.was_properly_handled, failure.failure_handler_threadrun_id) == (True, 4)
    assert list((await stage.node(run, 0, 4)).failure_handler_ids) == [4]


@pytest.mark.parametrize(
    ("strategy", "first", "last", "status"),
    [
        (WaitForThreadsStrategy.WAIT_FOR_FIRST, True, None, COMPLETED),
        (WaitForThreadsStrategy.WAIT_FOR_FIRST, False, None, EXCEPTION),
        (WaitForThreadsStrategy.WAIT_FOR_ANY, False, True, COMPLETED),
        (WaitForThreadsStrategy.WAIT_FOR_ANY, False, False, ERROR),
    ],
)
async def test_waiting_for_one_of_several(
    stage: Stage, strategy: int, first: bool, last: bool | None, status: int
) -> None:
    def story(wf: WorkflowThread) -> None:
        def ask(name: str):  # type: ignore[no-untyped-def]
            def thread(wf: WorkflowThread) -> None:
                fine = wf.declare_bool(f"fine-{name}")
                fine.assign(wf.wait_for_event(name))
                wf.do_if(fine.is_equal_to(False), lambda wf: wf.fail("not-fine", "no"))

            return thread

        spawned = [wf.spawn_thread(ask(name), f"ask-{name}") for name in ("e1", "e2")]
        wf.wait_for_threads(SpawnedThreads.from_list(*spawned), strategy)

    await stage.events("e1", "e2")
    await stage.deploy(story)
    run = await stage.run()
    await stage.post(run, "e1", first)
    if last is not None:
        assert (await stage.again(run)).status == LHStatus.RUNNING
        await stage.post(run, "e2", last)
    run = await stage.again(run)
    assert run.status == status
    if last is None:
        assert statuses(run)[2] == "HALTED"
        reason = run.thread_runs[2].halt_reasons[0]
        assert reason.halted_by_parent.waiting_node_run_position == 3


# Interrupts


def interruptible(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("interrupt", lambda wf: wf.wait_for_event("end-of-interrupt"))
    wf.declare_str("out").assign(wf.wait_for_event("p"))


async def test_interrupts(stage: Stage) -> None:
    await stage.events("interrupt", "end-of-interrupt", "p")
    await stage.deploy(interruptible)
    run = await stage.run()
    posted = await stage.post(run, "interrupt")
    assert posted.claimed
    run = await stage.again(run)
    assert (run.status, statuses(run)) == (LHStatus.RUNNING, ["HALTED", "RUNNING"])
    assert run.thread_runs[1].type == ThreadType.INTERRUPT
    assert run.thread_runs[1].interrupt_trigger_id == posted.id
    (reason,) = run.thread_runs[0].halt_reasons
    assert reason.WhichOneof("reason") == "interrupted" and reason.interrupted.interrupt_thread_id == 1
    assert (await stage.node(run, 0, 1)).status == LHStatus.HALTED
    assert not (await stage.post(run, "p", "meanwhile")).claimed
    await stage.post(run, "end-of-interrupt")
    run = await stage.again(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"out": "meanwhile"})


async def test_an_interrupt_waits_for_the_task_at_hand(stage: Stage, tmp_path: Path) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("interrupt", lambda wf: wf.execute("note", "interrupted"))
        wf.declare_str("out").assign(wf.execute("slow", wf.declare_str("path")))

    gate = tmp_path / "open"
    await stage.work(slow, note)
    await stage.events("interrupt")
    await stage.deploy(story)
    run = await stage.run({"path": str(gate)})
    posted = await stage.post(run, "interrupt")
    run = await stage.again(run)
    assert (run.status, statuses(run)) == (LHStatus.RUNNING, ["HALTING"])
    (reason,) = run.thread_runs[0].halt_reasons
    assert reason.pending_interrupt.external_event_id == posted.id
    (pending,) = run.pending_interrupts
    assert (pending.external_event_id, pending.interrupted_thread_id) == (posted.id, 0)
    assert pending.handler_spec_name == "interrupt-interrupt"
    gate.touch()
    run = await stage.ended(run)
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED", "COMPLETED"])
    assert await stage.variables(run) == {"path": str(gate), "out": "slow result"}


# Failures


async def test_an_error_that_is_handled(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        failed = wf.execute("crash")
        wf.mutate(n, VariableMutationType.ASSIGN, 2)
        wf.handle_error(failed, lambda wf: wf.execute("note", "handled"))
        wf.execute("note", "after")

    await stage.work(note, crash)
    await stage.deploy(story)
    run = await stage.play()
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED", "COMPLETED"])
    node = await stage.node(run, 0, 1)
    assert node.status == ERROR
    (failure,) = node.failures
    assert (failure.failure_name, failure.was_properly_handled) == ("TASK_FAILURE", True)
    assert await stage.variables(run) == {"n": 1}, "mutations behind a failure are skipped"
    first = (await stage.task_runs(run))[0]
    assert (first.status, first.attempts[0].WhichOneof("result")) == (TaskStatus.TASK_FAILED, "error")
    assert first.attempts[0].error.type == LHErrorType.TASK_FAILURE
    assert "it crashed" in first.attempts[0].error.message


async def test_an_error_of_another_type_is_not_handled(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        failed = wf.execute("crash")
        wf.handle_error(failed, lambda wf: wf.execute("note", "handled"), LHErrorType.TIMEOUT)

    await stage.work(note, crash)
    await stage.deploy(story)
    run = await stage.play()
    assert (run.status, statuses(run)) == (ERROR, ["ERROR"])
    assert "it crashed" in run.thread_runs[0].error_message


async def test_a_business_exception_and_its_content(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            content = wf.add_variable("INPUT", VariableType.JSON_OBJ)
            wf.execute("note", content.with_json_path("$.item").cast_to_str())

        wf.handle_exception(wf.execute("refuse"), handler, "out-of-stock")

    await stage.work(note, refuse)
    await stage.deploy(story)
    run = await stage.play()
    assert run.status == COMPLETED
    refused, noted = await stage.task_runs(run)
    assert (refused.status, refused.attempts[0].exception.name) == (
        TaskStatus.TASK_EXCEPTION,
        "out-of-stock",
    )
    assert noted.attempts[0].output.str == "noted: 7"
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert (failure.message, failure.content.json_obj) == ("no more", '{"item":7}')


async def test_a_failure_that_nobody_handles(stage: Stage) -> None:
    await stage.deploy(lambda wf: wf.fail("my-failure", "because", "content"))
    run = await stage.run()
    assert (run.status, run.thread_runs[0].error_message) == (EXCEPTION, "because")
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert (failure.failure_name, failure.content.str) == ("my-failure", "content")


async def test_a_loop_without_end_is_ended(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        wf.do_while(n.is_greater_than(0), lambda wf: wf.mutate(n, VariableMutationType.ADD, 1))

    await stage.deploy(story)
    run = await stage.run()
    assert run.status == ERROR and "stack overflow" in run.thread_runs[0].error_message
    assert run.thread_runs[0].current_node_position == 512
