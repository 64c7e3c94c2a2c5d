"""add_metrics: what each call adds, and what expires."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.add_metrics import add_metrics, script
from lhredis.store.script import run_all
from tests.lua.dump import everything

TOTALS = keys.metric_totals("acme", "task/greet")
WINDOWS = keys.metric_windows("acme", "task/greet", 7_200_000)
KEEP_MS = 60_000
BIG = 2**53 - 1


async def add(
    redis: Redis, totals: dict[str, int], windows: dict[str, tuple[int, int, int, int]]
) -> list[Any]:
    command = add_metrics(TOTALS, WINDOWS, KEEP_MS, totals, windows)
    (reply,) = await run_all(redis, [command], [script()])
    return list(reply)


async def test_what_several_processes_counted_adds_up(cluster: Redis):
    assert await add(cluster, {"retries": 2, "started": 1}, {"5.1": (3, 30, 5, 20)}) == [b"added"]
    assert await add(cluster, {"retries": 3}, {"5.1": (1, 2, 2, 2), "6.1": (1, 0, 0, 0)}) == [b"added"]
    assert await everything(cluster) == {
        TOTALS: ({b"retries": b"5", b"started": b"1"}, True),
        WINDOWS: ({b"5.1": b"4 32 2 20", b"6.1": b"1 0 0 0"}, True),
    }


async def test_large_numbers_stay_exact(cluster: Redis):
    await add(cluster, {"x:ms": BIG - 1}, {"0.1": (1, BIG - 1, 7, BIG - 1)})
    await add(cluster, {"x:ms": 1}, {"0.1": (1, 1, 1, 1)})
    assert await cluster.hget(TOTALS, "x:ms") == str(BIG).encode()
    assert await cluster.hget(WINDOWS, "0.1") == f"2 {BIG} 1 {BIG - 1}".encode()


async def test_only_what_got_something_is_made(cluster: Redis):
    await add(cluster, {}, {"0.1": (1, 1, 1, 1)})
    assert set(await everything(cluster)) == {WINDOWS}
    await cluster.flushall()
    await add(cluster, {"started": 1}, {})
    assert set(await everything(cluster)) == {TOTALS}


async def test_what_is_added_to_lives_on(cluster: Redis):
    await add(cluster, {"started": 1}, {"0.1": (1, 1, 1, 1)})
    for key in (TOTALS, WINDOWS):
        await cluster.pexpire(key, 1_000)
    await add(cluster, {"started": 1}, {"0.1": (1, 1, 1, 1)})
    for key in (TOTALS, WINDOWS):
        assert 1_000 < await cluster.pttl(key) <= KEEP_MS
