"""The stories of PollTask: who is given a task, and what happens to one that nobody takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest_asyncio
from littlehorse.model import (
    LHStatus,
    PutTaskDefRequest,
    ScheduledTask,
    TaskRun,
    TaskStatus,
    VariableDef,
    VariableType,
)

from lhredis.embedded import EmbeddedServer
from lhredis.grpc.workers.poller import POLLS_MAX
from lhredis.store import keys
from lhredis.store.consumers import consumer_named
from lhredis.store.tasks import ensure_groups
from tests.api.conftest import PARTITIONS
from tests.grpc.lh import Deployment, another_front
from tests.grpc.polling import Door, door
from tests.grpc.stage import Stage
from tests.grpc.test_definitions import APPROVE
from tests.support import wait_until


@pytest_asyncio.fixture(loop_scope="module")
async def here(deployment: Deployment, stage: Stage) -> AsyncIterator[Door]:
    """The deployment's front; the task `work` and a flow that calls it once are there."""
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="work"))
    await stage.deploy(lambda wf: wf.execute("work"))
    async with door(deployment.port, str(stage.lh.config.tenant_id)) as here:
        yield here


async def held(stage: Stage) -> dict[str, int]:
    """How many tasks are claimed under each consumer's name."""
    found: dict[str, int] = {}
    for partition in range(PARTITIONS):
        stream = keys.tasks(partition, str(stage.lh.config.tenant_id), "work")
        await ensure_groups(stage.lh.redis, [stream])
        for claim in await stage.lh.redis.xpending_range(stream, keys.WORKERS, "-", "+", 1000):
            name = claim["consumer"].decode()
            found[name] = found.get(name, 0) + 1
    return found


async def test_a_poller_that_waits_is_given_the_task_when_it_is_scheduled(stage: Stage, here: Door):
    stream = here.stream("work")
    await stream.ask()
    run = await stage.run()
    task = await stream.task()
    assert task.task_run_id.wf_run_id == run.id
    assert (task.task_run_id.task_guid, task.attempt_number) == ("0-1", 0)
    assert task.task_def_id.name == "work"
    assert task.source.task_node.node_run_id.position == 1
    assert task.HasField("created_at")
    await here.report(task)
    assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_no_more_is_claimed_than_there_are_polls(stage: Stage, here: Door):
    runs = [await stage.run() for _ in range(12)]
    first, second = here.stream("work", "anna"), here.stream("work", "bert")
    await first.ask(2)
    await second.ask(1)
    tasks = [await first.task(), await first.task(), await second.task()]
    assert sum((await held(stage)).values()) == 3
    assert not first.has_task()
    await first.ask(9)
    tasks += [await first.task() for _ in range(9)]
    assert {task.task_run_id.wf_run_id.id for task in tasks} == {run.id.id for run in runs}
    for task in tasks:
        await here.report(task)
    for run in runs:
        assert (await stage.ended(run)).status == LHStatus.COMPLETED
    await wait_until(lambda: nothing_held(stage))


async def nothing_held(stage: Stage) -> bool:
    return await held(stage) == {}


async def test_what_a_stream_has_waited_for_goes_to_others_when_it_breaks(stage: Stage, here: Door):
    gone, there = here.stream("work", "gone"), here.stream("work", "there")
    await gone.ask(3)
    await there.ask()
    gone.break_off()
    run = await stage.run()
    task = await there.task()
    await here.report(task)
    assert (await stage.ended(run)).status == LHStatus.COMPLETED
    (task_run,) = await stage.task_runs(run)
    (attempt,) = task_run.attempts
    assert attempt.task_worker_id == "there"


async def test_what_was_claimed_for_a_broken_stream_is_given_back_at_once(stage: Stage, here: Door):
    gone = here.stream("work", "gone")
    await gone.ask()
    await wait_until(lambda: reads_for(stage, "gone"))
    gone.break_off()
    run = await stage.run()  # the read for the poll that is gone is still under way
    later = here.stream("work", "later")
    task = await later.asked_task()
    assert task.attempt_number == 0
    await here.report(task)
    assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def reads_for(stage: Stage, worker: str) -> bool:
    """Has the server asked for a task for this worker?"""
    stream = keys.tasks(0, str(stage.lh.config.tenant_id), "work")
    await ensure_groups(stage.lh.redis, [stream])
    consumers = await stage.lh.redis.xinfo_consumers(stream, keys.WORKERS)
    return worker in [consumer_named(one["name"].decode()).worker_id for one in consumers]


async def test_a_stream_that_asks_no_more_is_ended_in_order(stage: Stage, here: Door):
    stream = here.stream("work")
    await stream.ask()
    await stream.call.done_writing()
    assert await stream.call.code() is grpc.StatusCode.OK
    run = await stage.run()
    await here.report(await here.stream("work", "next").asked_task())
    assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_a_task_that_does_not_exist_cannot_be_polled(here: Door):
    stream = here.stream("nothing")
    await stream.ask()
    assert await stream.call.code() is grpc.StatusCode.NOT_FOUND
    assert "nothing" in await stream.call.details()


