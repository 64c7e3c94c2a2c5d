"""put_checkpoint: every status, and what each writes."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.put_checkpoint import Put, put_checkpoint
from lhredis.store.script import load
from lhredis.store.tasks import ScheduledTask, ensure_groups
from tests.lua.dump import everything

RUN = keys.run(3, "acme", "r1")
TASKS = keys.tasks(3, "acme", "work")
CHECKPOINTS = keys.checkpoints(3, "acme", "r1")


@pytest.fixture
async def held(cluster: Redis) -> ScheduledTask:
    """An attempt that anna has held for a minute."""
    await cluster.hset(RUN, "version", 1)
    await ensure_groups(cluster, [TASKS])
    entry = await cluster.xadd(TASKS, {"task": b"{}"})
    await cluster.xreadgroup(keys.WORKERS, "anna", {TASKS: ">"})
    await cluster.xclaim(TASKS, keys.WORKERS, "anna", 0, [entry], idle=60_000, justid=True)
    return ScheduledTask("r1/0/2/0", "t", "acme", "work", "n", {}, 5000, 1, entry.decode(), 3)


async def idle_ms(redis: Redis) -> int:
    (claim,) = await redis.xpending_range(TASKS, keys.WORKERS, "-", "+", 1)
    return int(claim["time_since_delivered"])


async def test_a_checkpoint_is_kept_and_the_claim_is_young_again(cluster: Redis, held: ScheduledTask):
    before = await everything(cluster)
    assert await put_checkpoint(cluster, "anna", held, 0, b"first") == (Put.PUT, b"first")
    assert await put_checkpoint(cluster, "anna", held, 1, b"second") == (Put.PUT, b"second")
    kept = {b"0:2:0": b"first", b"0:2:1": b"second"}
    assert await everything(cluster) == before | {CHECKPOINTS: (kept, False)}
    assert await idle_ms(cluster) < 60_000


async def test_a_number_is_written_once(cluster: Redis, held: ScheduledTask):
    await put_checkpoint(cluster, "anna", held, 0, b"first")
    before = await everything(cluster)
    await cluster.xclaim(TASKS, keys.WORKERS, "anna", 0, [held.entry], idle=60_000, justid=True)
    assert await put_checkpoint(cluster, "anna", held, 0, b"again") == (Put.EXISTS, b"first")
    assert await everything(cluster) == before
    assert await idle_ms(cluster) < 60_000
    assert await raw(cluster, held, "anna") == [b"exists", b"first"]


async def test_a_worker_that_does_not_hold_the_attempt_is_stopped(cluster: Redis, held: ScheduledTask):
    before = await everything(cluster)
    assert (await put_checkpoint(cluster, "bert", held, 0, b"late"))[0] is Put.STOP
    assert await everything(cluster) == before
    assert await idle_ms(cluster) >= 60_000


async def test_an_attempt_that_is_over_is_stopped(cluster: Redis, held: ScheduledTask):
    await cluster.xack(TASKS, keys.WORKERS, held.entry)
    await cluster.xdel(TASKS, held.entry)
    before = await everything(cluster)
    assert (await put_checkpoint(cluster, "anna", held, 0, b"late"))[0] is Put.STOP
    assert await everything(cluster) == before


async def test_an_attempt_of_a_run_that_is_gone_is_stopped(cluster: Redis, held: ScheduledTask):
    await cluster.delete(RUN)
    before = await everything(cluster)
    assert (await put_checkpoint(cluster, "anna", held, 0, b"late"))[0] is Put.STOP
    assert await everything(cluster) == before
    assert await raw(cluster, held, "anna") == [b"stop"]


async def raw(redis: Redis, task: ScheduledTask, worker_id: str) -> list[Any]:
    return await load("put_checkpoint").run(
        redis,
        {"run": RUN, "checkpoints": CHECKPOINTS, "tasks": TASKS},
        {
            "group": keys.WORKERS,
            "worker_id": worker_id,
            "entry": task.entry,
            "field": "0:2:0",
            "json": b"again",
        },
    )
