"""timers: what is due, as work, to the millisecond."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import inf

from redis.asyncio import Redis

from lhredis.engine.correlation import Correlation, Delivery, forget_event
from lhredis.engine.events import TimerFired, TimerKind
from lhredis.scheduler.ticks import ticked
from lhredis.stepper.correlator import Change
from lhredis.stepper.counters import Counters
from lhredis.stepper.schedules import ScheduleChange
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.quarantine import write_of
from lhredis.store.timers import DueTimer, due_timers
from lhredis.store.wire import exchange

log = logging.getLogger("lhredis.scheduler")

DUE_MAX = 200
"""Timers of one partition that are fired at a time."""

LOOK_MS_MAX = 250
"""How long we trust that we know when the next timer is due, in case another process set one and
its message got lost."""

NEAR_MS = 300
"""A timer that is due in less is waited for: a read that blocks for 100 ms may take 200, and not this
long."""


class Timers:
    """Fires what is due. Knows when the next timer is due, so that nobody has to poll for it."""

    def __init__(self, redis: Redis, counters: Counters) -> None:
        self._redis = redis
        self._counters = counters
        self._look_at_ms = 0
        self._due_ms: float = 0
        self._changes: list[Change] = []
        self._ticks: list[ScheduleChange] = []

    def look_now(self) -> None:
        """The next due time may have changed: look it up on the next pass."""
        self._look_at_ms, self._due_ms = 0, 0

    def look_by(self, due_ms: int) -> None:
        """A timer was set: look not later than when it is due."""
        self._look_at_ms, self._due_ms = min(self._look_at_ms, due_ms), min(self._due_ms, due_ms)

    def is_near(self, now_ms: int) -> bool:
        """May a timer be due in less than NEAR_MS, as far as we know?"""
        return self._due_ms - now_ms < NEAR_MS

    def wait_ms(self, now_ms: int) -> int:
        """Milliseconds until the next look; 0 when it is time."""
        return max(0, self._look_at_ms - now_ms)

    async def due(self, partitions: Sequence[int], now_ms: int) -> dict[int, list[Work]]:
        """What is due now, by partition; nothing, without a look at Redis, before the next due time."""
        if now_ms < self._look_at_ms:
            return {}
        found, next_ms = await due_timers(self._redis, list(partitions), now_ms, DUE_MAX)
        self._due_ms = next_ms if next_ms is not None else inf
        self._look_at_ms = int(min(now_ms + LOOK_MS_MAX, self._due_ms))
        word = nonce()
        works: dict[int, list[Work]] = {}
        for partition, timers in found.items():
            works[partition] = []
            for timer in timers:
                if isinstance(timer, bytes):
                    await self._set_aside(partition, timer, now_ms)
                elif (work := self._work(partition, timer, now_ms, word)) is not None:
                    works[partition].append(work)
        return works

    async def _set_aside(self, partition: int, member: bytes, now_ms: int) -> None:
        """What is no timer must not stop those behind it."""
        log.error(
            "partition %d: %r is among the timers, and is none: it is in quarantine", partition, member[:200]
        )
        put = write_of(partition, "", "", member, "it was among the timers, and is none", now_ms)
        await exchange(self._redis, [put, ("ZREM", keys.timers(partition), member)])
        self._counters.add("unreadable_timers", 1)

    def take_changes(self) -> list[Change]:
        """What the timers that were due ask of correlations."""
        changes, self._changes = self._changes, []
        return changes

    def take_ticks(self) -> list[ScheduleChange]:
        """What the timers that were due ask of schedules."""
        ticks, self._ticks = self._ticks, []
        return ticks

    def _work(self, partition: int, timer: DueTimer, now_ms: int, word: str) -> Work | None:
        if timer.kind is TimerKind.SCHEDULE:  # its timer is moved by the change itself
            self._ticks.append(ticked(timer.tenant, timer.wf_run_id, timer.due_ms, now_ms))
            return None
        done: list[Write] = [("ZREM", keys.timers(partition), timer.member)]
        if timer.kind is TimerKind.CORRELATED_TTL:
            event_def, _, key = timer.wf_run_id.partition("~")
            self._changes.append(Change(timer.tenant, event_def, key, _forget, done))
            return None
        event = TimerFired(
            now_ms, word, timer.kind, timer.thread, timer.position, timer.attempt, timer.due_ms
        )
        return Work(timer.tenant, timer.wf_run_id, event, done=done)


def _forget(correlation: Correlation) -> list[Delivery]:
    forget_event(correlation)
    return []