async def test_a_stream_polls_one_task(here: Door):
    stream = here.stream("work")
    await stream.ask()
    await stream.ask(task_def="other")
    assert await stream.call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "other" in await stream.call.details()


async def test_a_stream_that_asks_without_end_is_refused(here: Door):
    stream = here.stream("work")
    await stream.ask(POLLS_MAX + 1)
    assert await stream.call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "POLLS_MAX" in await stream.call.details()


async def test_a_server_that_stops_gives_back_and_sends_its_workers_elsewhere(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        leaving = other.stream("work", "leaving")
        await leaving.ask()
        running = await stage.run()
        task = await leaving.task()
        await leaving.ask(5)
    assert await leaving.call.code() is grpc.StatusCode.UNAVAILABLE
    assert sum((await held(stage)).values()) == 1
    await here.report(task)  # begun there, reported here
    assert (await stage.ended(running)).status == LHStatus.COMPLETED
    run = await stage.run()
    await here.report(await here.stream("work").asked_task())
    assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_nothing_stays_of_a_server_that_has_stopped(stage: Stage, here: Door, valkey: EmbeddedServer):
    run = await stage.run()
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        stream = other.stream("work", "short")
        await other.report(await stream.asked_task())
        await stream.ask()
        await stage.ended(run)
        assert await reads_for(stage, "short")
        await wait_until(lambda: nothing_held(stage))
    assert not await reads_for(stage, "short")


async def test_what_was_in_a_redis_that_was_emptied_holds_nothing_up(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    await stage.run()
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        stream = other.stream("work", "short")
        await stream.ask()
        task = await stream.task()
        claimed = front.dispatch.claims.of(here.tenant, f"{task.task_run_id.wf_run_id.id}/0/1/0")
        streams = [keys.tasks(partition, here.tenant, "work") for partition in range(PARTITIONS)]
        await stage.lh.redis.delete(*streams)
        front.dispatch.give_back(replace(claimed, task=replace(claimed.task, timeout_ms=600_000)))
        stream.break_off()
        await asyncio.wait_for(front.dispatch._given_back.done(), 10)
        front.dispatch._departures.add(streams, claimed.consumer.name)
        assert await front.dispatch._departures.run_once() >= PARTITIONS


async def test_masked_inputs_are_clear_and_marked(stage: Stage, here: Door):
    secret = VariableDef(name="secret")
    secret.type_def.primitive_type = VariableType.STR
    secret.type_def.masked = True
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="hush", input_vars=[secret]))
    await stage.deploy(lambda wf: wf.execute("hush", "sesame"), "hush-flow")
    await stage.run(name="hush-flow")
    (variable,) = (await here.stream("hush").asked_task()).variables
    assert (variable.var_name, variable.value.str, variable.masked) == ("secret", "sesame", True)


async def test_a_thousand_streams_are_served(stage: Stage, here: Door):
    streams = [here.stream("work", f"w{number % 50}") for number in range(1_000)]
    for stream in streams:
        await stream.ask()
    runs = [await stage.run() for _ in range(100)]
    await wait_until(lambda: sum(stream.has_task() for stream in streams) == 100)
    given = [stream for stream in streams if stream.has_task()]
    for stream in given:
        await here.report(await stream.task())
    for run in runs:
        assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_a_reminder_tells_of_its_user_task_and_of_who_has_it(stage: Stage, here: Door):
    await stage.stub.PutUserTaskDef(APPROVE)
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="remind"))

    def story(wf):
        form = wf.assign_user_task("approve", "anna", "crew")
        wf.schedule_reminder_task(form, 0, "remind")

    await stage.deploy(story, "asks")
    run = await stage.run(name="asks")
    stream = here.stream("remind")
    task = await stream.asked_task()
    trigger = task.source.user_task_trigger
    assert (trigger.node_run_id.wf_run_id, trigger.node_run_id.position) == (run.id, 1)
    assert (trigger.user_id, trigger.user_group) == ("anna", "crew")
    told = (await stage.user_task(run)).events[trigger.user_task_event_number]
    assert told.task_executed.task_run == task.task_run_id
    await here.report(task)
    assert not stream.has_task()
    reminder = await wait_until(lambda: reported(stage, task))
    assert reminder.attempts[0].task_worker_id == "w1"


async def reported(stage: Stage, task: ScheduledTask) -> TaskRun | None:
    task_run = await stage.stub.GetTaskRun(task.task_run_id)
    return task_run if task_run.status == TaskStatus.TASK_SUCCESS else None


async def test_a_reminder_that_another_server_hands_out_is_reported_here(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    await stage.stub.PutUserTaskDef(APPROVE)
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="remind"))

    def story(wf):
        wf.schedule_reminder_task(wf.assign_user_task("approve", "anna"), 0, "remind")

    await stage.deploy(story, "asks")
    await stage.run(name="asks")
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        task = await other.stream("remind").asked_task()
    await here.report(task)
    await wait_until(lambda: reported(stage, task))
