"""put_definition: register a definition if its name is free.

Mirror of scripts/lua/put_definition.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.epochs import new_epoch
from lhredis.store.script import load


async def put_definition(redis: Redis, tenant: str, key: str, name: str, json: bytes) -> bytes | None:
    """None when it was registered in the hash `key`, else the JSON of the definition that has the name."""
    script = load("put_definition")
    reply = await script.run(
        redis,
        {"definitions": key, "epoch": keys.metadata_epoch(tenant)},
        {"name": name, "json": json, "new_epoch": new_epoch()},
    )
    return None if reply[0] == b"created" else bytes(reply[1])
