"""conftest: one deployment for all scenarios of a module, and a town of its own for each scenario."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis import Redis as SyncRedis

from lhredis.embedded import EmbeddedServer
from tests.acceptance.town import Country, Town, founded

_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios run in the event loop of the deployment that their module shares."""
    for item in items:
        if Path(__file__).parent in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def country(valkey: EmbeddedServer) -> AsyncIterator[Country]:
    with SyncRedis.from_url(valkey.url) as connection:
        connection.flushall()
    async with founded(valkey.url) as country:
        yield country


@pytest_asyncio.fixture(loop_scope="module")
async def town(country: Country) -> AsyncIterator[Town]:
    async with country.town(f"town-{next(_numbers)}") as town:
        yield town
