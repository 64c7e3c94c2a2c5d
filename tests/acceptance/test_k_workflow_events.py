"""K: WorkflowEvents: what a workflow throws, clients await."""

from __future__ import annotations

import asyncio
import time

import pytest

from lhredis.errors import DeadlineExceeded, NotFound
from lhredis.model.enums import LHStatus
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town


async def throwing_after(town: Town, seconds: int) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.sleep(seconds)
        wf.throw_event("user-created", "hello there", return_type=str)

    await town.deploy(story)


async def test_k1_an_event_that_was_thrown_is_there_at_once(town: Town) -> None:
    await throwing_after(town, 0)
    run = await town.play()
    assert run.status is LHStatus.COMPLETED
    event = await town.client.await_workflow_event(run.id, ["user-created"], wait_s=0)
    assert (event.content, event.id.number, event.node_run_id.position) == ("hello there", 0, 2)
    node_run = await town.node(run, 0, 2)
    assert node_run.throw_event is not None and node_run.throw_event.workflow_event_id == event.id


async def test_k2_an_event_is_awaited_until_it_is_thrown(town: Town) -> None:
    await throwing_after(town, 2)
    run, began = await town.run(), time.monotonic()
    event = await town.client.await_workflow_event(run.id, ["user-created"])
    assert (event.content, time.monotonic() - began >= 1.9) == ("hello there", True)
    assert (await town.ended(run)).status is LHStatus.COMPLETED


async def test_an_event_that_does_not_come_in_time(town: Town) -> None:
    await throwing_after(town, 60)
    run = await town.run()
    with pytest.raises(DeadlineExceeded):
        await town.client.await_workflow_event(run.id, ["user-created"], wait_s=0.05)


async def test_an_event_of_a_run_that_does_not_exist(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.client.await_workflow_event("nobody", wait_s=0.05)


async def test_events_that_are_known_are_ignored_one_by_one(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        for content in ("one", "two"):
            wf.throw_event("a", content, return_type=str)
        wf.throw_event("b", 3, return_type=int)

    await town.deploy(story)
    run = await town.play()
    known = []
    for content in ("one", "two", 3):
        event = await town.client.await_workflow_event(run.id, ignore=known, wait_s=0)
        assert event.content == content
        known.append(event.id)
    only_b = await town.client.await_workflow_event(run.id, ["b"], wait_s=0)
    assert only_b.content == 3
    assert [event.id.number for event in await town.client.list_workflow_events(run.id)] == [0, 1, 0]


async def test_everybody_who_awaits_an_event_gets_it(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.throw_event("b", wf.wait_for_event("e", return_type=int), return_type=int)

    await town.deploy(story)
    run = await town.run()
    waiting = [asyncio.create_task(town.client.await_workflow_event(run.id, ["b"])) for _ in range(3)]
    await town.post(run, "e", 7)
    assert [event.content for event in await asyncio.gather(*waiting)] == [7, 7, 7]
