"""A cluster of one node that has all slots: it refuses what a cluster of many would refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from lhredis.embedded import EmbeddedServer
from lhredis.store.connect import connect


@pytest.fixture(scope="session")
def cluster_node() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(durability="memory", cluster=True) as server:
        yield server


@pytest.fixture
async def cluster(cluster_node: EmbeddedServer) -> AsyncIterator[Redis]:
    """A connection to the cluster, emptied, as lhredis connects."""
    redis = connect(cluster_node.url)
    await redis.flushall()
    yield redis
    await redis.aclose()
