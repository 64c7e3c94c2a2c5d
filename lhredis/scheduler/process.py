"""process: a scheduler: owns partitions, and feeds the stepper with results, timers and timeouts."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from functools import partial

from redis.asyncio import Redis

from lhredis.errors import FailedPrecondition
from lhredis.scheduler.bulk import Bulk
from lhredis.scheduler.lane import Lane
from lhredis.scheduler.lost_workers import LostWorkers
from lhredis.scheduler.ownership import LEASE_MS_DEFAULT, Ownership
from lhredis.scheduler.reclaimer import Reclaimer
from lhredis.scheduler.schedule_watch import ScheduleWatch
from lhredis.scheduler.service import serve
from lhredis.scheduler.watchdog import Watchdog
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.connect import connect, join_cluster, stay_joined
from lhredis.store.metadata import Metadata

log = logging.getLogger("lhredis.scheduler")

LANES = 2
"""Lanes of a scheduler; partition p goes to lane p modulo LANES. Python works on one at a time:
more only make the batches smaller."""

RECLAIM_PAUSE_S = 0.25
WATCH_PAUSE_S = 5.0
REFRESH_PAUSE_S = 0.5
BULK_PAUSE_S = 0.25
CLUSTER_PAUSE_S = 0.5
LOST_WORKERS_PAUSE_S = 60.0


def scheduler_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


class Scheduler:
    """One scheduler. Everything that it knows is in Redis too; what it caches is compared."""

    def __init__(self, redis: Redis, partitions: int, name: str, lease_ms: int = LEASE_MS_DEFAULT) -> None:
        self.redis = redis
        self.partitions = partitions
        self.name = name
        self.lease_ms = lease_ms
        self._left: FailedPrecondition | None = None
        self.counters = Counters()
        self.metadata = Metadata(redis)
        self.programs = Programs(self.metadata)
        self.cache = RunCache()
        self.ownership = Ownership(redis, partitions, name, lease_ms)
        self.reclaimer = Reclaimer(redis)
        self.lost_workers = LostWorkers(redis)
        self.watchdog = Watchdog(redis, partitions, self.metadata, self.counters)
        self.bulk = Bulk(redis, self.metadata, self.programs, self.counters)
        self.schedule_watch = ScheduleWatch(redis, partitions, self.metadata, self.counters)
        self.lanes = [
            Lane(redis, self.programs, self.cache, self.counters, partial(self._held, number), partitions)
            for number in range(LANES)
        ]

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish the batch at hand and hand every partition over. The same, and
        then FailedPrecondition, when Redis is divided into another number of partitions all of a sudden."""
        await self.ownership.run_once()
        log.info("scheduler %s: partitions %s", self.name, self.ownership.held)
        side = asyncio.gather(
            serve("ownership", self._own, self.lease_ms / 1000 / 8, stopping),
            serve("reclaimer", self._reclaim, RECLAIM_PAUSE_S, stopping),
            serve("watchdog", self._watch, WATCH_PAUSE_S, stopping, self._holds),
            serve("bulk", self._bulk_jobs, BULK_PAUSE_S, stopping, self._holds),
            serve("lost workers", self._forget_lost_workers, LOST_WORKERS_PAUSE_S, stopping),
            serve("refresh", self._refresh, REFRESH_PAUSE_S, stopping),
            serve("cluster", partial(self._stay_joined, stopping), CLUSTER_PAUSE_S, stopping),
        )
        await asyncio.gather(
            *(serve("steps", lane.run_once, 0, stopping, self._holds) for lane in self.lanes)
        )
        for lane in self.lanes:
            lane.stop_reading()
        await side
        await self.ownership.leave()
        await self.counters.flush(self.redis)
        log.info("scheduler %s: handed over", self.name)
        if self._left is not None:
            raise self._left

    async def run_once(self) -> int:
        """One batch of every lane, one after the other; for tests."""
        return sum([await lane.run_once() for lane in self.lanes])

    def _holds(self) -> bool:
        return bool(self.ownership.held)

    def _held(self, lane: int) -> list[int]:
        return [partition for partition in self.ownership.held if partition % LANES == lane]

    async def _own(self) -> int:
        before = self.ownership.held
        await self.ownership.run_once()
        if self.ownership.held != before:
            log.info("scheduler %s: partitions %s", self.name, self.ownership.held)
        return 0

    async def _reclaim(self) -> int:
        if any(lane.has_works for lane in self.lanes):
            return 0
        self._hand_over(await self.reclaimer.run_once(await self._streams(), time.time_ns() // 1_000_000))
        return 0

    async def _forget_lost_workers(self) -> int:
        await self.lost_workers.run_once([stream for _, stream in await self._streams()])
        return 0

    async def _streams(self) -> list[tuple[int, str]]:
        """(partition, task stream) of all tasks in our partitions."""
        queues = await self.metadata.queues()
        return [(p, keys.tasks(p, tenant, name)) for p in self.ownership.held for tenant, name in queues]

    async def _watch(self) -> int:
        if not any(lane.has_works for lane in self.lanes):
            found = await self.watchdog.run_once(self.ownership.held, time.time_ns() // 1_000_000)
            self._hand_over(found)
        await self.schedule_watch.run_once(self.ownership.held, time.time_ns() // 1_000_000)
        return 0

    def _hand_over(self, found: dict[int, list[Work]]) -> None:
        for number, lane in enumerate(self.lanes):
            lane.add_works({p: works for p, works in found.items() if p % LANES == number})

    async def _bulk_jobs(self) -> int:
        await self.bulk.run_once(self.ownership.held)
        return 0  # there is a pause between two passes in any case

    async def _stay_joined(self, stopping: asyncio.Event) -> int:
        try:
            await stay_joined(self.redis, self.partitions)
        except FailedPrecondition as error:
            self._left = error
            stopping.set()
        return 0

    async def _refresh(self) -> int:
        await self.programs.refresh()
        await self.counters.flush(self.redis)
        return 0


async def main(redis_url: str, partitions: int | None, lease_ms: int, stopping: asyncio.Event) -> None:
    """Run a scheduler until `stopping` is set."""
    redis = connect(redis_url, role="scheduler")
    try:
        cluster = await join_cluster(redis, partitions)
        await Scheduler(redis, cluster.partitions, scheduler_id(), lease_ms).run(stopping)
    finally:
        await redis.aclose()
