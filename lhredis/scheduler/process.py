"""process: a scheduler: owns partitions, and feeds the stepper with results, timers and timeouts."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import socket
import time
from typing import Any

from redis.asyncio import Redis

from lhredis.scheduler.ownership import LEASE_MS_DEFAULT, Ownership
from lhredis.scheduler.reclaimer import Reclaimer
from lhredis.scheduler.results import Results
from lhredis.scheduler.service import serve
from lhredis.scheduler.timers import Timers
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.stepper import Stepper
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.connect import connect, join_cluster
from lhredis.store.metadata import Metadata

log = logging.getLogger("lhredis.scheduler")

BLOCK_MS = 100
"""How long one read of the results waits: bounds how late we see that our partitions have changed."""

IDLE_PAUSE_S = 0.02
"""Pause of a scheduler that has no partition."""

RECLAIM_PAUSE_S = 0.25
REFRESH_PAUSE_S = 0.5


def scheduler_id() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


class Scheduler:
    """One scheduler. Everything that it knows is in Redis too; what it caches is compared."""

    def __init__(self, redis: Redis, partitions: int, name: str, lease_ms: int = LEASE_MS_DEFAULT) -> None:
        self.redis = redis
        self.partitions = partitions
        self.name = name
        self.lease_ms = lease_ms
        self.counters = Counters()
        self.metadata = Metadata(redis)
        self.programs = Programs(self.metadata)
        self.cache = RunCache()
        self.ownership = Ownership(redis, partitions, name, lease_ms)
        self.results = Results(redis, self.counters)
        self.timers = Timers(redis)
        self.stepper = Stepper(redis, self.programs, self.cache, self.counters, on_timer=self.timers.look_by)
        self.reclaimer = Reclaimer(redis)
        self._held: list[int] = []
        self._timeouts: dict[int, list[Work]] = {}
        self._reading: tuple[asyncio.Task[list[Any]], list[int]] | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish the batch at hand and hand every partition over."""
        await self.ownership.run_once()
        log.info("scheduler %s: partitions %s", self.name, self.ownership.held)
        side = asyncio.gather(
            serve("ownership", self._own, self.lease_ms / 1000 / 8, stopping),
            serve("reclaimer", self._reclaim, RECLAIM_PAUSE_S, stopping),
            serve("refresh", self._refresh, REFRESH_PAUSE_S, stopping),
        )
        await serve("steps", self.run_once, 0, stopping)
        self._stop_reading()
        await side
        await self.ownership.leave()
        await self.counters.flush(self.redis)
        log.info("scheduler %s: handed over", self.name)

    async def run_once(self) -> int:
        """One batch: wait for something to happen on our partitions, step it, commit it."""
        held = self.ownership.held
        if held != self._held:
            log.info("scheduler %s: partitions %s", self.name, held)
            self._held = held
            self.timers.look_now()
        if not held and self._reading is None:
            await asyncio.sleep(IDLE_PAUSE_S)
            return 0
        try:
            return await self._batch(held)
        except BaseException:
            self._stop_reading()
            self.timers.look_now()
            raise

    async def _batch(self, held: list[int]) -> int:
        reply, partitions = await self._read(held)
        now_ms = _now_ms()
        batch = await self.results.decode(reply, partitions, now_ms)
        if batch.woken:
            self.timers.look_now()
        works = batch.works
        for found in (await self.timers.due(held, now_ms), self._take_timeouts()):
            for partition, more in found.items():
                works.setdefault(partition, []).extend(more)
        if not works and not batch.consumed:
            return 0
        await self.stepper.advance(works, batch.consumed, now_ms)
        return sum(map(len, works.values()))

    async def _read(self, held: list[int]) -> tuple[list[Any], list[int]]:
        """What came in, or nothing as soon as a timer is due; the read under way then goes on.

        The server cannot wake us for the timer: it looks at the BLOCK times of an idle server only
        ten times a second (measured: `BLOCK 3` returns after 100 ms).
        """
        if self._reading is None:
            self._reading = asyncio.create_task(self.results.read(held, BLOCK_MS)), held
        reading, partitions = self._reading
        wait_ms = 0 if self._timeouts else self.timers.wait_ms(_now_ms())
        await asyncio.wait((reading,), timeout=wait_ms / 1000)
        if not reading.done():
            return [], partitions
        self._reading = None
        return reading.result(), partitions

    def _stop_reading(self) -> None:
        """Give up the read under way; the next one starts at the first entry that is not consumed."""
        if self._reading is not None:
            self._reading[0].cancel()
            self._reading = None
        self.results.start_over()

    def _take_timeouts(self) -> dict[int, list[Work]]:
        found, self._timeouts = self._timeouts, {}
        return found

    async def _own(self) -> int:
        await self.ownership.run_once()
        return 0

    async def _reclaim(self) -> int:
        if not self._timeouts:
            queues = await self.metadata.queues()
            streams = [(p, keys.tasks(p, tenant, name)) for p in self._held for tenant, name in queues]
            self._timeouts = await self.reclaimer.run_once(streams, _now_ms())
        return 0

    async def _refresh(self) -> int:
        await self.programs.refresh()
        await self.counters.flush(self.redis)
        return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def tune_garbage_collection() -> None:
    """Collect rarely: a scheduler makes many short-lived objects and few cycles, and at Python's
    thresholds the collector takes a sixth of its time walking over the cached runs."""
    gc.set_threshold(100_000, 50, 100)


async def main(redis_url: str, partitions: int | None, lease_ms: int, stopping: asyncio.Event) -> None:
    """Run a scheduler until `stopping` is set."""
    tune_garbage_collection()
    redis = connect(redis_url)
    try:
        cluster = await join_cluster(redis, partitions)
        await Scheduler(redis, cluster.partitions, scheduler_id(), lease_ms).run(stopping)
    finally:
        await redis.aclose()
