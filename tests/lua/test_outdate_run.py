"""outdate_run: what exists has a new version, and nothing else changes."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands import outdate_run
from lhredis.store.script import run_all
from tests.lua.dump import everything

RUN = keys.run(3, "acme", "r1")


async def outdated(redis: Redis) -> Any:
    (reply,) = await run_all(redis, [outdate_run.command(RUN)], [outdate_run.script()])
    return reply


async def test_a_run_has_a_new_version_that_is_written_like_any_other(cluster: Redis):
    await cluster.hset(RUN, mapping={"version": 1700000000000123, "state": "[]"})
    assert await outdated(cluster) == [b"version", b"1700000000000124", b"state", b"[]"]
    run = {b"version": b"1700000000000124", b"state": b"[]"}
    assert await everything(cluster) == {RUN: (run, False)}


async def test_what_does_not_exist_is_not_made(cluster: Redis):
    assert await outdated(cluster) == []
    assert await everything(cluster) == {}
