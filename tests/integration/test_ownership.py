"""The story of ownership: everyone who sees the same schedulers gives a partition to the same one."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from lhredis.scheduler.ownership import Ownership, preferred
from lhredis.store import keys
from lhredis.store.live_schedulers import live_schedulers
from tests.integration.stage import Stage
from tests.support import wait_until

NAMES = [f"host-{i}-{i * 7919 % 997}" for i in range(5)]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_order_in_which_schedulers_are_seen_does_not_matter(count: int):
    names = NAMES[:count]
    for partition in range(64):
        shuffled = random.Random(partition).sample(names, count)
        assert preferred(partition, shuffled) == preferred(partition, names)


def test_partitions_spread_over_the_schedulers():
    counts = Counter(preferred(partition, NAMES) for partition in range(1000))
    assert set(counts) == set(NAMES)
    assert min(counts.values()) > 100


@pytest.mark.parametrize("leaver", NAMES)
def test_when_one_leaves_only_its_own_partitions_move(leaver: str):
    others = [name for name in NAMES if name != leaver]
    for partition in range(500):
        before, after = preferred(partition, NAMES), preferred(partition, others)
        assert after == before or before == leaver


def test_when_one_comes_partitions_move_to_it_and_nowhere_else():
    for partition in range(500):
        before, after = preferred(partition, NAMES), preferred(partition, [*NAMES, "new"])
        assert after in (before, "new")


def test_the_choice_is_the_same_in_every_release():
    """Schedulers of two releases work side by side during an upgrade."""
    assert [preferred(partition, ["a", "b", "c"]) for partition in range(8)] == [
        "b",
        "b",
        "b",
        "b",
        "b",
        "a",
        "b",
        "a",
    ]


async def test_one_scheduler_holds_everything(stage: Stage):
    alone = Ownership(stage.redis, 8, "a", 60_000)
    assert await alone.run_once() == 8
    assert alone.held == list(range(8))
    assert [await stage.redis.get(keys.owner(p)) for p in range(8)] == [b"a"] * 8


async def test_a_second_one_is_given_its_share_by_the_first(stage: Stage):
    first, second = (Ownership(stage.redis, 16, name, 60_000) for name in ("a", "b"))
    await first.run_once()
    await second.run_once()
    assert second.held == []
    await first.run_once()
    await second.run_once()
    assert sorted(first.held + second.held) == list(range(16))
    for partition in range(16):
        owner = "a" if partition in first.held else "b"
        assert preferred(partition, ["a", "b"]) == owner
        assert await stage.redis.get(keys.owner(partition)) == owner.encode()


async def test_a_lease_that_is_not_renewed_is_not_held_any_more(stage: Stage):
    short = Ownership(stage.redis, 4, "a", 30)
    await short.run_once()
    await wait_until(lambda: short.held == [])


async def test_a_lease_that_redis_has_forgotten_is_claimed_again(stage: Stage):
    alone = Ownership(stage.redis, 4, "a", 60_000)
    await alone.run_once()
    await stage.redis.flushall()
    assert await alone.run_once() == 4
    assert await stage.redis.get(keys.owner(3)) == b"a"


async def test_a_partition_that_another_took_meanwhile_is_given_up(stage: Stage):
    alone = Ownership(stage.redis, 4, "a", 60_000)
    await alone.run_once()
    await stage.redis.set(keys.owner(2), "b")
    await alone.run_once()
    assert alone.held == [0, 1, 3]


async def test_one_that_leaves_gives_up_what_it_holds_and_nothing_else(stage: Stage):
    first = Ownership(stage.redis, 4, "a", 60_000)
    await first.run_once()
    await stage.redis.set(keys.owner(2), "b")
    await first.leave()
    assert first.held == []
    owners = {p: await stage.redis.get(keys.owner(p)) for p in range(4)}
    assert owners == {0: None, 1: None, 2: b"b", 3: None}
    assert await stage.redis.zrevrange(keys.schedulers(), 0, -1) == []


async def test_the_dead_are_forgotten_after_a_while(stage: Stage):
    await stage.redis.zadd(keys.schedulers(), {"long-dead": 1})
    alone = Ownership(stage.redis, 4, "a", 60_000)
    await alone.run_once()
    assert await stage.redis.zrevrange(keys.schedulers(), 0, -1) == [b"a"]
    assert len(alone.held) == 4


async def test_those_that_live_are_known_to_all(stage: Stage):
    assert await live_schedulers(stage.redis) == []
    both = [Ownership(stage.redis, 4, name, 60_000) for name in ("b", "a")]
    for one in both:
        await one.run_once()
    assert await live_schedulers(stage.redis) == ["a", "b"]
    await both[0].leave()
    assert await live_schedulers(stage.redis) == ["a"]


@pytest.mark.parametrize(("ahead_ms", "direction"), [(3_600_000, "early"), (-3_600_000, "late")])
async def test_one_whose_clock_is_wrong_lives_no_longer_than_others_and_says_so(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ahead_ms: int,
    direction: str,
):
    """One that was an hour ahead counted as alive for an hour after it was killed, and nobody took its
    partitions."""
    right, wrong = Ownership(stage.redis, 16, "a", 30), Ownership(stage.redis, 16, "b", 30)
    with monkeypatch.context() as patch:
        true_ns = time.time_ns
        patch.setattr(time, "time_ns", lambda: true_ns() + ahead_ms * 1_000_000)
        await wrong.run_once()
        await wrong.run_once()
    (told,) = caplog.messages
    assert f"timers fire too {direction} here" in told and "3600.0 s" in told

    async def has_everything() -> bool:
        return await right.run_once() == 16

    await wait_until(has_everything, timeout_s=5)
    assert await live_schedulers(stage.redis) == ["a"]
    await wrong.run_once()
    assert "agree again" in caplog.messages[-1]
