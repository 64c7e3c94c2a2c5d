"""watchdog: looks whether what should wake each run is there, a bounded page of runs at a time.

What is missing is put back by the engine (engine/wakers.py), counted, and told in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.engine.events import WakerLost
from lhredis.engine.run import Run
from lhredis.engine.wakers import Waker, wakers_of
from lhredis.errors import NotFound
from lhredis.scheduler.correlation_watch import CorrelationWatch
from lhredis.scheduler.index_pages import IndexPages
from lhredis.stepper.counters import Counters
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.metadata import Metadata
from lhredis.store.runs import StoredRun, load_runs
from lhredis.store.timers import member

log = logging.getLogger("lhredis.scheduler")

PAGE_RUNS_MAX = 200
"""Runs that one pass looks at, about."""


class Watchdog:
    """Walks over the runs of its partitions: one page of one tenant's index in a pass."""

    def __init__(self, redis: Redis, partitions: int, metadata: Metadata, counters: Counters) -> None:
        self._redis = redis
        self._metadata = metadata
        self._counters = counters
        self._correlations = CorrelationWatch(redis, partitions, counters)
        self._pages = IndexPages(redis, metadata, keys.index_runs, PAGE_RUNS_MAX)

    async def run_once(self, held: Sequence[int], now_ms: int) -> dict[int, list[Work]]:
        """One page: what was found lost, as work, by partition."""
        page = await self._pages.take(held)
        if page is None:
            return {}
        ids = [(page.tenant, wf_run_id) for wf_run_id in page.members]
        loaded = await load_runs(self._redis, page.partition, ids)
        runs = [stored for stored in loaded.values() if isinstance(stored, StoredRun)]
        works: list[Work] = []
        for stored in runs:
            works.extend(await self._look_at(page.partition, stored, now_ms))
        await self._correlations.look_at(page.partition, runs)
        return {page.partition: works} if works else {}

    async def _look_at(self, partition: int, stored: StoredRun, now_ms: int) -> list[Work]:
        run = stored.run
        wakers = wakers_of(run)
        if not wakers:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for waker in wakers:
            if waker.task_def is not None:
                entry = _entry_of(stored, waker)
                pipeline.xrange(keys.tasks(partition, run.tenant, waker.task_def), entry, entry)
            else:
                assert waker.timer is not None
                name = member(waker.timer, run.tenant, run.id, waker.thread, waker.position, waker.attempt)
                pipeline.zscore(keys.timers(partition), name)
        replies = await pipeline.execute()
        gone = [waker for waker, reply in zip(wakers, replies, strict=True) if not reply and reply != 0]
        if gone:
            gone = await self._still_counted_on(partition, stored, gone)
        if not gone or not await self._can_go_on(run):
            return []
        return [self._lost(run, waker, now_ms) for waker in gone]

    async def _still_counted_on(self, partition: int, seen: StoredRun, gone: list[Waker]) -> list[Waker]:
        """Those that the run counts on after we have looked, too, in the same entry of a queue: the others
        were gone because it moved, or because a task was given back to its queue."""
        run = seen.run
        (stored,) = (await load_runs(self._redis, partition, [(run.tenant, run.id)])).values() or (None,)
        if not isinstance(stored, StoredRun):
            return []
        now = set(wakers_of(stored.run))
        return [
            waker
            for waker in gone
            if waker in now and (waker.task_def is None or _entry_of(stored, waker) == _entry_of(seen, waker))
        ]

    async def _can_go_on(self, run: Run) -> bool:
        """False when a WfSpec that one of its threads follows was deleted: what was to wake the run is in
        quarantine, and all that is put back would go there, too, pass after pass."""
        for version in {run.followed, *map(run.spec_of, run.threads.values())}:
            try:
                await self._metadata.wf_spec(run.tenant, version)
            except NotFound:
                return False
        return True

    def _lost(self, run: Run, waker: Waker, now_ms: int) -> Work:
        what = f"task {waker.task_def}" if waker.task_def is not None else f"timer {waker.timer}"
        log.warning("watchdog: WfRun %s, thread %d: its %s is gone", run.id, waker.thread, what)
        self._counters.add("wakers_lost", 1)
        event = WakerLost(now_ms, nonce(), waker.thread, waker.position, waker.attempt, waker.token)
        return Work(run.tenant, run.id, event)


def _entry_of(stored: StoredRun, waker: Waker) -> str:
    """Where its task has to be; an entry that there never is when nobody knows."""
    return stored.entry_of(waker.thread, waker.position) or "0-1"
