"""schedule_watch: looks whether the timer of each schedule is there, a bounded page of schedules at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from lhredis.engine.schedule import Schedule
from lhredis.stepper.counters import Counters
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.metadata import Metadata
from lhredis.store.schedules import id_in, load_schedules, timer_member

log = logging.getLogger("lhredis.scheduler")

PAGE_SCHEDULES_MAX = 200
"""Schedules that one pass looks at, about."""


class ScheduleWatch:
    """Walks over the schedules of its partitions: one page of one tenant's index in a pass."""

    def __init__(self, redis: Redis, partitions: int, metadata: Metadata, counters: Counters) -> None:
        self._redis = redis
        self._partitions = partitions
        self._metadata = metadata
        self._counters = counters
        self._schedules = Schedules(redis, partitions)
        self._places: list[tuple[int, str]] = []
        self._cursor = 0

    async def run_once(self, held: Sequence[int], now_ms: int) -> int:
        """One page: how many timers were lost, and are set again."""
        if not self._places:
            tenants = await self._metadata.tenants()
            self._places = [(partition, tenant) for partition in held for tenant in tenants]
            if not self._places:
                return 0
        partition, tenant = self._places[0]
        lost: list[str] = []
        if partition in held:
            index = keys.index_schedules(partition, tenant)
            rows: Any
            self._cursor, rows = await self._redis.zscan(index, self._cursor, count=PAGE_SCHEDULES_MAX)
            lost = await self._lost(partition, tenant, [id_in(entry.decode()) for entry, _ in rows])
        if self._cursor == 0 or partition not in held:
            self._places.pop(0)
            self._cursor = 0
        for schedule_id in lost:
            log.warning("watchdog: the timer of ScheduledWfRun %s is gone", schedule_id)
        self._counters.add("wakers_lost", len(lost))
        await self._schedules.advance([ScheduleChange(tenant, one, _as_it_is) for one in lost], now_ms)
        return len(lost)

    async def _lost(self, partition: int, tenant: str, ids: list[str]) -> list[str]:
        """Those that have a next tick, and no timer."""
        stored = await load_schedules(self._redis, self._partitions, [(tenant, one) for one in ids])
        waiting = [one.schedule.id for one in stored if one.schedule and one.schedule.next_ms is not None]
        if not waiting:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for schedule_id in waiting:
            pipeline.zscore(keys.timers(partition), timer_member(tenant, schedule_id))
        scores = await pipeline.execute()
        return [one for one, score in zip(waiting, scores, strict=True) if score is None]


def _as_it_is(schedule: Schedule | None) -> Changed:
    """Writing a schedule sets its timer."""
    return Changed(schedule)
