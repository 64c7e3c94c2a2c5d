"""claim_partition: take, or renew, the right to work a partition.

Mirror of scripts/lua/claim_partition.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def claim_partition(redis: Redis, partition: int, scheduler_id: str, lease_ms: int) -> bool:
    """True when the partition is ours for `lease_ms` from now, False when another scheduler has it."""
    script = load("claim_partition")
    reply = await script.run(
        redis, {"owner": keys.owner(partition)}, {"scheduler_id": scheduler_id, "lease_ms": lease_ms}
    )
    return bool(reply[0] == b"held")
