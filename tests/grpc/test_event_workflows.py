"""Workflows of LittleHorse's DSL about events: external, correlated and workflow events, conditions,
sleeps."""

from __future__ import annotations

import asyncio
import time

import grpc
from littlehorse.model import (
    AwaitWorkflowEventRequest,
    CorrelatedEventConfig,
    CorrelatedEventId,
    DeleteCorrelatedEventRequest,
    ExternalEventDefId,
    LHStatus,
    ListWorkflowEventsRequest,
    PutCorrelatedEventRequest,
    PutExternalEventDefRequest,
    PutExternalEventRequest,
    VariableMutationType,
    WfRunId,
    WorkflowEventDefId,
    WorkflowEventId,
)
from littlehorse.utils import to_variable_value
from littlehorse.workflow import WorkflowThread

from tests.grpc.stage import Stage, statuses

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR
NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def greet(name: str) -> str:
    return f"Hello, {name}!"


def waits(wf: WorkflowThread) -> None:
    name = wf.declare_str("name")
    name.assign(wf.wait_for_event("name-event"))
    wf.execute("greet", name)


async def test_external_events(stage: Stage) -> None:
    await stage.work(greet)
    await stage.events("name-event", "other-event")
    await stage.deploy(waits)
    run = await stage.run()
    waiting = await stage.node(run, 0, 1)
    assert waiting.WhichOneof("node_type") == "external_event" and waiting.status == LHStatus.RUNNING
    assert waiting.external_event.external_event_def_id.name == "name-event"
    assert not waiting.external_event.HasField("external_event_id")

    other = await stage.post(run, "other-event", "not this one")
    event = await stage.post(run, "name-event", "Luke", guid="my-guid")
    assert (other.claimed, event.claimed, event.id.guid) == (False, True, "my-guid")
    run = await stage.ended(run)
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["Hello, Luke!"])
    assert await stage.variables(run) == {"name": "Luke"}
    node = (await stage.node(run, 0, 1)).external_event
    assert (node.external_event_id, node.timed_out) == (event.id, False)
    assert node.event_time.ToMilliseconds() >= event.created_at.ToMilliseconds()
    assert await stage.stub.GetExternalEvent(event.id) == event
    assert await stage.external_events(run) == [other, event]
    late = await stage.post(run, "name-event", "too late")
    assert not late.claimed


async def test_an_event_that_comes_before_its_run(stage: Stage) -> None:
    await stage.work(greet)
    await stage.events("name-event")
    await stage.deploy(waits)
    early = WfRunId(id="early")
    first = await stage.post(early, "name-event", "first", guid="zzz")
    second = await stage.post(early, "name-event", "second", guid="aaa")
    assert (first.claimed, second.claimed) == (False, False)
    run = await stage.play(id="early")
    assert await stage.variables(run) == {"name": "first"}
    claimed = {event.id.guid: event.claimed for event in await stage.external_events(run)}
    assert claimed == {"zzz": True, "aaa": False}


async def test_events_that_are_refused(stage: Stage) -> None:
    await stage.events("known")
    await stage.deploy(lambda wf: wf.wait_for_event("typed", return_type=int))
    run = await stage.run()
    await stage.post(run, "known", guid="twice")
    call = stage.post(run, "known", guid="twice")
    await stage.lh.refusal(grpc.StatusCode.ALREADY_EXISTS, call=call)
    await stage.lh.refusal(INVALID, "unknown", call=stage.post(run, "unknown"))
    await stage.lh.refusal(INVALID, "typed", "invalid type", call=stage.post(run, "typed", "text"))
    assert (await stage.post(run, "typed", 12345)).claimed
    assert (await stage.again(run)).status == COMPLETED


async def test_an_event_for_one_thread_alone(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "child")
        wf.wait_for_event("e")

    await stage.events("e")
    await stage.deploy(story)
    run = await stage.run()
    event = await stage.post(run, "e", thread_run_number=1)
    assert (event.claimed, event.thread_run_number, event.node_run_position) == (True, 1, 1)
    assert statuses(await stage.again(run)) == ["RUNNING", "COMPLETED"]
    await stage.post(run, "e", thread_run_number=0, node_run_position=2)
    assert (await stage.again(run)).status == COMPLETED


async def test_an_event_that_does_not_come_in_time(stage: Stage) -> None:
    await stage.events("e")
    await stage.deploy(lambda wf: wf.wait_for_event("e", timeout=1))
    run = await stage.play()
    assert run.status == ERROR
    node = await stage.node(run, 0, 1)
    (failure,) = node.failures
    assert failure.failure_name == "TIMEOUT" and "arrive in time" in failure.message
    assert node.external_event.timed_out


