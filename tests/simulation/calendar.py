"""calendar: ScheduledWfRuns as people make, watch and delete them, and whether every tick started its run."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from redis.asyncio import Redis

from lhredis.engine.schedule import Schedule, begin
from lhredis.errors import AlreadyExists
from lhredis.model.enums import TERMINAL_STATUSES, MissedTicks
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.metadata import Metadata
from lhredis.store.runs import load_run
from lhredis.store.schedules import load_schedules

TICKS = 2
"""Runs of a cron that people wait for before they delete it."""

EVERY_MINUTE = "* * * * *"
DELAY_MS = 4_000
"""Longer than a command may be on its way: a schedule that has come and gone is not made twice."""


class Calendar:
    """The schedules of a tenant, each named by who asks."""

    def __init__(self, redis: Redis, partitions: int, tenant: str) -> None:
        self._redis, self._partitions, self._tenant = redis, partitions, tenant
        self._metadata = Metadata(redis)
        self._schedules = Schedules(redis, partitions)

    async def put_single(self, schedule_id: str, name: str, variables: dict[str, Any]) -> None:
        """Have one run start soon. Asked twice, it sees what became of the first time."""
        (there,) = await load_schedules(self._redis, self._partitions, [(self._tenant, schedule_id)])
        if there.schedule is None and await self._run(schedule_id) is None:
            await self._put(schedule_id, name, variables, None, _now_ms() + DELAY_MS)

    async def put_cron(self, schedule_id: str, name: str, variables: dict[str, Any]) -> None:
        await self._put(schedule_id, name, variables, EVERY_MINUTE, None)

    async def _put(
        self, schedule_id: str, name: str, variables: dict[str, Any], cron: str | None, start_ms: int | None
    ) -> None:
        version = await self._metadata.newest_of(self._tenant, name, None)
        now_ms, missed = _now_ms(), MissedTicks.CATCH_UP
        made = Schedule(schedule_id, version, variables, None, cron, start_ms, "UTC", missed, now_ms)
        begin(made, UTC)

        def apply(there: Schedule | None) -> Changed:
            if there is not None:
                raise AlreadyExists(schedule_id)
            return Changed(made)

        await self._schedules.advance([ScheduleChange(self._tenant, schedule_id, apply)], now_ms)

    async def has_ticked(self, schedule_id: str) -> bool:
        """Have so many runs of it come to their end?"""
        ids = await runs_of(self._redis, self._partitions, self._tenant, schedule_id)
        runs = [await self._run(wf_run_id) for wf_run_id in ids]
        return sum(run is not None and run.status in TERMINAL_STATUSES for run in runs) >= TICKS

    async def delete(self, schedule_id: str) -> None:
        change = ScheduleChange(self._tenant, schedule_id, lambda _: Changed(None))
        await self._schedules.advance([change], _now_ms())

    async def _run(self, wf_run_id: str) -> Any:
        partition = keys.partition_of(wf_run_id, self._partitions)
        stored = await load_run(self._redis, partition, self._tenant, wf_run_id)
        return stored.run if stored is not None else None


async def runs_of(redis: Redis, partitions: int, tenant: str, schedule_id: str) -> list[str]:
    """The ids of the runs that a cron has started, in the order of its ticks."""
    found: list[str] = []
    for partition in range(partitions):
        rows: Any = await redis.zrange(keys.index_runs(partition, tenant), 0, -1)
        found += [name.decode() for name in rows]
    return sorted(wf_run_id for wf_run_id in found if wf_run_id.startswith(f"{schedule_id}-"))


def gaps(wf_run_ids: list[str]) -> list[str]:
    """The ticks of every minute that started no run, between the first and the last that did."""
    ticks = [datetime.strptime(one.rpartition("-")[2], "%Y%m%dt%H%M%Sz") for one in wf_run_ids]
    return [
        f"no run between {one} and {after}"
        for one, after in pairwise(ticks)
        if (after - one).total_seconds() != 60
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
