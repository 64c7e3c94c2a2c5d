"""M: child WfRuns: started by a node, or by a client under a parent."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, LHRedisError, NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.wf_run import WfRun
from lhredis.worker import task
from lhredis.workflow import Workflow, WorkflowThread
from tests.acceptance.town import Town

COMPLETED, ERROR, EXCEPTION, RUNNING = (
    LHStatus.COMPLETED,
    LHStatus.ERROR,
    LHStatus.EXCEPTION,
    LHStatus.RUNNING,
)


@task
async def crash() -> None:
    raise RuntimeError("the child crashes")


def runs_child(inputs: dict[str, Any] | None = None) -> Any:
    """A parent: what the child returns goes into a variable."""

    def story(wf: WorkflowThread) -> None:
        result = wf.declare_str("result")
        result.assign(wf.wait_for_child_wf(wf.run_wf("child", inputs)))

    return story


async def child_of(town: Town, run: WfRun) -> WfRun:
    """The child WfRun that N(0,1) has started."""
    started = (await town.node(run, 0, 1)).run_child_wf
    assert started is not None and started.child_wf_run_id is not None
    return await town.again(str(started.child_wf_run_id))


async def test_m1_a_child_spec_that_does_not_exist(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="could not find WfSpec"):
        await town.deploy(runs_child(), "parent")
    with pytest.raises(NotFound):
        await town.client.get_wf_spec("parent")


@pytest.mark.parametrize("inputs", [None, {}, {"another": "x"}, {"input-name": "x"}])
async def test_m2_inputs_that_do_not_fit(town: Town, inputs: dict[str, Any] | None) -> None:
    await town.deploy(lambda wf: wf.declare_int("input-name").required(), "child")
    with pytest.raises(InvalidArgument, match=r"input-name|another"):
        await town.deploy(runs_child(inputs), "parent")


async def test_m2_an_input_that_turns_out_to_be_null(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_int("input-name").required(), "child")

    def story(wf: WorkflowThread) -> None:
        wf.run_wf("child", {"input-name": wf.declare_int("nothing")})

    await town.deploy(story, "parent")
    run = await town.run(name="parent")
    failure = await town.failure(run, 0, 1)
    assert (run.status, failure.failure_name) == (ERROR, "VAR_SUB_ERROR")
    assert "input-name" in failure.message
    assert (await town.run({"nothing": 5}, name="parent")).status is COMPLETED


async def test_m4_the_exception_of_the_child(town: Town) -> None:
    await town.deploy(lambda wf: wf.fail("some-exn", "because"), "child")
    await town.deploy(runs_child(), "parent")
    run = await town.run(name="parent")
    assert run.status is EXCEPTION
    failure = await town.failure(run, 0, 2)
    assert failure.failure_name == "some-exn" and "because" in failure.message
    assert (await child_of(town, run)).status is EXCEPTION


async def test_the_error_of_the_child(town: Town) -> None:
    await town.work(crash)
    await town.deploy(lambda wf: wf.execute(crash), "child")
    await town.deploy(runs_child(), "parent")
    run = await town.play(name="parent")
    assert run.status is ERROR
    assert (await town.failure(run, 0, 2)).failure_name == "CHILD_FAILURE"


async def test_m5_the_output_of_the_child(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete("hello"), "child")
    await town.deploy(runs_child(), "parent")
    run = await town.run(name="parent")
    assert (run.status, await town.variable(run, "result")) == (COMPLETED, "hello")
    child = await child_of(town, run)
    assert (child.status, child.wf_spec_id.name) == (COMPLETED, "child")
    assert child.id.startswith(f"{run.id}_")


async def test_the_parent_waits_while_the_child_does(town: Town) -> None:
    await town.events("e")
    await town.deploy(lambda wf: wf.complete(wf.wait_for_event("e")), "child")
    await town.deploy(runs_child(), "parent")
    run = await town.run(name="parent")
    child = await child_of(town, run)
    assert (run.status, child.status) == (RUNNING, RUNNING)
    assert (await town.post(child, "e", "content")).status is COMPLETED
    run = await town.ended(run)
    assert (run.status, await town.variable(run, "result")) == (COMPLETED, "content")


async def test_stopping_the_parent_does_not_stop_the_child(town: Town) -> None:
    await town.events("e")
    await town.deploy(lambda wf: wf.complete(wf.wait_for_event("e")), "child")
    await town.deploy(runs_child(), "parent")
    run = await town.run(name="parent")
    child = await child_of(town, run)
    assert (await town.client.stop_wf_run(run.id)).status is LHStatus.HALTED
    assert (await town.post(child, "e", "content")).status is COMPLETED
    assert (await town.again(run)).status is LHStatus.HALTED
    assert (await town.client.resume_wf_run(run.id)).status is COMPLETED
    assert await town.variable(run, "result") == "content"


async def test_the_newest_child_spec_of_the_major_version_is_run(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete("old"), "child")
    await town.deploy(runs_child(), "parent")

    def revised(wf: WorkflowThread) -> None:
        wf.declare_str("more")
        wf.complete("revised")

    await town.deploy(revised, "child")
    assert await town.variable(await town.run(name="parent"), "result") == "revised"

    def broken(wf: WorkflowThread) -> None:
        wf.declare_str("needed").required()
        wf.complete("broken")

    spec = await town.deploy(broken, "child")
    assert spec.id.major_version == 1
    assert await town.variable(await town.run(name="parent"), "result") == "revised"


# Under a parent


def has_a_variable(wf: WorkflowThread) -> None:
    wf.declare_str("name", "Luke").as_public()
    wf.wait_for_event("done")


def uses_it(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").as_inherited()
    name.assign(wf.wait_for_event("e"))


async def hierarchy(town: Town) -> WfRun:
    """Both specs, and a run of the parent."""
    await town.events("done", "e")
    await town.deploy(has_a_variable, "parent")
    await town.deploy(Workflow("child", uses_it, parent_wf="parent"))
    return await town.run(name="parent")


async def test_m8_the_parent_spec_does_not_exist(town: Town) -> None:
    await town.events("e")
    with pytest.raises(LHRedisError, match="parent"):
        await town.deploy(Workflow("child", uses_it, parent_wf="parent"))


async def test_m8_a_child_without_a_parent(town: Town) -> None:
    await hierarchy(town)
    with pytest.raises(InvalidArgument, match="parent"):
        await town.run(name="child")


async def test_m8_an_event_for_the_child(town: Town) -> None:
    parent = await hierarchy(town)
    child = await town.run(name="child", parent_wf_run_id=parent.id, id="only")
    assert (child.id, child.status) == (f"{parent.id}_only", RUNNING)
    assert (await town.post(child, "e", "Leia")).status is COMPLETED
    assert await town.variable(parent, "name") == "Leia"
    assert (await town.post(parent, "done")).status is COMPLETED


async def test_m8_the_same_child_id_twice(town: Town) -> None:
    parent = await hierarchy(town)
    child = await town.run(name="child", parent_wf_run_id=parent.id, id="only")
    with pytest.raises(AlreadyExists, match=f"WfRun with id {child.id} already exists!"):
        await town.run(name="child", parent_wf_run_id=parent.id, id="only")
    other = await town.run(name="parent")
    assert (await town.run(name="child", parent_wf_run_id=other.id, id="only")).status is RUNNING


async def test_a_child_of_a_run_that_does_not_exist_or_has_another_spec(town: Town) -> None:
    await hierarchy(town)
    await town.deploy(lambda wf: wf.wait_for_event("e"), "stranger")
    stranger = await town.run(name="stranger")
    for parent_id in ("nobody", stranger.id):
        with pytest.raises((FailedPrecondition, InvalidArgument, NotFound), match=parent_id):
            await town.run(name="child", parent_wf_run_id=parent_id)


async def test_a_child_writes_into_a_parent_that_has_ended(town: Town) -> None:
    parent = await hierarchy(town)
    child = await town.run(name="child", parent_wf_run_id=parent.id)
    assert (await town.post(parent, "done")).status is COMPLETED
    assert (await town.post(child, "e", "Leia")).status is COMPLETED
    assert await town.variable(parent, "name") == "Leia"
