"""release_partition: give a partition up, so that another scheduler can take it at once.

Mirror of scripts/lua/release_partition.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def release_partition(redis: Redis, partition: int, scheduler_id: str) -> bool:
    """True when it was ours; False, and nothing changed, when it was not."""
    script = load("release_partition")
    reply = await script.run(redis, {"owner": keys.owner(partition)}, {"scheduler_id": scheduler_id})
    return bool(reply[0] == b"released")
