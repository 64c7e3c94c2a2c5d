"""conftest: a real Valkey for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from lhredis.embedded import EmbeddedServer
from lhredis.store.connect import connect


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
    """A client of the session's server, emptied, as lhredis makes it; answers bytes."""
    async with connect(redis_url) as client:
        yield client
