"""The double is a Redis as far as lhredis can tell: what is tested on a real one holds for it, too.

Every test of the scripts, and those of the stepper and of the store, are taken as they are, with a
double in the place of the server.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from lhredis.store.script import load
from tests.integration.stage import Stage
from tests.integration.test_lost_workers import *  # noqa: F403
from tests.integration.test_reclaimer import *  # noqa: F403
from tests.integration.test_stepper import *  # noqa: F403
from tests.lua.test_add_metrics import *  # noqa: F403
from tests.lua.test_commit_steps import *  # noqa: F403
from tests.lua.test_metadata_scripts import *  # noqa: F403
from tests.lua.test_partition_scripts import *  # noqa: F403
from tests.lua.test_put_checkpoint import *  # noqa: F403
from tests.simulation.connection import CalmNetwork, connect_to
from tests.simulation.double import Double

SCRIPTS = sorted(path.stem for path in (Path(__file__).parents[2] / "scripts" / "lua").glob("*.lua"))


def new_double() -> Double:
    return Double(lambda: time.time_ns() // 1_000_000)


@pytest.fixture
def cluster() -> Redis:
    return connect_to(new_double(), "test", CalmNetwork())


@pytest.fixture
def redis() -> Redis:
    return connect_to(new_double(), "test", CalmNetwork())


class DoubleStage(Stage):
    """A stage whose processes all talk to one double."""

    def __init__(self) -> None:
        self.double = new_double()
        super().__init__("redis://double")

    def client(self) -> Redis:
        redis = connect_to(self.double, f"process {len(self.clients)}", CalmNetwork())
        self.clients.append(redis)
        return redis


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    yield DoubleStage()


async def test_a_command_that_the_double_does_not_know_is_refused_by_name(redis: Redis):
    with pytest.raises(Exception, match="the double knows no command 'GEOADD'"):
        await redis.execute_command("GEOADD", "key", 1, 2, "x")  # type: ignore[no-untyped-call]


async def test_a_script_that_the_double_does_not_mirror_is_refused_by_name(redis: Redis):
    with pytest.raises(Exception, match="no mirror of the script '-- other: does something'"):
        await redis.script_load("#!lua\n-- other: does something")


@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_script_has_a_mirror(redis: Redis, name: str):
    assert await redis.script_load(load(name).text) == load(name).sha
