"""WfRuns stopped, resumed, rescued and deleted over gRPC, and ThreadRuns that were archived."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    CheckpointId,
    DeleteWfRunRequest,
    InactiveThreadRunId,
    LHStatus,
    ListNodeRunsRequest,
    ListTaskRunsRequest,
    ListUserTaskRunRequest,
    ListVariablesRequest,
    NodeRunId,
    RescueThreadRunRequest,
    ResumeWfRunRequest,
    SearchWfRunRequest,
    StopWfRunRequest,
    TaskRunId,
    TaskStatus,
    ThreadRetentionPolicy,
    ThreadType,
    VariableId,
    VariableMutationType,
    WfRunId,
)
from littlehorse.worker import WorkerContext
from littlehorse.workflow import SpawnedThreads, WorkflowThread

from tests.grpc.stage import Stage, statuses

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
_broken: set[str] = set()


async def mended(breaks: bool, ctx: WorkerContext) -> bool:
    """Fails the first time that a run calls it, if it `breaks`."""
    if breaks and ctx.wf_run_id.id not in _broken:
        _broken.add(ctx.wf_run_id.id)
        raise ValueError("broken")
    return True


def two_threads(wf: WorkflowThread) -> None:
    spawned = wf.spawn_thread(lambda wf: wf.wait_for_event("child-event"), "child")
    wf.wait_for_event("event")
    wf.wait_for_threads(SpawnedThreads.from_list(spawned))


async def waiting(stage: Stage):  # type: ignore[no-untyped-def]
    await stage.events("event", "child-event")
    await stage.deploy(two_threads)
    return await stage.run()


async def test_stop_and_resume(stage: Stage) -> None:
    run = await waiting(stage)
    for _ in range(2):
        await stage.stub.StopWfRun(StopWfRunRequest(wf_run_id=run.id))
    stopped = await stage.again(run)
    assert (stopped.status, statuses(stopped)) == (LHStatus.HALTED, ["HALTED", "HALTED"])
    (reason,) = stopped.thread_runs[0].halt_reasons
    assert reason.WhichOneof("reason") == "manual_halt"
    (of_child,) = stopped.thread_runs[1].halt_reasons
    assert of_child.parent_halted.parent_thread_id == 0
    assert not (await stage.post(run, "event")).claimed
    await stage.stub.ResumeWfRun(ResumeWfRunRequest(wf_run_id=run.id))
    assert (await stage.again(run)).status == LHStatus.RUNNING
    await stage.post(run, "child-event")
    assert (await stage.again(run)).status == COMPLETED


async def test_stop_one_thread(stage: Stage) -> None:
    run = await waiting(stage)
    await stage.stub.StopWfRun(StopWfRunRequest(wf_run_id=run.id, thread_run_number=1))
    stopped = await stage.again(run)
    assert (stopped.status, statuses(stopped)) == (LHStatus.RUNNING, ["RUNNING", "HALTED"])
    await stage.stub.ResumeWfRun(ResumeWfRunRequest(wf_run_id=run.id, thread_run_number=1))
    assert statuses(await stage.again(run)) == ["RUNNING", "RUNNING"]


async def test_what_cannot_be_stopped(stage: Stage) -> None:
    run = await waiting(stage)
    gone, stub, refusal = WfRunId(id="gone"), stage.stub, stage.lh.refusal
    await refusal(INVALID, call=stub.StopWfRun(StopWfRunRequest(wf_run_id=run.id, thread_run_number=7)))
    await refusal(NOT_FOUND, "gone", call=stub.StopWfRun(StopWfRunRequest(wf_run_id=gone)))
    await refusal(NOT_FOUND, "gone", call=stub.ResumeWfRun(ResumeWfRunRequest(wf_run_id=gone)))
    await refusal(NOT_FOUND, "gone", call=stub.RescueThreadRun(RescueThreadRunRequest(wf_run_id=gone)))
    await refusal(INVALID, call=stub.StopWfRun(StopWfRunRequest()))


def mendable(wf: WorkflowThread) -> None:
    flag = wf.declare_bool("flag", False)
    wf.execute("mended", True)
    wf.mutate(flag, VariableMutationType.ASSIGN, True)
    wf.execute("mended", False)


async def failed(stage: Stage):  # type: ignore[no-untyped-def]
    await stage.work(mended)
    await stage.deploy(mendable)
    run = await stage.play()
    assert run.status == ERROR
    return run


async def test_rescue(stage: Stage) -> None:
    run = await failed(stage)
    rescued = await stage.stub.RescueThreadRun(RescueThreadRunRequest(wf_run_id=run.id))
    assert (rescued.status, rescued.HasField("end_time")) == (LHStatus.RUNNING, False)
    run = await stage.ended(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"flag": True})
    assert [one.status for one in await stage.task_runs(run)] == [
        TaskStatus.TASK_FAILED,
        TaskStatus.TASK_SUCCESS,
        TaskStatus.TASK_SUCCESS,
    ]


async def test_rescue_behind_the_failed_node(stage: Stage) -> None:
    run = await failed(stage)
    await stage.stub.RescueThreadRun(RescueThreadRunRequest(wf_run_id=run.id, skip_current_node=True))
    run = await stage.ended(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"flag": False})
    assert len(await stage.task_runs(run)) == 2
    again = stage.stub.RescueThreadRun(RescueThreadRunRequest(wf_run_id=run.id))
    await stage.lh.refusal(FAILED_PRECONDITION, call=again)


async def test_a_deleted_run_is_gone_with_all_that_it_had(stage: Stage) -> None:
    run = await failed(stage)
    await stage.events("e")
    event = await stage.post(run, "e", guid="g")
    for _ in range(2):
        await stage.stub.DeleteWfRun(DeleteWfRunRequest(id=run.id))
    stub, task_run_id = stage.stub, TaskRunId(wf_run_id=run.id, task_guid="0-1")
    for call in (
        stub.GetWfRun(run.id),
        stub.GetNodeRun(NodeRunId(wf_run_id=run.id)),
        stub.GetTaskRun(task_run_id),
        stub.GetVariable(VariableId(wf_run_id=run.id, name="flag")),
        stub.GetExternalEvent(event.id),
        stub.GetCheckpoint(CheckpointId(task_run=task_run_id)),
    ):
        await stage.lh.refusal(NOT_FOUND, call=call)
    assert await stage.nodes(run) == []
    assert await stage.task_runs(run) == []
    assert await stage.variables(run) == {}
    assert await stage.external_events(run) == []
    listed = await stub.ListUserTaskRuns(ListUserTaskRunRequest(wf_run_id=run.id))
    assert list(listed.results) == []
    assert list((await stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="flow"))).results) == []


async def test_archived_threads(stage: Stage) -> None:
    def instant(wf: WorkflowThread) -> None:
        wf.with_retention_policy(ThreadRetentionPolicy(seconds_after_thread_termination=0))

    def story(wf: WorkflowThread) -> None:
        for name in ("one", "two"):
            wf.spawn_thread(instant, name)
        wf.wait_for_event("event")

    await stage.events("event")
    await stage.deploy(story)
    run = await stage.until(await stage.run(), lambda seen: len(seen.thread_runs) == 1)
    assert (run.status, run.greatest_threadrun_number) == (LHStatus.RUNNING, 2)
    for number in (1, 2):
        thread_id = InactiveThreadRunId(wf_run_id=run.id, thread_run_number=number)
        found = await stage.stub.GetInactiveThreadRun(thread_id)
        assert (found.id, found.WhichOneof("inactive_reason")) == (thread_id, "archived")
        assert (found.thread_run.status, found.thread_run.type) == (COMPLETED, ThreadType.CHILD)
    for number in (0, 3):
        thread_id = InactiveThreadRunId(wf_run_id=run.id, thread_run_number=number)
        await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetInactiveThreadRun(thread_id))


async def test_lists_have_pages(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        for number in range(7):
            wf.declare_int(f"v{number}", number)
        for _ in range(3):
            wf.execute("mended", False)

    await stage.work(mended)
    await stage.deploy(story)
    run = await stage.play()
    for rpc, request, count in (
        (stage.stub.ListVariables, ListVariablesRequest, 7),
        (stage.stub.ListNodeRuns, ListNodeRunsRequest, 5),
        (stage.stub.ListTaskRuns, ListTaskRunsRequest, 3),
    ):
        whole = await rpc(request(wf_run_id=run.id))
        assert (len(whole.results), whole.HasField("bookmark")) == (count, False)
        found: list[object] = []
        page = await rpc(request(wf_run_id=run.id, limit=2))
        while page.HasField("bookmark"):
            assert len(page.results) == 2
            found += page.results
            page = await rpc(request(wf_run_id=run.id, limit=2, bookmark=page.bookmark))
        assert [*found, *page.results] == list(whole.results)
    for wrong in ({"limit": 0}, {"bookmark": b"\xff\x00"}, {"bookmark": b"nothing"}):
        call = stage.stub.ListVariables(ListVariablesRequest(wf_run_id=run.id, **wrong))
        await stage.lh.refusal(INVALID, next(iter(wrong)), call=call)


async def test_a_list_is_no_larger_than_clients_take(stage: Stage) -> None:
    await stage.deploy(lambda wf: [wf.declare_str(f"v{number}") for number in range(6)])
    run = await stage.run({f"v{number}": "x" * 600_000 for number in range(6)})
    first = await stage.stub.ListVariables(ListVariablesRequest(wf_run_id=run.id))
    rest = await stage.stub.ListVariables(ListVariablesRequest(wf_run_id=run.id, bookmark=first.bookmark))
    assert (len(first.results), len(rest.results), rest.HasField("bookmark")) == (5, 1, False)


async def test_node_runs_of_one_thread(stage: Stage) -> None:
    run = await waiting(stage)
    assert [node.id.thread_run_number for node in await stage.nodes(run)] == [0, 0, 0, 1, 1]
    assert [node.id.position for node in await stage.nodes(run, 1)] == [0, 1]
    assert await stage.nodes(run, 9) == []