# Correlated events


def correlated(config: CorrelatedEventConfig):  # type: ignore[no-untyped-def]
    def story(wf: WorkflowThread) -> None:
        key = wf.declare_str("key").required()
        result = wf.declare_int("result")
        result.assign(
            wf.wait_for_event("doc", correlation_id=key, return_type=int, correlated_event_config=config)
        )

    return story


def for_key(key: str, content: int = 137) -> PutCorrelatedEventRequest:
    return PutCorrelatedEventRequest(
        key=key, external_event_def_id=ExternalEventDefId(name="doc"), content=to_variable_value(content)
    )


def id_of_key(key: str) -> CorrelatedEventId:
    return CorrelatedEventId(key=key, external_event_def_id=ExternalEventDefId(name="doc"))


async def test_correlated_events(stage: Stage) -> None:
    await stage.deploy(correlated(CorrelatedEventConfig(delete_after_first_correlation=False)))
    run = await stage.run({"key": "doc 1"})
    waiting = (await stage.node(run, 0, 1)).external_event
    assert (waiting.correlation_key, waiting.mask_correlation_key) == ("doc 1", False)
    event = await stage.stub.PutCorrelatedEvent(for_key("doc 1"))
    assert (event.id.key, event.content.int, len(event.external_events)) == ("doc 1", 137, 1)
    run = await stage.ended(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"key": "doc 1", "result": 137})
    claimed = (await stage.node(run, 0, 1)).external_event.external_event_id
    assert claimed == event.external_events[0]
    assert (await stage.stub.GetExternalEvent(claimed)).claimed

    late = await stage.ended(await stage.run({"key": "doc 1"}))
    assert await stage.variables(late) == {"key": "doc 1", "result": 137}
    found = await stage.stub.GetCorrelatedEvent(id_of_key("doc 1"))
    assert [one.wf_run_id for one in found.external_events] == [run.id, late.id]
    again = stage.stub.PutCorrelatedEvent(for_key("doc 1"))
    await stage.lh.refusal(grpc.StatusCode.ALREADY_EXISTS, call=again)
    for _ in range(2):
        await stage.stub.DeleteCorrelatedEvent(DeleteCorrelatedEventRequest(id=id_of_key("doc 1")))
    await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetCorrelatedEvent(id_of_key("doc 1")))


async def test_a_correlated_event_that_is_deleted_with_its_first_use(stage: Stage) -> None:
    await stage.deploy(correlated(CorrelatedEventConfig(delete_after_first_correlation=True)))
    await stage.stub.PutCorrelatedEvent(for_key("k"))
    run = await stage.ended(await stage.run({"key": "k"}))
    assert await stage.variables(run) == {"key": "k", "result": 137}
    await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetCorrelatedEvent(id_of_key("k")))


