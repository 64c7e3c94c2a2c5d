"""accept_write: would this server take a commit? Nothing is written to find out.

Mirror of scripts/lua/accept_write.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store.script import load


async def accept_write(redis: Redis) -> None:
    """ResponseError, as any commit would get it now, from a server whose memory is full, whose disk has
    failed, whose replicas are gone, or which is a replica itself."""
    reply = await load("accept_write").run(redis, {}, {})
    assert reply[0] == b"accepted"
