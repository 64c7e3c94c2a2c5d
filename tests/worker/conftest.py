"""A stage with a scheduler on the session's server, and workers of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.stage import Stage, working


@pytest.fixture
async def stage(redis_url: str) -> AsyncIterator[Stage]:
    """A deployment of two partitions whose scheduler runs."""
    stage = Stage(redis_url)
    await stage.join()
    async with working(stage.scheduler("s1")):
        yield stage
    await stage.close()
