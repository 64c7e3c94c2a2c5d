"""epochs: a number for the state of a tenant's definitions, by which processes notice a change."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.wire import exchange


def new_epoch() -> int:
    """Drawn by lot: one that is counted up comes to what it was before, once a database was emptied or an
    older one was loaded, and what was cached then would be taken for what is there now."""
    return int(secrets.token_hex(7), 16)


async def epochs_of(redis: Redis, tenants: Sequence[str]) -> list[int]:
    """The epoch of each of these tenants, in one round trip; 0 for one that has no definitions."""
    if not tenants:
        return []
    replies = await exchange(redis, [("GET", keys.metadata_epoch(tenant)) for tenant in tenants])
    return [int(reply or 0) for reply in replies]
