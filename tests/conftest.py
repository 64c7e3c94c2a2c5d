"""conftest: a real Valkey for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from lhredis.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedServer]:
    """One server for the whole session: Valkey, or what `LHREDIS_EMBEDDED_BINARY` names."""
    with EmbeddedServer(durability="memory") as server:
        yield server


@pytest.fixture
def redis_url(valkey: EmbeddedServer) -> str:
    """The URL of the session's server, emptied."""
    with SyncRedis.from_url(valkey.url) as connection:
        connection.flushall()
    return valkey.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A connection to the session's server, emptied; answers bytes."""
    async with Redis.from_url(redis_url, decode_responses=False) as connection:
        yield connection
