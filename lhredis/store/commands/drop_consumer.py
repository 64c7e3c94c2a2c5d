"""drop_consumer: take a consumer that holds nothing off the group of a task stream.

Mirror of scripts/lua/drop_consumer.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def drop_consumer(redis: Redis, stream: str, consumer: str) -> bool:
    """True when the group does not know it any more; False, and nothing changed, when it holds claims."""
    reply = await load("drop_consumer").run(
        redis, {"tasks": stream}, {"group": keys.WORKERS, "consumer": consumer}
    )
    return bool(reply[0] == b"dropped")
