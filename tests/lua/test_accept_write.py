"""accept_write: every status, and that it writes nothing."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store.commands.accept_write import accept_write
from tests.lua.dump import everything


async def test_a_server_that_takes_writes_accepts(cluster: Redis):
    await accept_write(cluster)
    assert await everything(cluster) == {}


@pytest.mark.parametrize(
    ("setting", "refusing", "said"),
    [("maxmemory", "1", "maxmemory"), ("min-replicas-to-write", "1", "NOREPLICAS")],
)
async def test_a_server_that_takes_no_writes_refuses_in_its_own_words(
    cluster: Redis, setting: str, refusing: str, said: str
):
    await accept_write(cluster)  # the script is there: it is not its loading that is refused
    await cluster.config_set(setting, refusing)
    try:
        with pytest.raises(ResponseError, match=said):
            await accept_write(cluster)
    finally:
        await cluster.config_set(setting, "0")
    await accept_write(cluster)
