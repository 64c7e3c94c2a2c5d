"""What is searched and counted over gRPC: filters, pages, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from littlehorse import create_task_def
from littlehorse.model import (
    CorrelatedEventConfig,
    CountNodeRunRequest,
    CountTaskRunRequest,
    ExternalEventDefId,
    LHStatus,
    ListVariablesRequest,
    NodeRunId,
    PutCorrelatedEventRequest,
    SearchCorrelatedEventRequest,
    SearchExternalEventDefRequest,
    SearchExternalEventRequest,
    SearchNodeRunRequest,
    SearchTaskRunRequest,
    SearchVariableRequest,
    SearchWfRunRequest,
    SearchWfSpecRequest,
    SearchWorkflowEventRequest,
    TaskStatus,
    VariableMatch,
    WorkflowEventDefId,
)
from littlehorse.utils import to_variable_value
from littlehorse.workflow import Workflow, WorkflowThread

from tests.grpc.stage import Stage

COMPLETED, RUNNING = LHStatus.COMPLETED, LHStatus.RUNNING
INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def double(n: int) -> int:
    return 2 * n


def searchable(wf: WorkflowThread) -> None:
    wf.declare_str("email").searchable()
    wf.declare_json_arr("tags").searchable()
    wf.declare_int("plain")
    wf.wait_for_event("go")


async def everything(rpc: Callable[[Any], Any], request: Any) -> list[Any]:
    """All pages of a search, each with as many as were asked for at most."""
    found: list[Any] = []
    while True:
        page = await rpc(request)
        assert len(page.results) <= request.limit or not request.HasField("limit")
        found += page.results
        if not page.HasField("bookmark"):
            return found
        request.bookmark = page.bookmark


async def test_wf_runs_by_spec_and_status(stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(searchable)
    waits = [await stage.run() for _ in range(3)]
    await stage.post(waits[0], "go")

    async def found(**filters: Any) -> list[str]:
        request = SearchWfRunRequest(wf_spec_name="flow", **filters)
        return [one.id for one in (await stage.stub.SearchWfRun(request)).results]

    newest_first = [run.id.id for run in reversed(waits)]
    assert sorted(await found()) == sorted(newest_first)
    assert sorted(await found(status=RUNNING)) == sorted(newest_first[:2])
    assert await found(status=COMPLETED) == [waits[0].id.id]
    assert sorted(await found(wf_spec_major_version=0, wf_spec_revision=0)) == sorted(newest_first)
    assert await found(wf_spec_major_version=1) == []
    assert await found(latest_start=Timestamp(seconds=1)) == []
    assert await found(earliest_start=waits[0].start_time, status=COMPLETED) == [waits[0].id.id]
    nothing = await stage.stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="other"))
    assert (list(nothing.results), nothing.HasField("bookmark")) == ([], False)


async def test_wf_runs_page_by_page(stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(searchable)
    ids = {(await stage.run()).id.id for _ in range(7)}
    for limit in (1, 3, 7, 100_000):
        request = SearchWfRunRequest(wf_spec_name="flow", limit=limit)
        found = await everything(stage.stub.SearchWfRun, request)
        assert (len(found), {one.id for one in found}) == (7, ids)
    for wrong in (b"nothing", b"\xff\xfe"):
        call = stage.stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="flow", bookmark=wrong))
        await stage.lh.refusal(INVALID, "bookmark", call=call)


async def test_wf_runs_and_variables_by_value(stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(searchable)
    run = await stage.run({"email": "ada@example.com", "tags": ["a", "b", "a"]})
    await stage.run({"email": "bob@example.com"})

    async def runs(**values: Any) -> list[Any]:
        filters = [
            VariableMatch(var_name=name, value=to_variable_value(value)) for name, value in values.items()
        ]
        request = SearchWfRunRequest(wf_spec_name="flow", variable_filters=filters)
        return list((await stage.stub.SearchWfRun(request)).results)

    async def variables(name: str, value: Any) -> list[Any]:
        request = SearchVariableRequest(wf_spec_name="flow", var_name=name, value=to_variable_value(value))
        return list((await stage.stub.SearchVariable(request)).results)

    assert await runs(email="ada@example.com") == [run.id]
    assert await runs(email="ada@example.com", tags="a") == [run.id]
    assert await runs(email="bob@example.com", tags="a") == []
    assert await runs(tags="b") == [run.id] and await runs(tags="c") == []
    (variable,) = await variables("email", "ada@example.com")
    assert (variable.wf_run_id, variable.thread_run_number, variable.name) == (run.id, 0, "email")
    assert await variables("email", "nobody") == []
    await stage.lh.refusal(INVALID, "plain", call=variables("plain", 1))


async def test_node_runs_and_task_runs(stage: Stage) -> None:
    await stage.work(double)
    await stage.events("go")
    await stage.deploy(lambda wf: [wf.execute("double", 2), wf.wait_for_event("go")])
    run = await stage.until(await stage.run(), lambda seen: seen.thread_runs[0].current_node_position == 2)

    async def nodes(**filters: Any) -> list[NodeRunId]:
        found = await everything(stage.stub.SearchNodeRun, SearchNodeRunRequest(limit=1, **filters))
        return sorted(found, key=lambda one: one.position)

    waiting = NodeRunId(wf_run_id=run.id, thread_run_number=0, position=2)
    assert await nodes(status=RUNNING) == [waiting]
    assert await nodes(external_event_def=ExternalEventDefId(name="go")) == [waiting]
    assert [one.position for one in await nodes(status=COMPLETED)] == [0, 1]
    assert len(await nodes()) == 3

    async def tasks(**filters: Any) -> list[Any]:
        return list((await stage.stub.SearchTaskRun(SearchTaskRunRequest(**filters))).results)

    (task_run_id,) = await tasks(task_def_name="double", status=TaskStatus.TASK_SUCCESS)
    assert (await stage.stub.GetTaskRun(task_run_id)).attempts[0].output.int == 4
    assert await tasks(task_def_name="double", status=TaskStatus.TASK_FAILED) == []
    assert await tasks(task_def_name="other") == []
    await stage.lh.refusal(INVALID, "task_def_name", call=tasks())


async def test_counts(stage: Stage) -> None:
    def revision(number: int):  # type: ignore[no-untyped-def]
        return lambda wf: [wf.declare_int(f"v{one}") for one in range(number + 1)] and wf.execute("double", 1)

    await asyncio.to_thread(create_task_def, double, "double", stage.lh.config)
    for number in range(2):
        await stage.deploy(Workflow("flow", revision(number)))
        for _ in range(3):
            await stage.run()

    async def nodes(**versions: Any) -> int:
        only = CountNodeRunRequest.WfSpecFilter(wf_spec_name="flow", **versions)
        return (await stage.stub.CountNodeRun(CountNodeRunRequest(wf_spec_filter=only))).value

    assert await nodes() == 12
    assert await nodes(wf_spec_major_version=0) == 12
    assert await nodes(wf_spec_major_version=0, wf_spec_revision=1) == 6
    assert await nodes(wf_spec_major_version=1) == 0
    waiting = CountTaskRunRequest(task_def_name="double", status=TaskStatus.TASK_SCHEDULED)
    assert (await stage.stub.CountTaskRun(waiting)).value == 6
    other = CountTaskRunRequest(task_def_name="double", status=TaskStatus.TASK_FAILED)
    await stage.lh.refusal(INVALID, "TASK_SCHEDULED", call=stage.stub.CountTaskRun(other))
    await stage.lh.refusal(INVALID, "wf_spec_filter", call=stage.stub.CountNodeRun(CountNodeRunRequest()))


async def test_events(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.throw_event("thrown", "x", return_type=str)
        wf.wait_for_event("go")

    await stage.events("go")
    await stage.deploy(story)
    run = await stage.run()
    claimed = await stage.post(run, "go")
    left = await stage.post(run, "go")

    async def external(**filters: Any) -> list[str]:
        request = SearchExternalEventRequest(
            external_event_def_id=ExternalEventDefId(name="go"), limit=1, **filters
        )
        return sorted(one.guid for one in await everything(stage.stub.SearchExternalEvent, request))

    assert await external() == sorted([claimed.id.guid, left.id.guid])
    assert await external(is_claimed=True) == [claimed.id.guid]
    assert await external(is_claimed=False) == [left.id.guid]
    assert await external(latest_start=Timestamp(seconds=1)) == []
    request = SearchWorkflowEventRequest(workflow_event_def_id=WorkflowEventDefId(name="thrown"))
    (found,) = (await stage.stub.SearchWorkflowEvent(request)).results
    assert (found.wf_run_id, found.number) == (run.id, 0)
    await stage.lh.refusal(INVALID, call=stage.stub.SearchExternalEvent(SearchExternalEventRequest()))


async def test_correlated_events(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        key = wf.declare_str("key")
        wf.wait_for_event("doc", correlation_id=key, correlated_event_config=CorrelatedEventConfig())

    await stage.deploy(story)
    await stage.run({"key": "used"})
    doc = ExternalEventDefId(name="doc")
    for key in ("used", "free"):
        await stage.stub.PutCorrelatedEvent(PutCorrelatedEventRequest(key=key, external_event_def_id=doc))

    async def found(**filters: Any) -> list[str]:
        request = SearchCorrelatedEventRequest(external_event_def_id=doc, **filters)
        return sorted(one.key for one in (await stage.stub.SearchCorrelatedEvent(request)).results)

    assert await found() == ["free", "used"]
    assert await found(has_external_events=True) == ["used"]
    assert await found(has_external_events=False) == ["free"]


async def test_an_empty_bookmark_is_none(stage: Stage) -> None:
    """As lhctl sends it who asks for a first page."""
    await stage.events("go")
    await stage.deploy(searchable)
    run = (await stage.run({"email": "ada@x"})).id
    stub, none = stage.stub, b""
    assert list((await stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="flow", bookmark=none))).results) == [
        run
    ]
    pages = [
        await stub.SearchNodeRun(SearchNodeRunRequest(status=RUNNING, bookmark=none)),
        await stub.SearchExternalEventDef(SearchExternalEventDefRequest(bookmark=none)),
        await stub.SearchWfSpec(SearchWfSpecRequest(bookmark=none, prefix="")),
        await stub.SearchWfSpec(SearchWfSpecRequest(bookmark=none, name="flow")),
        await stub.ListVariables(ListVariablesRequest(bookmark=none, wf_run_id=run, limit=1)),
    ]
    assert [len(page.results) for page in pages] == [1] * len(pages)
