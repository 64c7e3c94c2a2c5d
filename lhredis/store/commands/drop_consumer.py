"""drop_consumer: take a consumer that holds nothing off the group of a task stream.

Mirror of scripts/lua/drop_consumer.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.script import load
from lhredis.store.tasks import is_no_group


async def drop_consumer(redis: Redis, stream: str, consumer: str) -> bool:
    """True when the group does not know it any more, or is gone itself; False, and nothing changed, when it
    holds claims."""
    try:
        reply = await load("drop_consumer").run(
            redis, {"tasks": stream}, {"group": keys.WORKERS, "consumer": consumer}
        )
    except ResponseError as error:
        if is_no_group(error):
            return True  # Redis was emptied, and the name with it
        raise
    return bool(reply[0] == b"dropped")
