"""The story of a storm: streams come and break, answers of Redis get lost, and each task is taken once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack

import orjson
import pytest
from redis.asyncio import Redis

from lhredis.api.services import Services
from lhredis.embedded import EmbeddedServer
from lhredis.grpc.workers.dispatch import Dispatch
from lhredis.store import keys
from lhredis.store.connect import connect
from tests.api.conftest import PARTITIONS
from tests.grpc.broken_line import Line, broken_line
from tests.support import wait_until

TASKS = 150
STREAMS = 12
FRONTS = 3
LOSSES = 12


async def schedule(redis: Redis, number: int) -> None:
    """A task of a run that counts on it."""
    run = f"r{number}"
    partition = keys.partition_of(run, PARTITIONS)
    task = {
        "task": f"{run}/0/1/0",
        "token": "t",
        "tenant": "acme",
        "task_def": "work",
        "node": "n",
        "inputs": {},
        "timeout_ms": 600_000,
        "scheduled_ms": 1,
    }
    entry = await redis.xadd(keys.tasks(partition, "acme", "work"), {"task": orjson.dumps(task)})
    await redis.hset(keys.run(partition, "acme", run), mapping={"version": 1, "claim:0": entry})


class Storm:
    """What the streams do is by the seed; what they took is counted."""

    def __init__(self, redis: Redis, seed: int) -> None:
        self.redis = redis
        self.random = random.Random(seed)
        self.taken: Counter[str] = Counter()
        self.finishing: list[asyncio.Task[None]] = []

    async def stream(self, dispatch: Dispatch, worker: str) -> None:
        """A worker's stream after stream: each takes some tasks, and breaks off with polls under way."""
        while self.taken.total() < TASKS:
            poller = dispatch.join("acme", "work", worker, None, ())
            try:
                for _ in range(self.random.randint(1, 3)):
                    dispatch.poll(poller)
                async with asyncio.timeout(self.random.choice((0.01, 0.1, 0.5))):
                    for _ in range(self.random.randint(1, 8)):
                        claimed = await poller.next()
                        assert claimed is not None
                        self.take(claimed.task.id, claimed.task.entry)
                        dispatch.poll(poller)
            except TimeoutError:
                pass
            finally:
                dispatch.leave(poller)

    def take(self, task_id: str, entry: str) -> None:
        """Do it and finish it, as a scheduler would."""
        self.taken[task_id] += 1
        run = task_id.partition("/")[0]
        stream = keys.tasks(keys.partition_of(run, PARTITIONS), "acme", "work")
        self.finishing.append(asyncio.create_task(self._finish(stream, entry)))

    async def _finish(self, stream: str, entry: str) -> None:
        await self.redis.xack(stream, keys.WORKERS, entry)
        await self.redis.xdel(stream, entry)

    async def lose_answers(self, lines: list[Line]) -> None:
        for _ in range(LOSSES):
            self.random.choice(lines).loses = True
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("seed", range(4))
async def test_each_task_is_taken_once(valkey: EmbeddedServer, seed: int):
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(connect(valkey.url))
        await redis.flushall()
        storm = Storm(redis, seed)
        lines, dispatches = [], []
        for _ in range(FRONTS):
            line, url = await stack.enter_async_context(broken_line(valkey.url))
            services = Services(url, PARTITIONS)
            await services.open()
            stack.push_async_callback(services.close)
            dispatch = Dispatch(services)
            stack.push_async_callback(dispatch.close)
            lines.append(line)
            dispatches.append(dispatch)
        working = [
            asyncio.create_task(storm.stream(dispatches[number % FRONTS], f"w{number}"))
            for number in range(STREAMS)
        ]
        losing = asyncio.create_task(storm.lose_answers(lines))
        for number in range(TASKS):
            await schedule(redis, number)
        await wait_until(lambda: storm.taken.total() >= TASKS)
        await asyncio.gather(losing, *working, *storm.finishing)
        assert set(storm.taken.values()) == {1} and len(storm.taken) == TASKS
        assert sum(line.lost for line in lines) > 0
