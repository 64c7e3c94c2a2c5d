"""ownership: which live scheduler works which partition: rendezvous hashing, held by leases.

Only for order and speed: two schedulers on one partition stay correct (store/commit_steps). A
scheduler that dies is missed after `lease_ms`; one that leaves hands over at once.
"""

from __future__ import annotations

import time
from hashlib import blake2b

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.claim_partition import claim_partition
from lhredis.store.commands.release_partition import release_partition

LEASE_MS_DEFAULT = 2_000


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

    @property
    def held(self) -> list[int]:
        """The partitions whose lease is ours right now."""
        now = time.monotonic()
        return sorted(partition for partition, until in self._held_until.items() if until > now)

    async def run_once(self) -> int:
        """Announce ourselves, then renew or claim what we should have and release what we should not."""
        live = await self._announce()
        for partition in range(self._partitions):
            if preferred(partition, live) == self._id:
                await self._claim(partition)
            elif partition in self._held_until:
                await self._release(partition)
        return len(self.held)

    async def _announce(self) -> list[str]:
        now_ms = time.time_ns() // 1_000_000
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.zadd(keys.schedulers(), {self._id: now_ms + self._lease_ms})
        pipeline.zremrangebyscore(keys.schedulers(), "-inf", now_ms - 10 * self._lease_ms)
        pipeline.zrangebyscore(keys.schedulers(), now_ms, "+inf")
        *_, live = await pipeline.execute()
        return [name.decode() for name in live]

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
