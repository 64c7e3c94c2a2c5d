"""claim_partition and release_partition: every status, and what each writes."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.claim_partition import claim_partition
from lhredis.store.commands.release_partition import release_partition
from lhredis.store.script import load
from tests.lua.dump import everything
from tests.support import wait_until

OWNER = keys.owner(3)


async def raw(redis: Redis, name: str, argv: dict[str, str | int]) -> list[bytes]:
    return await load(name).run(redis, {"owner": OWNER}, argv)  # type: ignore[arg-type]


async def test_a_free_partition_is_held_for_as_long_as_was_asked(cluster: Redis):
    assert await claim_partition(cluster, 3, "anna", 60_000)
    assert await everything(cluster) == {OWNER: (b"anna", True)}
    assert 50_000 < await cluster.pttl(OWNER) <= 60_000


async def test_the_holder_renews_its_claim(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 5_000)
    assert await claim_partition(cluster, 3, "anna", 60_000)
    assert await cluster.pttl(OWNER) > 50_000
    assert await raw(cluster, "claim_partition", {"scheduler_id": "anna", "lease_ms": 60_000}) == [b"held"]


async def test_nobody_takes_what_another_holds_nor_changes_its_lease(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 60_000)
    before = await everything(cluster)
    assert not await claim_partition(cluster, 3, "bert", 1)
    assert await raw(cluster, "claim_partition", {"scheduler_id": "bert", "lease_ms": 1}) == [
        b"taken",
        b"anna",
    ]
    assert await everything(cluster) == before
    assert await cluster.pttl(OWNER) > 50_000


async def test_an_expired_claim_is_free_for_anyone(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 20)
    await wait_until(lambda: claim_partition(cluster, 3, "bert", 60_000))
    assert await cluster.get(OWNER) == b"bert"


async def test_partitions_are_held_one_by_one(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 60_000)
    assert await claim_partition(cluster, 4, "bert", 60_000)


async def test_the_holder_gives_its_partition_up(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 60_000)
    assert await release_partition(cluster, 3, "anna")
    assert await everything(cluster) == {}


@pytest.mark.parametrize("holder", ["bert", None])
async def test_what_is_not_ours_is_not_given_up(cluster: Redis, holder: str | None):
    if holder:
        await claim_partition(cluster, 3, holder, 60_000)
    before = await everything(cluster)
    assert not await release_partition(cluster, 3, "anna")
    assert await raw(cluster, "release_partition", {"scheduler_id": "anna"}) == [b"not-ours"]
    assert await everything(cluster) == before


async def test_release_says_so(cluster: Redis):
    await claim_partition(cluster, 3, "anna", 60_000)
    assert await raw(cluster, "release_partition", {"scheduler_id": "anna"}) == [b"released"]
