"""kill ticks: schedulers die of kill -9 while hundreds of ticks are due, and each tick starts its run
once."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from lhredis.engine.cron import next_tick
from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule, begin
from lhredis.model.enums import LHStatus, MissedTicks
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.connect import connect
from lhredis.workflow import Workflow
from tests.e2e.crowd import Crowd
from tests.support import wait_until

ROUNDS = int(os.environ.get("LHREDIS_KILL_ROUNDS", "1"))
MINUTELY = "* * * * *"
SCHEDULES = 12
MISSED_MINUTES = 40
SINGLE_STARTS = 30


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_every_tick_starts_one_run_when_schedulers_are_killed_meanwhile(round_number: int) -> None:
    async with Crowd() as crowd, connect(crowd.server.url) as redis:
        await crowd.client.put_wf_spec(Workflow("ticking", lambda wf: None).compile())
        names = [f"s{number}" for number in range(SCHEDULES)]
        created_ms = time.time_ns() // 1_000_000 - MISSED_MINUTES * 60_000
        await _schedule_then(redis, names, created_ms)

        crowd.start("scheduler-1", "scheduler")
        await wait_until(lambda: _runs(redis, 30), timeout_s=30)
        crowd.kill("scheduler-1")
        crowd.start("scheduler-2", "scheduler")
        await wait_until(lambda: _runs(redis, 200), timeout_s=30)
        crowd.kill("scheduler-2")
        crowd.start("scheduler-3", "scheduler")

        await wait_until(lambda: _caught_up(crowd, names), timeout_s=60)
        paused = [await crowd.client.pause_scheduled_wf_run(name) for name in names]
        await wait_until(lambda: _nothing_under_way(redis), timeout_s=30)
        expected = set()
        for one in paused:
            assert one.last_error is None
            assert one.last_run_at is not None
            last_ms = int(datetime.fromisoformat(one.last_run_at).timestamp() * 1000)
            expected |= {f"{one.id}-{tick}" for tick in _ticks(created_ms, last_ms)}
        assert set(await _ids(redis)) == expected
        assert len(expected) >= SCHEDULES * MISSED_MINUTES
        assert await crowd.client.quarantine() == []


async def test_single_starts_happen_once_when_a_scheduler_is_killed_at_their_moment() -> None:
    async with Crowd() as crowd, connect(crowd.server.url) as redis:
        await crowd.client.put_wf_spec(Workflow("ticking", lambda wf: None).compile())
        crowd.start("scheduler-1", "scheduler")
        start_at = datetime.now(UTC) + timedelta(seconds=2)
        names = [f"once-{number}" for number in range(SINGLE_STARTS)]
        for name in names:
            await crowd.client.schedule_wf("ticking", start_at=start_at, id=name)
        await wait_until(lambda: _runs(redis, 1), timeout_s=30)
        crowd.kill("scheduler-1")
        crowd.start("scheduler-2", "scheduler")
        await wait_until(lambda: _runs(redis, SINGLE_STARTS), timeout_s=30)
        for name in names:
            run = await crowd.client.get_wf_run(name, wait_ms=10_000)
            assert run.status is LHStatus.COMPLETED
            assert datetime.fromisoformat(run.start_time) >= start_at - timedelta(milliseconds=1)
        await wait_until(lambda: _nothing_under_way(redis), timeout_s=30)
        assert (await crowd.client.list_scheduled_wf_runs()).items == []


async def _schedule_then(redis: Redis, names: list[str], created_ms: int) -> None:
    """Schedules that were made at this time, with nobody there to see their ticks."""
    changes = []
    for name in names:
        spec = SpecVersion("ticking", 0, 0)
        made = Schedule(name, spec, {}, None, MINUTELY, None, "UTC", MissedTicks.CATCH_UP, created_ms)
        begin(made, UTC)
        changes.append(ScheduleChange("default", name, lambda _, made=made: Changed(made)))
    partitions = int(await redis.hget(keys.cluster(), "partitions") or 0)
    await Schedules(redis, partitions).advance(changes, created_ms)


def _ticks(created_ms: int, last_ms: int) -> list[str]:
    """The ends of the ids of all runs that are to be there."""
    found = []
    at_ms = next_tick(MINUTELY, UTC, created_ms)
    while at_ms is not None and at_ms <= last_ms:
        found.append(datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y%m%dt%H%M%Sz"))
        at_ms = next_tick(MINUTELY, UTC, at_ms)
    return found


async def _ids(redis: Redis) -> list[str]:
    pattern = "lh:{p*}:run:default:*"
    return [key.decode().rpartition(":")[2] async for key in redis.scan_iter(pattern, count=1000)]


async def _runs(redis: Redis, count: int) -> bool:
    return len(await _ids(redis)) >= count


async def _caught_up(crowd: Crowd, names: list[str]) -> bool:
    now = datetime.now(UTC)
    for name in names:
        next_run_at = (await crowd.client.get_scheduled_wf_run(name)).next_run_at
        if next_run_at is None or datetime.fromisoformat(next_run_at) <= now:
            return False
    return True


async def _nothing_under_way(redis: Redis) -> bool:
    return not [key async for key in redis.scan_iter("lh:{p*}:inbox", count=1000) if await redis.xlen(key)]