async def test_a_correlation_key_that_is_masked(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        key = wf.declare_str("key").masked()
        wf.wait_for_event("doc", correlation_id=key, correlated_event_config=CorrelatedEventConfig())

    await stage.deploy(story)
    run = await stage.run({"key": "secret"})
    node = (await stage.node(run, 0, 1)).external_event
    assert (node.correlation_key, node.mask_correlation_key) == ("*****", True)


async def test_correlated_events_that_are_refused(stage: Stage) -> None:
    await stage.stub.PutExternalEventDef(PutExternalEventDefRequest(name="doc"))
    await stage.lh.refusal(
        INVALID, "correlated_event_config", call=stage.stub.PutCorrelatedEvent(for_key("k"))
    )
    await stage.deploy(correlated(CorrelatedEventConfig()))
    for key in ("a/b", "a~b", ""):
        await stage.lh.refusal(INVALID, "key", call=stage.stub.PutCorrelatedEvent(for_key(key)))


# Workflow events


def throws(wf: WorkflowThread) -> None:
    wf.sleep(1)
    wf.throw_event("sent", "hello there", return_type=str)
    wf.throw_event("other", 7, return_type=int)
    wf.throw_event("sent", "again", return_type=str)


def awaiting(run_id: WfRunId, *names: str, ignore: tuple[WorkflowEventId, ...] = ()):  # type: ignore[no-untyped-def]
    return AwaitWorkflowEventRequest(
        wf_run_id=run_id,
        event_def_ids=[WorkflowEventDefId(name=name) for name in names],
        workflow_events_to_ignore=ignore,
    )


async def test_workflow_events(stage: Stage) -> None:
    """Registered with the workflow, awaited before and after they are thrown."""
    await stage.deploy(throws)
    run = await stage.run()
    began = time.monotonic()
    first = await stage.stub.AwaitWorkflowEvent(awaiting(run.id, "sent"), timeout=20)
    assert time.monotonic() - began > 0.5
    assert (first.content.str, first.id.number, first.node_run_id.position) == ("hello there", 0, 2)
    run = await stage.ended(run)
    assert run.status == COMPLETED
    second = await stage.stub.AwaitWorkflowEvent(awaiting(run.id, "sent", ignore=(first.id,)), timeout=20)
    assert (second.content.str, second.id.number) == ("again", 1)
    any_event = await stage.stub.AwaitWorkflowEvent(awaiting(run.id), timeout=20)
    assert any_event == first
    thrown = (await stage.stub.ListWorkflowEvents(ListWorkflowEventsRequest(wf_run_id=run.id))).results
    assert [(one.id.workflow_event_def_id.name, one.id.number) for one in thrown] == [
        ("sent", 0),
        ("other", 0),
        ("sent", 1),
    ]
    assert await stage.stub.GetWorkflowEvent(thrown[1].id) == thrown[1]
    assert thrown[1].content.int == 7
    assert (await stage.node(run, 0, 2)).throw_event.workflow_event_id == first.id
    unknown = WorkflowEventId(
        wf_run_id=run.id, workflow_event_def_id=WorkflowEventDefId(name="sent"), number=5
    )
    await stage.lh.refusal(NOT_FOUND, call=stage.stub.GetWorkflowEvent(unknown))


async def test_who_waits_too_long_is_told_so(stage: Stage) -> None:
    await stage.events("e")
    await stage.deploy(lambda wf: wf.wait_for_event("e"))
    run = await stage.run()
    call = stage.stub.AwaitWorkflowEvent(awaiting(run.id), timeout=0.3)
    await stage.lh.refusal(grpc.StatusCode.DEADLINE_EXCEEDED, call=call)


async def test_many_can_wait_at_once(stage: Stage) -> None:
    await stage.deploy(throws)
    run = await stage.run()
    calls = [stage.stub.AwaitWorkflowEvent(awaiting(run.id, "other"), timeout=20) for _ in range(100)]
    assert {event.content.int for event in await asyncio.gather(*calls)} == {7}


# Waiting for the state of things


async def test_wait_for_condition(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        counter = wf.declare_int("counter", 2)

        def count(wf: WorkflowThread) -> None:
            wf.mutate(counter, VariableMutationType.SUBTRACT, 1)

        wf.add_interrupt_handler("count", count)
        wf.wait_for_condition(counter.is_equal_to(0))

    await stage.events("count")
    await stage.deploy(story)
    run = await stage.run()
    assert (await stage.node(run, 0, 1)).WhichOneof("node_type") == "wait_for_condition"
    await stage.post(run, "count")
    assert (await stage.again(run)).status == LHStatus.RUNNING
    await stage.post(run, "count")
    run = await stage.again(run)
    assert (run.status, await stage.variables(run)) == (COMPLETED, {"counter": 0})


async def test_sleeping_until_a_time(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.sleep_until(wf.declare_int("until"))

    await stage.deploy(story)
    until = time.time_ns() // 1_000_000 + 700
    run = await stage.run({"until": until})
    sleeping = (await stage.node(run, 0, 1)).sleep
    assert (sleeping.maturation_time.ToMilliseconds(), sleeping.matured) == (until, False)
    run = await stage.ended(run)
    assert run.end_time.ToMilliseconds() >= until
    assert (await stage.node(run, 0, 1)).sleep.matured


async def test_events_of_runs_that_are_not_there(stage: Stage) -> None:
    await stage.events("e")
    gone = WfRunId(id="gone")
    assert await stage.external_events(gone) == []
    listed = await stage.stub.ListWorkflowEvents(ListWorkflowEventsRequest(wf_run_id=gone))
    assert list(listed.results) == []
    await stage.lh.refusal(NOT_FOUND, "gone", call=stage.stub.AwaitWorkflowEvent(awaiting(gone), timeout=5))
    bad = PutExternalEventRequest(
        wf_run_id=WfRunId(id="no_id"), external_event_def_id=ExternalEventDefId(name="e")
    )
    await stage.lh.refusal(INVALID, "no_id", call=stage.stub.PutExternalEvent(bad))
