"""save_portion: every status, and what each writes."""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.save_portion import save_portion
from lhredis.store.script import load
from tests.lua.dump import everything

PORTIONS = keys.bulk_portions(3)


async def test_a_portion_that_is_as_it_was_seen_is_saved(cluster: Redis):
    await cluster.hset(PORTIONS, mapping={"acme/j1": b"one", "acme/j2": b"one"})
    assert await save_portion(cluster, 3, "acme/j1", b"one", b"two")
    assert await everything(cluster) == {PORTIONS: ({b"acme/j1": b"two", b"acme/j2": b"one"}, False)}


async def test_a_portion_that_another_has_saved_or_that_is_gone_stays_as_it_is(cluster: Redis):
    await cluster.hset(PORTIONS, "acme/j1", b"three")
    before = await everything(cluster)
    for job in ("acme/j1", "acme/gone"):
        assert not await save_portion(cluster, 3, job, b"one", b"two")
        assert await everything(cluster) == before


async def test_it_says_so(cluster: Redis):
    await cluster.hset(PORTIONS, "acme/j1", b"one")
    said = [
        await load("save_portion").run(
            cluster, {"portions": PORTIONS}, {"job": "acme/j1", "seen": "one", "json": "two"}
        )
        for _ in range(2)
    ]
    assert said == [[b"saved"], [b"stale"]]
