"""put_task_def: register a TaskDef if its name is free.

Mirror of scripts/lua/put_task_def.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load


async def put_task_def(redis: Redis, tenant: str, name: str, json: bytes) -> bytes | None:
    """None when it was registered, else the JSON of the TaskDef that has the name."""
    script = load("put_task_def")
    reply = await script.run(
        redis,
        {"task_defs": keys.task_defs(tenant), "epoch": keys.metadata_epoch(tenant)},
        {"name": name, "json": json},
    )
    return None if reply[0] == b"created" else bytes(reply[1])
