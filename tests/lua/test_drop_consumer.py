"""drop_consumer: every status, and what each writes."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.drop_consumer import drop_consumer
from lhredis.store.tasks import ensure_groups

TASKS = keys.tasks(3, "acme", "work")


@pytest.fixture
async def entry(cluster: Redis) -> bytes:
    """A task that anna holds; bert has nothing."""
    await ensure_groups(cluster, [TASKS])
    entry = await cluster.xadd(TASKS, {"task": b"{}"})
    await cluster.xreadgroup(keys.WORKERS, "anna", {TASKS: ">"})
    await cluster.xgroup_createconsumer(TASKS, keys.WORKERS, "bert")
    return entry


async def consumers(redis: Redis) -> list[str]:
    return sorted(one["name"].decode() for one in await redis.xinfo_consumers(TASKS, keys.WORKERS))


async def test_a_consumer_without_claims_goes(cluster: Redis, entry: bytes):
    assert await drop_consumer(cluster, TASKS, "bert")
    assert await consumers(cluster) == ["anna"]
    assert await drop_consumer(cluster, TASKS, "bert")  # it is gone already


async def test_a_consumer_stays_as_long_as_it_holds_something(cluster: Redis, entry: bytes):
    assert not await drop_consumer(cluster, TASKS, "anna")
    assert await consumers(cluster) == ["anna", "bert"]
    await cluster.xack(TASKS, keys.WORKERS, entry)
    assert await drop_consumer(cluster, TASKS, "anna")
    assert await consumers(cluster) == ["bert"]


async def test_whose_stream_is_gone_is_gone_with_it(cluster: Redis, entry: bytes):
    await cluster.delete(TASKS)
    assert await drop_consumer(cluster, TASKS, "anna")
