"""lane: reads what happens on some of a scheduler's partitions, and has it stepped.

A scheduler has a few lanes, each with partitions of its own: while Redis writes the commit of one,
another is stepped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from lhredis.errors import Unavailable
from lhredis.scheduler.relay import Relay, change_of
from lhredis.scheduler.results import Carried, Results
from lhredis.scheduler.starts import Begun, Starter
from lhredis.scheduler.timers import Timers
from lhredis.stepper.cache import RunCache
from lhredis.stepper.correlator import Correlator
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.schedules import Schedules
from lhredis.stepper.stepper import Stepper
from lhredis.stepper.work import Work
from lhredis.store.messages import Waits

BLOCK_MS = 100
"""How long one read of the results waits: bounds how late we see that our partitions have changed."""

READ_AHEAD_MIN = 16
"""Results in a batch from which on the next ones are read while it is stepped. With fewer, asking for
more would only hold up the commit: whoever is alone waits for just that."""

LOOKS_MAX = 20
"""How often what a message tells of a run may change while it is carried; then it is carried again."""

IDLE_PAUSE_S = 0.02
"""Pause of a lane that has no partition."""


class Lane:
    """The partitions that `held` names, worked one batch after the other."""

    def __init__(
        self,
        redis: Redis,
        programs: Programs,
        cache: RunCache,
        counters: Counters,
        held: Callable[[], list[int]],
        partitions: int,
    ) -> None:
        self._held_now = held
        self._held: list[int] = []
        self._results = Results(redis, counters, partitions)
        self._timers = Timers(redis, counters)
        self._stepper = Stepper(redis, programs, cache, counters, on_timer=self._timers.look_by)
        self._correlator = Correlator(redis, partitions)
        self._relay = Relay(redis, partitions)
        self._schedules = Schedules(redis, partitions, on_timer=self._timers.look_by)
        self._starter = Starter(redis, programs, partitions)
        self._added: dict[int, list[Work]] = {}
        self._reading: tuple[asyncio.Task[list[Any]], list[int]] | None = None

    async def run_once(self) -> int:
        """One batch: wait for something to happen on our partitions, step it, commit it."""
        held = self._held_now()
        if held != self._held:
            self._held = held
            self._timers.look_now()
        if not held and self._reading is None:
            self._added.clear()  # whoever has the partitions now finds the same
            await asyncio.sleep(IDLE_PAUSE_S)
            return 0
        try:
            return await self._batch(held)
        except BaseException:
            self.stop_reading()
            self._timers.look_now()
            raise

    def add_works(self, found: dict[int, list[Work]]) -> None:
        """What the reclaimer and the watchdog found on our partitions; it goes with the next batch."""
        for partition, works in found.items():
            self._added.setdefault(partition, []).extend(works)

    @property
    def has_works(self) -> bool:
        """Is there such work that no batch has taken yet?"""
        return bool(self._added)

    def stop_reading(self) -> None:
        """Give up the read under way; the next one starts at the first entry that is not consumed."""
        if self._reading is not None:
            self._reading[0].cancel()
            self._reading = None
        self._results.start_over()

    async def _batch(self, held: list[int]) -> int:
        reply, partitions = await self._read(held)
        now_ms = time.time_ns() // 1_000_000
        batch = await self._results.decode(reply, partitions, now_ms)
        if sum(map(len, batch.works.values())) >= READ_AHEAD_MIN:
            self._start_reading(held)
        if batch.woken:
            self._timers.look_now()
        works = batch.works
        added, self._added = self._added, {}
        for found in (await self._timers.due(held, now_ms), added):
            for partition, more in found.items():
                works.setdefault(partition, []).extend(more)
        changes, ticks = self._timers.take_changes(), self._timers.take_ticks()
        begun: list[Begun] = []
        if batch.carried:
            changes += self._relay.unpack(batch.carried, works, now_ms)
            begun = await self._starter.begin(batch.carried, works, now_ms)
        if changes:
            await self._correlator.advance(changes, now_ms)
        if batch.carried:
            await self._look_again(batch.carried, now_ms)
        if ticks:
            await self._schedules.advance(ticks, now_ms)
        if works or batch.consumed:
            await self._stepper.advance(works, batch.consumed, now_ms)
        if begun:
            await self._schedules.advance(await self._starter.outcomes(begun, now_ms), now_ms)
        if batch.carried:
            await self._relay.carried(batch.carried)
        return sum(map(len, works.values())) + len(changes) + len(ticks)

    async def _look_again(self, carried: list[Carried], now_ms: int) -> None:
        """Waits that another scheduler knew more of: the correlations are made to say what is so now. What
        changes while we look has its own message, which comes later."""
        said = [one.message for one in carried if isinstance(one.message, Waits)]
        for _ in range(LOOKS_MAX):
            said = await self._relay.outdated(said)
            if not said:
                return
            await self._correlator.advance([change_of(one) for one in said], now_ms)
        raise Unavailable(f"runs changed what they wait for {LOOKS_MAX} times in a row")

    async def _read(self, held: list[int]) -> tuple[list[Any], list[int]]:
        """What came in, or nothing as soon as a timer is due; the read under way then goes on.

        The server cannot wake us for the timer: docs/decisions/0004. With none near, nothing but the read is
        waited for: that saves a task and a timer of the event loop.
        """
        now_ms = time.time_ns() // 1_000_000
        is_near = bool(self._added) or self._timers.is_near(now_ms)
        if self._reading is None:
            if not is_near:
                return await self._results.read(held, BLOCK_MS), held
            self._start_reading(held)
        assert self._reading is not None
        reading, partitions = self._reading
        if is_near and not reading.done():
            wait_ms = 0 if self._added else self._timers.wait_ms(now_ms)
            await asyncio.wait((reading,), timeout=wait_ms / 1000)
            if not reading.done():
                return [], partitions
        reply = await reading
        self._reading = None
        return reply, partitions

    def _start_reading(self, held: list[int]) -> None:
        """Ask for what comes next. Under load that is while this batch is being stepped."""
        if held:
            self._reading = asyncio.create_task(self._results.read(held, BLOCK_MS)), held
