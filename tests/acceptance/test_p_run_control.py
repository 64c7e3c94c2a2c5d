"""P: stop, resume, rescue and delete."""

from __future__ import annotations

from collections import Counter

import pytest

from lhredis.errors import FailedPrecondition, InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town
from tests.support import wait_until

tries: Counter[str] = Counter()
"""How often `fail_once` was called, by its key."""


@task
async def fail_once(key: str) -> str:
    tries[key] += 1
    if tries[key] == 1:
        raise RuntimeError("not yet")
    return key


@task
async def after() -> None: ...


def two_steps(wf: WorkflowThread) -> None:
    key = wf.declare_str("key").required()
    flag = wf.declare_bool("flag", False)
    wf.execute("fail-once", key)
    flag.assign(True)
    wf.execute("after")


async def failed_at_first(town: Town, story: object = two_steps) -> str:
    """The id of a run whose first task has failed."""
    await town.work(fail_once, after)
    await town.deploy(story)  # type: ignore[arg-type]
    run = await town.play({"key": town.tenant})
    assert run.status is LHStatus.ERROR
    return run.id


async def test_p1_rescue_runs_the_failed_node_again(town: Town) -> None:
    run_id = await failed_at_first(town)
    assert (await town.client.rescue_thread_run(run_id)).status is LHStatus.RUNNING
    assert (await town.ended(run_id)).status is LHStatus.COMPLETED
    statuses = [task_run.status for task_run in await town.task_runs(run_id)]
    assert statuses == [TaskStatus.TASK_FAILED, TaskStatus.TASK_SUCCESS, TaskStatus.TASK_SUCCESS]
    assert await town.variable(run_id, "flag") is True


async def test_p2_rescue_can_skip_the_failed_node(town: Town) -> None:
    run_id = await failed_at_first(town)
    await town.client.rescue_thread_run(run_id, skip_current_node=True)
    assert (await town.ended(run_id)).status is LHStatus.COMPLETED
    assert len(await town.task_runs(run_id)) == 2
    assert await town.variable(run_id, "flag") is False


async def test_p4_rescue_lets_the_children_go_on(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        key = wf.declare_str("key").required()
        child = wf.spawn_thread(lambda wf: wf.wait_for_event("child-goes"), "child")
        wf.execute("fail-once", key)
        wf.wait_for_event("parent-goes")
        wf.wait_for_threads(child)

    await town.events("child-goes", "parent-goes")
    run_id = await failed_at_first(town, story)
    assert [one.status.name for one in (await town.again(run_id)).thread_runs] == ["ERROR", "HALTED"]
    rescued = await town.client.rescue_thread_run(run_id)
    assert [one.status.name for one in rescued.thread_runs] == ["RUNNING", "RUNNING"]
    await town.client.post_event(run_id, "child-goes")
    await town.client.post_event(run_id, "parent-goes")
    assert (await town.ended(run_id)).status is LHStatus.COMPLETED


async def test_p5_a_parent_that_failed_for_its_child_waits_again(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        key = wf.declare_str("key").required()
        child = wf.spawn_thread(lambda wf: wf.execute("fail-once", key), "child")
        wf.execute("after")
        wf.wait_for_threads(child)

    run_id = await failed_at_first(town, story)
    (failed,) = [one for one in await town.client.list_node_runs(run_id) if one.wait_for_threads]
    assert failed.status is LHStatus.ERROR
    await town.client.rescue_thread_run(run_id, 1)
    assert (await town.ended(run_id)).status is LHStatus.COMPLETED
    waits = [one for one in await town.client.list_node_runs(run_id) if one.wait_for_threads]
    assert [(one.id.position, one.status.name) for one in waits] == [
        (failed.id.position, "ERROR"),
        (failed.id.position + 1, "COMPLETED"),
    ]


async def test_p5_only_a_thread_in_error_can_be_rescued(town: Town) -> None:
    await town.events("go")
    await town.deploy(lambda wf: wf.wait_for_event("go"))
    run = await town.run()
    with pytest.raises(FailedPrecondition, match="only a ThreadRun in ERROR"):
        await town.client.rescue_thread_run(run.id)
    with pytest.raises(InvalidArgument, match="no ThreadRun 7"):
        await town.client.rescue_thread_run(run.id, 7)
    with pytest.raises(NotFound):
        await town.client.rescue_thread_run("nobody")


async def test_p7_a_deleted_run_is_gone_with_all_that_belongs_to_it(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("before")
        for _ in range(12):
            wf.execute("after")
        wf.wait_for_event("never")

    await town.work(after)
    await town.events("before", "never", "ignored")
    await town.deploy(story)
    await town.client.post_event("doomed", "before", guid="b1")
    run = await town.run(id="doomed")
    for number in range(12):
        await town.client.post_event(run.id, "ignored", number)
    await town.client.delete_wf_run(run.id)
    client = town.client
    for reading in (
        client.get_wf_run(run.id),
        client.get_node_run(run.id, 0, 0),
        client.list_task_runs(run.id),
        client.list_external_events(run.id),
        client.get_external_event(run.id, "before", "b1"),
        client.rescue_thread_run(run.id),
    ):
        with pytest.raises(NotFound):
            await reading
    await client.delete_wf_run(run.id)
    assert all(one.id != run.id for one in (await client.list_wf_runs()).items)


async def test_p10_stop_and_resume(town: Town) -> None:
    await town.events("go")
    await town.deploy(lambda wf: wf.wait_for_event("go"))
    run = await town.run()
    for _ in range(2):
        stopped = await town.client.stop_wf_run(run.id)
        assert stopped.status is LHStatus.HALTED
        assert [reason.kind for reason in stopped.thread_runs[0].halt_reasons] == ["manual_halt"]
    await town.client.post_event(run.id, "go")
    assert (await town.again(run)).status is LHStatus.HALTED
    with pytest.raises(InvalidArgument, match="no ThreadRun 1"):
        await town.client.stop_wf_run(run.id, 1)
    with pytest.raises(NotFound):
        await town.client.stop_wf_run("nobody")
    assert (await town.client.resume_wf_run(run.id)).status is LHStatus.COMPLETED
    assert (await town.client.resume_wf_run(run.id)).status is LHStatus.COMPLETED


async def test_p10_a_task_at_work_is_waited_for_and_its_result_used(town: Town) -> None:
    await town.client.put_task_def(after.task_def)
    await town.deploy(lambda wf: wf.execute("after"))
    run = await town.run()
    (task_at_work,) = await town.hand.claim("after")
    assert (await town.client.stop_wf_run(run.id)).status is LHStatus.HALTING
    await town.hand.report(task_at_work)

    async def halted() -> bool:
        return (await town.again(run)).status is LHStatus.HALTED

    await wait_until(halted)
    assert (await town.node(run, 0, 1)).status is LHStatus.HALTED
    assert (await town.client.resume_wf_run(run.id)).status is LHStatus.COMPLETED
