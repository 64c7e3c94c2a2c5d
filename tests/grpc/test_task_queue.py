"""The stories of the queue of one TaskDef: exact claims, lost answers, a Redis that was emptied."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest_asyncio
from redis.asyncio import Redis

from lhredis.api.services import end_tasks
from lhredis.embedded import EmbeddedServer
from lhredis.grpc.workers.claims import Claimed, Claims
from lhredis.grpc.workers.poller import Poller
from lhredis.grpc.workers.task_queue import EMPTY_S, TaskQueue
from lhredis.store import keys
from lhredis.store.connect import connect
from lhredis.store.consumers import Consumer
from tests.grpc.broken_line import Line, broken_line
from tests.support import wait_until

PARTITIONS = 8
ANSWER_S_MAX = 20


class Yard:
    """A queue at work on the tasks of `work`, behind a line that can lose answers."""

    def __init__(self, redis: Redis, line: Line, queue: TaskQueue, given_back: list[Claimed]) -> None:
        self.redis = redis
        self.line = line
        self.queue = queue
        self.given_back = given_back
        self._scheduled = 0

    async def schedule(self, partition: int) -> str:
        """Put a task into its queue; its id."""
        task_id = f"r{self._scheduled}/0/1/0"
        self._scheduled += 1
        task = {
            "task": task_id,
            "token": "t",
            "tenant": "acme",
            "task_def": "work",
            "node": "n",
            "inputs": {},
            "timeout_ms": 60_000,
            "scheduled_ms": 1,
        }
        await self.redis.xadd(keys.tasks(partition, "acme", "work"), {"task": orjson.dumps(task)})
        return task_id

    async def held(self) -> int:
        """How many tasks are claimed."""
        streams = [keys.tasks(partition, "acme", "work") for partition in range(PARTITIONS)]
        return sum([(await self.redis.xpending(stream, keys.WORKERS))["pending"] for stream in streams])

    async def waits(self) -> bool:
        """Is a read waiting for tasks?"""
        return any("b" in one["flags"] for one in await self.redis.client_list())


@pytest_asyncio.fixture(loop_scope="module")
async def yard(valkey: EmbeddedServer) -> AsyncIterator[Yard]:
    async with connect(valkey.url) as redis, broken_line(valkey.url) as (line, url):
        await redis.flushall()
        async with connect(url, retries=0) as claims_redis:
            given_back: list[Claimed] = []
            claims = Claims()
            queue = TaskQueue(claims_redis, redis, "acme", "work", PARTITIONS, claims, given_back.append)
            running = asyncio.create_task(queue.run())
            yield Yard(redis, line, queue, given_back)
            await end_tasks([running])


def poller(worker: str = "w1") -> Poller:
    return Poller(Consumer(worker, None, "front"))


async def given(poller: Poller) -> str:
    """The id of the next task that it gets."""
    claimed = await asyncio.wait_for(poller.next(), ANSWER_S_MAX)
    assert claimed is not None
    return claimed.task.id


async def test_one_poll_claims_one_task_of_all_partitions(yard: Yard):
    for partition in (1, 4, 6):
        await yard.schedule(partition)
    one = poller()
    yard.queue.poll(one)
    await given(one)
    yard.queue.poll(one)
    await given(one)
    assert await yard.held() == 2 and yard.given_back == []


async def test_a_waiting_read_is_woken_by_any_partition(yard: Yard):
    one = poller()
    for partition in range(PARTITIONS):
        yard.queue.poll(one)
        await wait_until(yard.waits)
        scheduled = await yard.schedule(partition)
        assert await given(one) == scheduled
    assert await yard.held() == PARTITIONS and yard.given_back == []


async def test_a_queue_comes_to_rest_however_late_the_answers_are(yard: Yard):
    yard.line.late_s = 2 * EMPTY_S
    one = poller()
    yard.queue.poll(one)
    await wait_until(yard.waits)
    scheduled = await yard.schedule(3)
    assert await given(one) == scheduled


async def test_many_polls_share_what_is_there(yard: Yard):
    scheduled = {await yard.schedule(number % PARTITIONS) for number in range(100)}
    pollers = [poller(f"w{number}") for number in range(10)]
    for one in pollers:
        for _ in range(10):
            yard.queue.poll(one)
    got = {await given(one) for one in pollers for _ in range(10)}
    assert got == scheduled and yard.given_back == []


async def test_a_claim_whose_answer_got_lost_is_handed_out_all_the_same(yard: Yard):
    one = poller()
    for _ in range(3):
        yard.queue.poll(one)
    before = await yard.schedule(2)
    assert await given(one) == before
    await wait_until(yard.waits)
    yard.line.loses = True
    lost = await yard.schedule(2)
    assert await given(one) == lost
    after = await yard.schedule(2)
    assert await given(one) == after  # and what is at work already is not handed out again
    assert yard.line.lost == 1 and await yard.held() == 3 and yard.given_back == []


async def test_a_claim_whose_answer_got_lost_is_given_back_when_nobody_waits_any_more(yard: Yard):
    gone, there = poller("gone"), poller("there")
    yard.queue.poll(gone)
    await wait_until(yard.waits)
    yard.line.loses = True
    scheduled = await yard.schedule(2)
    gone.leave()
    yard.queue.poll(there)
    await wait_until(lambda: yard.given_back)
    assert [claimed.task.id for claimed in yard.given_back] == [scheduled]


async def test_polls_of_streams_that_have_ended_are_forgotten(yard: Yard):
    first = poller("first")
    yard.queue.poll(first)
    await wait_until(yard.waits)
    for number in range(500):
        gone = poller(f"w{number}")
        yard.queue.poll(gone)
        gone.leave()
        yard.queue.leave(gone)
    assert len(yard.queue._polls) <= 2
    scheduled = await yard.schedule(0)
    assert await given(first) == scheduled


async def test_a_redis_that_was_emptied_gets_its_groups_again(yard: Yard):
    one = poller()
    yard.queue.poll(one)
    await wait_until(yard.waits)
    await yard.redis.flushall()
    await asyncio.sleep(0)
    scheduled = await yard.schedule(5)
    assert await given(one) == scheduled


async def test_an_entry_that_is_no_task_does_not_stop_the_others(yard: Yard):
    await yard.redis.xadd(keys.tasks(3, "acme", "work"), {"task": b"rubbish"})
    scheduled = await yard.schedule(3)
    one = poller()
    yard.queue.poll(one)
    assert await given(one) == scheduled
