"""ownership: which live scheduler works which partition: rendezvous hashing, held by leases.

Only for order and speed: two schedulers on one partition stay correct (scripts/lua/commit_steps.lua). A
scheduler that dies is missed after `lease_ms`; one that leaves hands over at once.
"""

from __future__ import annotations

import logging
import time
from hashlib import blake2b

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.claim_partition import claim_partition
from lhredis.store.commands.release_partition import release_partition
from lhredis.store.live_schedulers import announce, server_ms

log = logging.getLogger("lhredis.scheduler")

LEASE_MS_DEFAULT = 2_000

APART_MS_MAX = 1_000
"""From here on it is told that our clock and that of Redis differ."""

APART_PAUSE_S = 60.0
"""How often."""


def preferred(partition: int, scheduler_ids: list[str]) -> str:
    """The scheduler that should work a partition: the same answer in every process that sees the
    same ids, and few changes when one comes or goes."""
    return max(
        scheduler_ids, key=lambda name: blake2b(f"{partition}/{name}".encode(), digest_size=8).digest()
    )


class Ownership:
    """The partitions that this scheduler holds. `run_once` renews, claims and hands over."""

    def __init__(
        self, redis: Redis, partitions: int, scheduler_id: str, lease_ms: int = LEASE_MS_DEFAULT
    ) -> None:
        self._redis = redis
        self._partitions = partitions
        self._id = scheduler_id
        self._lease_ms = lease_ms
        self._held_until: dict[int, float] = {}
        self._apart_told: float | None = None

    @property
    def held(self) -> list[int]:
        """The partitions whose lease is ours right now."""
        now = time.monotonic()
        return sorted(partition for partition, until in self._held_until.items() if until > now)

    async def run_once(self) -> int:
        """Announce ourselves, then renew or claim what we should have and release what we should not."""
        now_ms = await server_ms(self._redis)
        self._look_at_clock(now_ms)
        live = await announce(self._redis, self._id, self._lease_ms, now_ms)
        for partition in range(self._partitions):
            if preferred(partition, live) == self._id:
                await self._claim(partition)
            elif partition in self._held_until:
                await self._release(partition)
        return len(self.held)

    def _look_at_clock(self, server_now_ms: int) -> None:
        """Timers fire by our clock: say when it is wrong, now and then again, and when it is right again."""
        ahead_ms = time.time_ns() // 1_000_000 - server_now_ms
        if abs(ahead_ms) < APART_MS_MAX:
            if self._apart_told is not None:
                log.warning("scheduler %s: our clock and that of Redis agree again", self._id)
            self._apart_told = None
        elif self._apart_told is None or time.monotonic() - self._apart_told > APART_PAUSE_S:
            self._apart_told = time.monotonic()
            log.warning(
                "scheduler %s: our clock is %.1f s %s that of Redis: timers fire %s here. Run NTP on both machines",
                self._id,
                abs(ahead_ms) / 1000,
                "ahead of" if ahead_ms > 0 else "behind",
                "too early" if ahead_ms > 0 else "too late",
            )

    async def _claim(self, partition: int) -> None:
        asked = time.monotonic()
        if await claim_partition(self._redis, partition, self._id, self._lease_ms):
            self._held_until[partition] = asked + self._lease_ms / 1000
        else:
            self._held_until.pop(partition, None)

    async def _release(self, partition: int) -> None:
        self._held_until.pop(partition, None)
        await release_partition(self._redis, partition, self._id)

    async def leave(self) -> None:
        """Hand everything over: to be called when no work of ours is under way any more."""
        await self._redis.zrem(keys.schedulers(), self._id)
        for partition in list(self._held_until):
            await self._release(partition)
