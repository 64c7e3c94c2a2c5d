"""Walking over many sorted sets: every member once, in order, page by page, whatever the chunks are."""

from __future__ import annotations

import asyncio
import random

import pytest
from redis.asyncio import Redis

from lhredis.store import walk as walk_module
from lhredis.store.connect import connect
from lhredis.store.search import Search, count, find_page
from lhredis.store.walk import Walk

SETS = [(partition, f"{{p{partition}}}:{kind}") for partition in range(3) for kind in ("a", "b")]


@pytest.fixture
async def redis(redis_url: str):
    async with connect(redis_url) as redis:
        yield redis


async def fill(redis: Redis, seed: int, size: int, times: int) -> list[tuple[int, str]]:
    """Members with few different times, spread over the sets; returns them in order."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        _, key = chance.choice(SETS)
        row = (chance.randrange(times), f"r{number}")
        await redis.zadd(key, {row[1]: row[0]})
        rows.append(row)
    return sorted(rows)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("seed", "times", "chunk"), [(1, 3, 1), (2, 3, 7), (3, 1, 2), (4, 500, 10), (5, 20, 1000)]
)
async def test_every_member_comes_once_and_in_order(
    redis: Redis, seed: int, times: int, chunk: int, newest_first: bool
) -> None:
    expected = await fill(redis, seed, 120, times)
    if newest_first:
        expected.reverse()
    for start in (0, 1, 60, 119):
        after = expected[start - 1] if start else None
        walk = Walk(redis, SETS, (0, 1000), newest_first, after, chunk)
        seen = []
        while rows := await walk.rows():
            seen += [row[:2] for row in rows]
        assert seen == expected[start:]


@pytest.mark.parametrize("rows_max", [1, 6])
async def test_few_rows_are_read_at_a_time_however_many_are_wanted(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, rows_max: int
) -> None:
    expected = await fill(redis, 1, 120, 500)
    monkeypatch.setattr(walk_module, "ROWS_PER_TRIP_MAX", rows_max)
    walk = Walk(redis, SETS, (0, 1000), newest_first=False, after=None, chunk=1000)
    seen, at_most = [], 0
    while rows := await walk.rows():
        at_most = max(at_most, len(rows))
        seen += [row[:2] for row in rows]
    assert seen == expected
    assert at_most < 40


@pytest.mark.parametrize("limit", [1, 7, 119, 120, 121])
async def test_pages_are_full_until_the_last(redis: Redis, limit: int) -> None:
    expected = await fill(redis, 6, 120, 5)
    search = Search([lambda p: [key for q, key in SETS if q == p]], range(3), newest_first=False)
    seen, after = [], None
    while True:
        page = await find_page(redis, search, after, limit)
        seen += [row[:2] for row in page.rows]
        if page.more is None:
            break
        assert len(page.rows) == limit
        after = page.more
    assert seen == expected
    assert await count(redis, search) == 120


async def test_several_groups_give_what_is_in_all_of_them(redis: Redis) -> None:
    chance = random.Random(7)
    tags: dict[str, set[str]] = {"x": set(), "y": set(), "z": set()}
    for number in range(300):
        for tag, share in (("x", 0.9), ("y", 0.5), ("z", 0.2)):
            if chance.random() < share:
                tags[tag].add(f"r{number}")
                await redis.zadd(f"{{p{number % 3}}}:{tag}", {f"r{number}": number})
    expected = tags["x"] & tags["y"] & tags["z"]
    groups = [lambda p, tag=tag: [f"{{p{p}}}:{tag}"] for tag in tags]
    search = Search(groups, range(3))
    page = await find_page(redis, search, None, 1000)
    assert [row[1] for row in page.rows] == sorted(expected, key=lambda one: -int(one[1:]))
    assert await count(redis, search) == len(expected)
    late = Search(groups, range(3), earliest_ms=100, latest_ms=199, keep=lambda one: one.endswith("7"))
    wanted = {one for one in expected if 100 <= int(one[1:]) <= 199 and one.endswith("7")}
    assert await count(redis, late) == len(wanted)
    assert {row[1] for row in (await find_page(redis, late, None, 1000)).rows} == wanted


async def test_what_moves_to_another_set_meanwhile_is_met_once(redis: Redis) -> None:
    await redis.zadd("{p0}:a", {f"r{n:02}": n for n in range(10)})
    walk = Walk(redis, SETS, (0, 1000), newest_first=False, after=None, chunk=4)
    first = await walk.rows()
    for _, member, _ in first:
        await redis.zrem("{p0}:a", member)
        await redis.zadd("{p0}:b", {member: int(member[1:])})
    seen = [row[1] for row in first]
    while rows := await walk.rows():
        seen += [row[1] for row in rows]
    assert seen == [f"r{n:02}" for n in range(10)]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_what_moves_meanwhile_to_a_set_that_was_read_further_is_not_missed(
    redis: Redis, newest_first: bool
) -> None:
    """As a run that ends while a page is put together, and goes where few runs are, or many."""
    rows = [f"r{n:02}" for n in range(40)]
    await redis.zadd("{p0}:a", {member: int(member[1:]) for member in rows})
    walk = Walk(redis, SETS, (0, 1000), newest_first, after=None, chunk=4)
    seen = []
    while found := await walk.rows():
        seen += [row[1] for row in found]
        for at, member in enumerate(rows):
            into, out_of = ("{p0}:a", "{p0}:b") if (at + len(seen)) % 3 == 0 else ("{p0}:b", "{p0}:a")
            await redis.zadd(into, {member: int(member[1:])})
            await redis.zrem(out_of, member)
    assert seen == sorted(rows, reverse=newest_first)


async def test_a_bookmark_from_elsewhere_leads_nowhere_outside_of_the_time_asked_for(redis: Redis) -> None:
    await redis.zadd("{p0}:a", {f"r{n:02}": n for n in range(30)})
    for newest_first, after in ((True, (25, "r25")), (False, (5, "r05"))):
        search = Search([lambda p: [f"{{p{p}}}:a"]], range(3), 10, 20, newest_first)
        page = await find_page(redis, search, after, 100)
        assert sorted(row[0] for row in page.rows) == list(range(10, 21))


async def test_a_count_is_of_one_moment_whatever_moves_meanwhile(redis: Redis) -> None:
    """More sets than a server reads commands of at once from a connection."""
    sets = [f"{{p0}}:{number}:{'x' * 40}" for number in range(700)]
    await redis.zadd(sets[0], {"r": 5})
    search = Search([lambda p: sets], range(1))
    counting = asyncio.create_task(_counted(redis, search))
    at = 0
    while not counting.done():
        to = (at + 311) % len(sets)
        async with redis.pipeline(transaction=True) as pipeline:
            await pipeline.zrem(sets[at], "r").zadd(sets[to], {"r": 5}).execute()
        at = to
    assert await counting == [1] * 300


async def _counted(redis: Redis, search: Search) -> list[int]:
    return [await count(redis, search) for _ in range(300)]
