"""save_portion: note how far a bulk job is in a partition, if nobody has done so meanwhile.

Mirror of scripts/lua/save_portion.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def save_portion(redis: Redis, partition: int, job: str, seen: bytes, json: bytes) -> bool:
    """`job` is `<tenant>/<job>`. False, and nothing changed, when the portion is not as it was `seen`."""
    reply = await load("save_portion").run(
        redis,
        {"portions": keys.bulk_portions(partition)},
        {"job": job, "seen": seen, "json": json},
    )
    return bool(reply[0] == b"saved")
