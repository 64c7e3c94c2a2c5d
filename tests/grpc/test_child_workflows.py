"""Workflows of LittleHorse's DSL that start WfRuns, or belong to one."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    LHStatus,
    RunWfRequest,
    SearchWfRunRequest,
    VariableMutationType,
    WfRunId,
)
from littlehorse.utils import to_variable_value
from littlehorse.workflow import Workflow, WorkflowThread

from tests.grpc.stage import Stage

COMPLETED, ERROR, EXCEPTION = LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


async def greet(name: str) -> str:
    return f"Hello, {name}!"


# Workflows that start others


def child(wf: WorkflowThread) -> None:
    wf.complete(wf.execute("greet", wf.declare_str("name").required()))


def parent(wf: WorkflowThread) -> None:
    started = wf.run_wf("child", {"name": wf.declare_str("name")})
    wf.declare_str("answer").assign(wf.wait_for_child_wf(started))


async def test_a_child_has_the_id_that_it_was_given(stage: Stage) -> None:
    def naming(wf: WorkflowThread) -> None:
        for child_id in (wf.declare_str("which"), "first"):
            wf.run_wf("child", {"name": "Leia"}, child_id=child_id)

    await stage.work(greet)
    await stage.deploy(child, "child")
    await stage.deploy(naming, "naming")
    run = await stage.play({"which": "first"}, "naming")
    named = await stage.ended(WfRunId(id="first", parent_wf_run_id=run.id))
    assert (named.status, run.status) == (COMPLETED, ERROR)
    (failure,) = (await stage.node(run, 0, 2)).failures
    assert failure.failure_name == "CHILD_FAILURE" and "already exists!" in failure.message


async def test_a_child_has_the_events_that_were_posted_to_its_id_before(stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(lambda wf: wf.complete(wf.wait_for_event("go")), "child")
    await stage.deploy(lambda wf: wf.run_wf("child", child_id="first"), "parent")
    await stage.post(WfRunId(id="first", parent_wf_run_id=WfRunId(id="run")), "go", "early")
    await stage.run(name="parent", id="run")
    named = await stage.ended(WfRunId(id="first", parent_wf_run_id=WfRunId(id="run")))
    assert (named.status, named.thread_runs[0].output.str) == (COMPLETED, "early")


async def test_run_child_wf(stage: Stage) -> None:
    await stage.work(greet)
    await stage.deploy(child, "child")
    await stage.deploy(parent, "parent")
    run = await stage.play({"name": "Han"}, "parent")
    assert (run.status, await stage.variables(run)) == (
        COMPLETED,
        {"name": "Han", "answer": "Hello, Han!"},
    )
    started = (await stage.node(run, 0, 1)).run_child_wf
    assert started.child_wf_run_id.parent_wf_run_id == run.id
    assert started.inputs["name"].str == "Han" and started.wf_spec_id.name == "child"
    below = await stage.again(started.child_wf_run_id)
    assert (below.status, below.id, below.thread_runs[0].output.str) == (
        COMPLETED,
        started.child_wf_run_id,
        "Hello, Han!",
    )
    assert below.parent_trigger.triggering_node_run == (await stage.node(run, 0, 1)).id
    waited = await stage.node(run, 0, 2)
    assert waited.wait_for_child_wf.child_wf_run_id == below.id


async def test_a_child_wf_that_fails(stage: Stage) -> None:
    await stage.deploy(lambda wf: wf.fail("some-exn", "it did not work"), "child")
    await stage.deploy(lambda wf: wf.wait_for_child_wf(wf.run_wf("child")), "parent")
    run = await stage.run(name="parent")
    assert run.status == EXCEPTION
    (failure,) = (await stage.node(run, 0, 2)).failures
    assert failure.failure_name == "some-exn"
    assert "Child WfRun failed: it did not work" in failure.message


async def test_children_that_cannot_be(stage: Stage) -> None:
    await stage.work(greet)
    await stage.deploy(child, "child")
    for story, words in (
        (lambda wf: wf.run_wf("nothing"), "could not find WfSpec"),
        (lambda wf: wf.run_wf("child"), "name"),
    ):
        try:
            await stage.deploy(story, "parent")
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert words.lower() in error.details().lower()
        else:
            raise AssertionError("it was taken")


# Workflows that belong to others


def grand(wf: WorkflowThread) -> None:
    wf.declare_int("total", 10).as_public()
    wf.wait_for_event("end")


def below(wf: WorkflowThread) -> None:
    total = wf.declare_int("total").as_inherited()
    wf.wait_for_event("go")
    wf.mutate(total, VariableMutationType.ADD, 5)


async def hierarchy(stage: Stage) -> None:
    await stage.events("end", "go")
    await stage.deploy(grand, "grand")
    await stage.deploy(Workflow("below", below, "grand"))


async def test_hierarchical_workflows(stage: Stage) -> None:
    await hierarchy(stage)
    top = await stage.run(name="grand", id="top")
    one = await stage.run(name="below", id="one", parent_wf_run_id=top.id)
    assert one.id == WfRunId(id="one", parent_wf_run_id=WfRunId(id="top"))
    assert (await stage.post(one, "go")).claimed
    assert (await stage.again(one)).status == COMPLETED
    assert not (await stage.again(one)).HasField("parent_trigger")
    assert await stage.variables(top) == {"total": 15}
    assert await stage.variables(one) == {}

    other = await stage.run(name="below", parent_wf_run_id=top.id)
    found = await stage.stub.SearchWfRun(SearchWfRunRequest(parent_wf_run_id=top.id))
    assert sorted(one.id for one in found.results) == sorted(["one", other.id.id])


async def test_hierarchies_that_cannot_be(stage: Stage) -> None:
    await hierarchy(stage)
    top = await stage.run(name="grand", id="top")
    refusal, run = stage.lh.refusal, stage.run
    await refusal(grpc.StatusCode.INVALID_ARGUMENT, call=run(name="below"))
    await refusal(FAILED_PRECONDITION, call=run(name="below", parent_wf_run_id=WfRunId(id="nobody")))
    await refusal(grpc.StatusCode.INVALID_ARGUMENT, call=run(name="grand", parent_wf_run_id=top.id))
    await run(name="below", id="one", parent_wf_run_id=top.id)
    await refusal(
        grpc.StatusCode.ALREADY_EXISTS,
        "WfRun with id",
        "already exists!",
        call=run(name="below", id="one", parent_wf_run_id=top.id),
    )
    second = await run(name="grand")
    await run(name="below", id="one", parent_wf_run_id=second.id)


async def test_starts_that_are_refused(stage: Stage) -> None:
    await stage.work(greet)
    await stage.deploy(child)
    refusal, run = stage.lh.refusal, stage.run
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    await refusal(invalid, "name", call=run())
    await refusal(invalid, "unknown", call=run({"name": "x", "unknown": 1}))
    await refusal(invalid, "name", call=run({"name": {"a": 1}}))
    await refusal(missing, "nothing", call=run(name="nothing"))
    await refusal(missing, call=run({"name": "x"}, major_version=9))
    await refusal(invalid, "id", call=run({"name": "x"}, id="no_id"))
    await refusal(missing, "not-there", call=stage.again(WfRunId(id="not-there")))
    await run({"name": "x"}, id="twice")
    await refusal(
        grpc.StatusCode.ALREADY_EXISTS,
        "WfRun with id twice already exists!",
        call=run({"name": "x"}, id="twice"),
    )
    newest = RunWfRequest(
        wf_spec_name="flow", major_version=0, revision=0, variables={"name": to_variable_value("x")}
    )
    assert (await stage.stub.RunWf(newest)).wf_spec_id.name == "flow"
