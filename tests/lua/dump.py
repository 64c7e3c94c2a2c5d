"""dump: everything that a server holds, to compare before and after."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis


async def everything(redis: Redis) -> dict[str, Any]:
    """Every key with its value, and whether it expires."""
    found = {}
    async for key in redis.scan_iter(count=1000):
        kind = (await redis.type(key)).decode()
        found[key.decode()] = (await _value(redis, key, kind), await redis.pttl(key) > 0)
    return found


async def _value(redis: Redis, key: bytes, kind: str) -> Any:
    if kind == "string":
        return await redis.get(key)
    if kind == "hash":
        return await redis.hgetall(key)
    if kind == "set":
        return await redis.smembers(key)
    if kind == "zset":
        return dict(await redis.zrevrange(key, 0, -1, withscores=True))
    assert kind == "stream"
    groups = {group["name"]: group["pending"] for group in await redis.xinfo_groups(key)}
    return await redis.xrange(key), groups
