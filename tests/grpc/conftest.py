"""conftest: one deployment for all stories of a module, and a tenant of its own for each."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis import Redis as SyncRedis

from lhredis.embedded import EmbeddedServer
from tests.grpc.crew import Crew, gathered
from tests.grpc.lh import LH, Deployment, deployed
from tests.grpc.stage import Stage

_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories run in the event loop of the deployment that their module shares."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(valkey: EmbeddedServer) -> AsyncIterator[Deployment]:
    with SyncRedis.from_url(valkey.url) as connection:
        connection.flushall()
    async with deployed(valkey.url) as deployment:
        yield deployment


@pytest_asyncio.fixture(loop_scope="module")
async def lh(deployment: Deployment) -> AsyncIterator[LH]:
    async with deployment.lh(f"tenant-{next(_numbers)}") as lh:
        yield lh


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crew() -> AsyncIterator[Crew]:
    async with gathered() as crew:
        yield crew


@pytest.fixture
def stage(lh: LH, crew: Crew) -> Stage:
    return Stage(lh, crew)
