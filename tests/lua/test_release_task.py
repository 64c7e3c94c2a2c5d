"""release_task: every status, and what each writes."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.model.ids import REMINDERS_FROM
from lhredis.store import keys
from lhredis.store.commands.release_task import Release, release_task
from lhredis.store.tasks import ScheduledTask, ensure_groups
from tests.lua.dump import everything

RUN = keys.run(3, "acme", "r1")
TASKS = keys.tasks(3, "acme", "work")
PAYLOAD = b'{"any": "bytes"}'


@pytest.fixture
async def held(cluster: Redis) -> ScheduledTask:
    """An attempt that anna has claimed, with another one behind it in the queue."""
    await ensure_groups(cluster, [TASKS])
    entry = (await cluster.xadd(TASKS, {"task": PAYLOAD})).decode()
    await cluster.xadd(TASKS, {"task": b"behind"})
    await cluster.xreadgroup(keys.WORKERS, "anna", {TASKS: ">"}, count=1)
    await cluster.hset(RUN, mapping={"version": 1700000000000123, "state": "[]", "claim:0": entry})
    return ScheduledTask("r1/0/2/0", "t", "acme", "work", "n", {}, 5000, 1, entry, 3)


async def next_task(redis: Redis) -> tuple[str, bytes] | None:
    """What another worker is given now."""
    reply = await redis.xreadgroup(keys.WORKERS, "bert", {TASKS: ">"}, count=1)
    if not reply:
        return None
    entry, fields = reply[0][1][0]
    return entry.decode(), fields[b"task"]


async def test_a_released_task_is_for_others_behind_all_that_wait(cluster: Redis, held: ScheduledTask):
    assert await release_task(cluster, "anna", held) is Release.RELEASED
    assert await cluster.xpending_range(TASKS, keys.WORKERS, "-", "+", 10) == []
    assert (await next_task(cluster))[1] == b"behind"
    entry, payload = await next_task(cluster)
    assert payload == PAYLOAD and entry != held.entry
    run = await cluster.hgetall(RUN)
    assert run == {b"version": b"1700000000000124", b"state": b"[]", b"claim:0": entry.encode()}


async def test_a_reminder_is_released_too(cluster: Redis, held: ScheduledTask):
    held.id = f"r1/0/{REMINDERS_FROM + 4}/0"
    await cluster.hdel(RUN, "claim:0")
    await cluster.hset(RUN, "reminder:4", held.entry)
    assert await release_task(cluster, "anna", held) is Release.RELEASED
    await next_task(cluster)
    entry, _ = await next_task(cluster)
    assert await cluster.hget(RUN, "reminder:4") == entry.encode()


async def test_what_another_worker_holds_by_now_is_not_touched(cluster: Redis, held: ScheduledTask):
    await cluster.xclaim(TASKS, keys.WORKERS, "bert", 0, [held.entry], justid=True)
    before = await everything(cluster)
    assert await release_task(cluster, "anna", held) is Release.GONE
    assert await everything(cluster) == before


async def test_what_is_over_is_not_touched(cluster: Redis, held: ScheduledTask):
    await cluster.xack(TASKS, keys.WORKERS, held.entry)
    await cluster.xdel(TASKS, held.entry)
    before = await everything(cluster)
    assert await release_task(cluster, "anna", held) is Release.GONE
    assert await everything(cluster) == before


@pytest.mark.parametrize("claim", [None, "1-1"])
async def test_a_task_that_its_run_does_not_count_on_is_dropped(
    cluster: Redis, held: ScheduledTask, claim: str | None
):
    await cluster.delete(RUN)
    if claim is not None:
        await cluster.hset(RUN, mapping={"version": 7, "claim:0": claim})
    run = await cluster.hgetall(RUN)
    assert await release_task(cluster, "anna", held) is Release.DROPPED
    assert await cluster.hgetall(RUN) == run
    assert (await next_task(cluster))[1] == b"behind"
    assert await next_task(cluster) is None
    assert await cluster.xrange(TASKS, held.entry, held.entry) == []
