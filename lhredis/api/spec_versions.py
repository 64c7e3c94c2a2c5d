"""spec_versions: which version of a WfSpec a request means."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from lhredis.engine.run import SpecVersion
from lhredis.errors import InvalidArgument, NotFound
from lhredis.store import keys
from lhredis.store.metadata import Metadata


async def find_version(
    redis: Redis, metadata: Metadata, tenant: str, name: str, major: int | None, revision: int | None
) -> SpecVersion:
    """The newest version, the newest revision of a major version, or exactly the one named; it
    exists in Redis now, whatever this process has cached. NotFound."""
    if revision is None:
        return await metadata.newest_of(tenant, name, major)
    if major is None:
        raise InvalidArgument("revision: says nothing without a major_version")
    if not await redis.hexists(keys.wf_spec(tenant, name), f"{major}.{revision}"):
        raise NotFound(f"there is no WfSpec {name!r} {major}.{revision}")
    return SpecVersion(name, major, revision)


async def versions_of(redis: Redis, tenant: str, name: str) -> list[SpecVersion]:
    """All versions of a WfSpec, the oldest first. NotFound when there is none."""
    fields: Any = await redis.hkeys(keys.wf_spec(tenant, name))
    if not fields:
        raise NotFound(f"there is no WfSpec {name!r}")
    numbers = [field.decode().split(".") for field in fields]
    return sorted(SpecVersion(name, int(major), int(revision)) for major, revision in numbers)
