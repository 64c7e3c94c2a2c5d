"""schedule_watch: looks whether the timer of each schedule is there, or the message of its single start, a
bounded page of schedules at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.engine.schedule import Schedule, start_again, waits_for_start
from lhredis.scheduler.index_pages import IndexPages
from lhredis.stepper.counters import Counters
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.messages import starts_under_way
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
        self._counters = counters
        self._schedules = Schedules(redis, partitions)
        self._pages = IndexPages(redis, metadata, keys.index_schedules, PAGE_SCHEDULES_MAX)

    async def run_once(self, held: Sequence[int], now_ms: int) -> int:
        """One page: how many timers and messages were lost, and are there again."""
        page = await self._pages.take(held)
        if page is None:
            return 0
        partition, tenant = page.partition, page.tenant
        schedules = await self._load(tenant, [id_in(entry) for entry in page.members])
        lost = [(one, "timer", _as_it_is) for one in await self._without_timer(partition, tenant, schedules)]
        lost += [
            (one, "start", _started_again) for one in await self._unstarted(partition, tenant, schedules)
        ]
        for schedule_id, what, _ in lost:
            log.warning("watchdog: the %s of ScheduledWfRun %s is gone", what, schedule_id)
        self._counters.add("wakers_lost", len(lost))
        changes = [ScheduleChange(tenant, schedule_id, repair) for schedule_id, _, repair in lost]
        await self._schedules.advance(changes, now_ms)
        return len(lost)

    async def _load(self, tenant: str, ids: Sequence[str]) -> list[Schedule]:
        stored = await load_schedules(self._redis, self._partitions, [(tenant, one) for one in ids])
        return [one.schedule for one in stored if one.schedule is not None]

    async def _without_timer(self, partition: int, tenant: str, schedules: Sequence[Schedule]) -> list[str]:
        """Those that have a next tick, and no timer."""
        waiting = [one.id for one in schedules if one.next_ms is not None]
        if not waiting:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for schedule_id in waiting:
            pipeline.zscore(keys.timers(partition), timer_member(tenant, schedule_id))
        scores = await pipeline.execute()
        return [one for one, score in zip(waiting, scores, strict=True) if score is None]

    async def _unstarted(self, partition: int, tenant: str, schedules: Sequence[Schedule]) -> list[str]:
        """Those whose single start is under way, and has no message. A message goes after the schedule was
        told what became of it: one that still waits then has lost it."""
        waiting = [one.id for one in schedules if waits_for_start(one)]
        under_way = await starts_under_way(self._redis, partition) if waiting else None
        if under_way is None:
            return []
        gone = [one for one in waiting if (tenant, one) not in under_way]
        return [one.id for one in await self._load(tenant, gone) if waits_for_start(one)]


def _as_it_is(schedule: Schedule | None) -> Changed:
    """Writing a schedule sets its timer."""
    return Changed(schedule)


def _started_again(schedule: Schedule | None) -> Changed:
    return Changed(schedule, start_again(schedule) if schedule is not None else ())
