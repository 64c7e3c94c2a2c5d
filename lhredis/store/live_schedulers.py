"""live_schedulers: which schedulers live, by the clock of Redis: those of machines may be hours apart."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from lhredis.store import keys

FORGOTTEN_LEASES = 10
"""A scheduler that has not been seen for so many leases is forgotten."""


async def server_ms(redis: Redis) -> int:
    """What time it is in Redis."""
    time: Any = await redis.time()
    return int(time[0]) * 1000 + int(time[1]) // 1000


async def announce(redis: Redis, scheduler_id: str, lease_ms: int, now_ms: int) -> list[str]:
    """Have this one live for `lease_ms` from now, which is of Redis' clock; the ids of all that live."""
    pipeline = redis.pipeline(transaction=False)
    pipeline.zadd(keys.schedulers(), {scheduler_id: now_ms + lease_ms})
    pipeline.zremrangebyscore(keys.schedulers(), "-inf", now_ms - FORGOTTEN_LEASES * lease_ms)
    pipeline.zrangebyscore(keys.schedulers(), now_ms, "+inf")
    *_, live = await pipeline.execute()
    return [name.decode() for name in live]


async def live_schedulers(redis: Redis) -> list[str]:
    """The ids of all that live, sorted."""
    live: Any = await redis.zrangebyscore(keys.schedulers(), await server_ms(redis), "+inf")
    return sorted(name.decode() for name in live)
