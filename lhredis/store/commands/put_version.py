"""put_version: register a version of a definition, if the newest one is still the one it was made from.

Mirror of scripts/lua/put_version.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.epochs import new_epoch
from lhredis.store.script import load


async def put_version(
    redis: Redis, tenant: str, newest_of: str, versions: str, name: str, seen: str, version: str, json: bytes
) -> bool:
    """True when it is registered in the hash `versions`; False, and nothing changed, when its newest version
    in the hash `newest_of` is not `seen`."""
    script = load("put_version")
    reply = await script.run(
        redis,
        {"newest_of": newest_of, "versions": versions, "epoch": keys.metadata_epoch(tenant)},
        {"name": name, "seen": seen, "version": version, "json": json, "new_epoch": new_epoch()},
    )
    return bool(reply[0] == b"created")
