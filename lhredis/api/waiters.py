"""waiters: requests that wait for a WfRun to end or to throw an event. One reader of changes serves
them all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis

from lhredis.errors import ResourceExhausted
from lhredis.model.enums import TERMINAL_STATUSES
from lhredis.store.changes import ChangeReader

BLOCK_MS = 500
WAITERS_MAX = 10_000

Seen = TypeVar("Seen")


class Waiters:
    """Who waits for which run, and how many do (`count`). Redis is read only while somebody waits."""

    def __init__(self, redis: Redis, partitions: int) -> None:
        self._reader = ChangeReader(redis, partitions)
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}
        self.count = 0
        self._wanted = asyncio.Event()
        self._reading = False
        self._released = False

    async def wait(
        self,
        tenant: str,
        wf_run_id: str,
        wait_ms: int,
        look: Callable[[], Awaitable[Seen]],
        ended: Callable[[Seen], bool],
    ) -> Seen:
        """What `look` sees as soon as that has `ended`, or when the time is over. Looks once at the
        start, whenever the run ended or threw an event, and once more when changes may have been missed."""
        if self.count >= WAITERS_MAX:
            raise ResourceExhausted(f"at most {WAITERS_MAX} requests wait at a time (WAITERS_MAX)")
        deadline = time.monotonic() + wait_ms / 1000
        changed = asyncio.Event()
        key = (tenant, wf_run_id)
        self._waiting.setdefault(key, set()).add(changed)
        self.count += 1
        self._wanted.set()
        try:
            while True:
                changed.clear()
                seen = await look()
                left_s = deadline - time.monotonic()
                if ended(seen) or left_s <= 0 or self._released:
                    return seen
                try:
                    await asyncio.wait_for(changed.wait(), left_s)
                except TimeoutError:
                    return await look()
        finally:
            self.count -= 1
            self._waiting[key].discard(changed)
            if not self._waiting[key]:
                del self._waiting[key]

    async def run_once(self) -> None:
        """Read some changes and wake whom they concern; without waiters, sleep until there is one."""
        if not self._waiting:
            self._reading = False
            self._wanted.clear()
            await self._wanted.wait()
        try:
            if not self._reading:
                await self._reader.start()
                self._reading = True
                self._wake_all()
            for change in await self._reader.read(BLOCK_MS):
                if change.status is None or change.status in TERMINAL_STATUSES:
                    for changed in self._waiting.get((change.tenant, change.wf_run_id), ()):
                        changed.set()
        except BaseException:
            self._reading = False
            raise

    def release(self) -> None:
        """Nobody waits any longer: everybody looks a last time."""
        self._released = True
        self._wake_all()

    def _wake_all(self) -> None:
        for waiting in self._waiting.values():
            for changed in waiting:
                changed.set()
