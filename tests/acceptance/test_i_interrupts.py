"""I: interrupts: an event halts threads, and they go on when its handler is through."""

from __future__ import annotations

import asyncio

from lhredis.model.enums import LHStatus, ThreadType
from lhredis.model.wf_run import WfRun
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town, halt_kinds, statuses

COMPLETED = LHStatus.COMPLETED

gates = {name: asyncio.Event() for name in ("slow", "child", "parent")}
"""Opened by the scenario that lets the task of that name go on."""


@task
async def slow_task() -> str:
    await gates["slow"].wait()
    return "slow result"


@task
async def handle_child() -> None:
    await gates["child"].wait()


@task
async def handle_parent() -> None:
    await gates["parent"].wait()


def interruptible(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("i", lambda wf: wf.wait_for_event("c"))
    wf.declare_str("x").assign(wf.wait_for_event("p"))


async def started(town: Town) -> WfRun:
    await town.events("i", "c", "p")
    await town.deploy(interruptible)
    return await town.run()


async def test_i1_no_interrupt(town: Town) -> None:
    run = await town.post(await started(town), "p", "x")
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED"])


async def test_i2_interrupted_and_back(town: Town) -> None:
    run = await town.post(await started(town), "i")
    assert (run.status, statuses(run)) == (LHStatus.RUNNING, ["HALTED", "RUNNING"])
    assert (await town.node(run, 0, 1)).status is LHStatus.HALTED
    assert run.thread_runs[1].type is ThreadType.INTERRUPT
    trigger = run.thread_runs[1].interrupt_trigger_id
    assert trigger is not None and trigger.external_event_def_id.name == "i"
    (event,) = await town.client.list_external_events(run.id)
    assert event.claimed
    run = await town.post(run, "c")
    assert statuses(run) == ["RUNNING", "COMPLETED"]
    assert (await town.node(run, 0, 1)).status is LHStatus.RUNNING
    assert (await town.post(run, "p", "x")).status is COMPLETED


async def test_i4_a_task_that_is_out_keeps_its_result(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute(slow_task))
        wf.declare_str("out").assign(wf.execute(slow_task))

    gates["slow"].clear()
    await town.work(slow_task)
    await town.events("i")
    await town.deploy(story)
    run = await town.post(await town.run(), "i")
    assert (run.status, statuses(run), halt_kinds(run, 0)) == (
        LHStatus.RUNNING,
        ["HALTING"],
        ["pending_interrupt"],
    )
    (pending,) = run.pending_interrupts
    assert (pending.interrupted_thread_id, pending.external_event_id.external_event_def_id.name) == (0, "i")
    gates["slow"].set()
    run = await town.ended(run)
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED", "COMPLETED"])
    assert await town.variable(run, "out") == "slow result"


async def test_i5_an_event_that_comes_during_the_handler(town: Town) -> None:
    run = await started(town)
    await town.post(run, "i")
    run = await town.post(run, "p", "Obi-Wan Kenobi")
    assert statuses(run) == ["HALTED", "RUNNING"]
    run = await town.post(run, "c")
    assert (run.status, await town.variable(run, "x")) == (COMPLETED, "Obi-Wan Kenobi")


async def test_several_interrupts_are_handled_one_after_another(town: Town) -> None:
    run = await started(town)
    for _ in range(2):
        run = await town.post(run, "i")
    assert (statuses(run), halt_kinds(run, 0)) == (
        ["HALTED", "RUNNING"],
        ["interrupted", "pending_interrupt"],
    )
    run = await town.post(run, "c")
    assert statuses(run) == ["HALTED", "COMPLETED", "RUNNING"]
    run = await town.post(run, "c")
    assert statuses(run) == ["RUNNING", "COMPLETED", "COMPLETED"]
    assert (await town.post(run, "p", "x")).status is COMPLETED


# A child and its parent


def family(wf: WorkflowThread) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ci", lambda wf: wf.execute(handle_child))
        wf.wait_for_event("c")

    wf.add_interrupt_handler("pi", lambda wf: wf.execute(handle_parent))
    wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.wait_for_event("p")


async def family_of(town: Town) -> WfRun:
    for gate in gates.values():
        gate.clear()
    await town.work(handle_child, handle_parent)
    await town.events("c", "p", "ci", "pi")
    await town.deploy(family)
    return await town.run()


async def finished(town: Town, run: WfRun) -> None:
    """The two events that the family waits for, and its end."""
    await town.post(run, "c")
    assert (await town.post(run, "p")).status is COMPLETED


async def test_i7_nobody_is_interrupted(town: Town) -> None:
    run = await town.post(await family_of(town), "c")
    assert (run.thread_runs[1].status, run.thread_runs[1].parent_thread_id) == (COMPLETED, 0)
    assert run.thread_runs[0].current_node_position == 3
    assert (await town.post(run, "p")).status is COMPLETED


async def test_i8_the_child_is_interrupted(town: Town) -> None:
    run = await town.post(await family_of(town), "ci")
    assert (statuses(run)[1], run.thread_runs[2].type) == ("HALTED", ThreadType.INTERRUPT)
    (reason,) = run.thread_runs[1].halt_reasons
    assert reason.interrupted is not None and reason.interrupted.interrupt_thread_id == 2
    assert (await town.node(run, 1, 1)).status is LHStatus.HALTED
    gates["child"].set()
    run = await town.until(run, lambda run: run.thread_runs[2].status is COMPLETED)
    assert statuses(run) == ["RUNNING", "RUNNING", "COMPLETED"]
    await finished(town, run)


async def test_i10_child_and_parent_are_interrupted(town: Town) -> None:
    run = await town.post(await family_of(town), "ci")
    run = await town.post(run, "pi")
    assert halt_kinds(run, 1) == ["interrupted", "parent_halted"]
    assert [run.thread_runs[number].parent_thread_id for number in (2, 3)] == [1, 0]
    assert (statuses(run)[2], halt_kinds(run, 2)) == ("HALTING", ["parent_halted"])
    gates["parent"].set()
    run = await town.until(run, lambda run: run.thread_runs[3].status is COMPLETED)
    assert statuses(run) == ["RUNNING", "HALTED", "RUNNING", "COMPLETED"]
    gates["child"].set()
    run = await town.until(run, lambda run: run.thread_runs[2].status is COMPLETED)
    await finished(town, run)


async def test_i10_the_handler_of_the_child_is_through_first(town: Town) -> None:
    run = await town.post(await family_of(town), "ci")
    await town.post(run, "pi")
    gates["child"].set()
    run = await town.until(run, lambda run: run.thread_runs[2].status is LHStatus.HALTED)
    assert statuses(run) == ["HALTED", "HALTED", "HALTED", "RUNNING"]
    gates["parent"].set()
    run = await town.until(run, lambda run: statuses(run)[1] == "RUNNING")
    assert statuses(run) == ["RUNNING", "RUNNING", "COMPLETED", "COMPLETED"]
    await finished(town, run)


async def test_i11_a_handler_that_fails(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.add_interrupt_handler("i", lambda wf: wf.fail("i-fail", "no"))
            wf.sleep(1)

        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        wf.handle_any_failure(waited, lambda wf: wf.complete())

    await town.events("i")
    await town.deploy(story)
    run = await town.post(await town.run(), "i")
    assert (run.status, statuses(run)) == (COMPLETED, ["COMPLETED", "EXCEPTION", "EXCEPTION", "COMPLETED"])
    assert run.thread_runs[1].error_message == "Interrupt thread with id 2 failed!"
