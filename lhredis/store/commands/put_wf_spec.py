"""put_wf_spec: register a version of a WfSpec, if the newest one is still the one it was made from.

Mirror of scripts/lua/put_wf_spec.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def put_wf_spec(redis: Redis, tenant: str, name: str, seen: str, version: str, json: bytes) -> bool:
    """True when it is registered; False, and nothing changed, when the newest version is not `seen`."""
    script = load("put_wf_spec")
    reply = await script.run(
        redis,
        {
            "wf_specs": keys.wf_specs(tenant),
            "versions": keys.wf_spec(tenant, name),
            "epoch": keys.metadata_epoch(tenant),
        },
        {"name": name, "seen": seen, "version": version, "json": json},
    )
    return bool(reply[0] == b"created")
