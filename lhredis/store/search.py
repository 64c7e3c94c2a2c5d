"""search: pages and counts of what is indexed: members that stand in one set of each of several groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from redis.asyncio import Redis

from lhredis.errors import ResourceExhausted
from lhredis.store.walk import CHUNK_MAX, Place, Row, Walk, in_trips
from lhredis.store.wire import Command, exchange_at_once

SETS_MAX = 10_000
"""Sorted sets that one search may look at: partitions × versions × statuses, and the like."""

CANDIDATES_MAX = 100_000
"""Members that one page looks at; when fewer of them fit than the page has room for, it is a short one,
and its bookmark goes on."""

COUNTED_MAX = 1_000_000
"""Members that a count with several filters looks at. One filter alone is counted without looking."""

COMMANDS_PER_TRIP_MAX = 1_000
"""What is asked at the same moment: all sets of a partition, at least."""

CHUNK_MIN = 25
"""Members fetched from one set at first."""

EPOCH_MS_MAX = 2**53

Keys = Callable[[int], Sequence[str]]
"""The sorted sets of a partition whose members together have something in common."""


@dataclass(slots=True)
class Search:
    """Members that are in a set of every group, in the given partitions, with a time (`earliest_ms` to
    `latest_ms`, both included), and that `keep` keeps."""

    groups: Sequence[Keys]
    partitions: Sequence[int]
    earliest_ms: int = 0
    latest_ms: int = EPOCH_MS_MAX
    newest_first: bool = True
    keep: Callable[[str], bool] | None = None


def is_too_many(sets: int) -> bool:
    """Can no search look at so many sorted sets?"""
    return sets > SETS_MAX


@dataclass(slots=True)
class Found:
    """A page; `more` is where the next one begins, None when there is no other."""

    rows: list[Row]
    more: Place | None


async def find_page(redis: Redis, search: Search, after: Place | None, limit: int) -> Found:
    """The first `limit` members behind `after`. ResourceExhausted when the search spans too many sets."""
    parts = await _plan(redis, search)
    chunk = _chunk_for(limit, len(parts.driver), is_tested=bool(parts.others) or search.keep is not None)
    walk = Walk(
        redis, parts.driver, (search.earliest_ms, search.latest_ms), search.newest_first, after, chunk
    )
    found: list[Row] = []
    looked_at = 0
    last: Place | None = None
    while len(found) <= limit and looked_at < CANDIDATES_MAX:
        rows = await walk.rows()
        if not rows:
            return _page(found, limit, None)
        looked_at += len(rows)
        last = rows[-1][:2]
        found += await _passing(redis, parts.others, rows, search.keep)
    return _page(found, limit, last)


async def count(redis: Redis, search: Search) -> int:
    """How many there are, exactly. ResourceExhausted when more than COUNTED_MAX have to be looked at."""
    parts = await _plan(redis, search)
    if not parts.others and search.keep is None:
        return sum(await _counts(redis, search, parts.driver))
    between = (search.earliest_ms, search.latest_ms)
    walk = Walk(redis, parts.driver, between, search.newest_first, None, CHUNK_MAX)
    found = looked_at = 0
    while rows := await walk.rows():
        looked_at += len(rows)
        if looked_at > COUNTED_MAX:
            raise ResourceExhausted(
                f"to count these, more than {COUNTED_MAX} entries would have to be looked at (COUNTED_MAX)"
            )
        found += len(await _passing(redis, parts.others, rows, search.keep))
    return found


@dataclass(slots=True)
class _Plan:
    """The group that is walked, as (partition, key), and those that its members are tested against."""

    driver: list[tuple[int, str]]
    others: list[Keys]


async def _plan(redis: Redis, search: Search) -> _Plan:
    """Walk the group with the fewest members."""
    groups = [[(p, key) for p in search.partitions for key in keys(p)] for keys in search.groups]
    if is_too_many(sum(map(len, groups))):
        raise ResourceExhausted(
            f"the search spans {sum(map(len, groups))} index sets; at most {SETS_MAX} (SETS_MAX): "
            "name a WfSpec, a version or a status"
        )
    if len(groups) == 1:
        return _Plan(groups[0], [])
    sizes = [sum(await _counts(redis, search, group)) for group in groups]
    driver = sizes.index(min(sizes))
    return _Plan(groups[driver], [keys for i, keys in enumerate(search.groups) if i != driver])


async def _counts(redis: Redis, search: Search, sets: Sequence[tuple[int, str]]) -> list[int]:
    asked = [(p, ("ZCOUNT", key, search.earliest_ms, search.latest_ms)) for p, key in sets]
    return [int(reply) for reply in await _ask(redis, asked)]


async def _passing(
    redis: Redis, groups: Sequence[Keys], rows: Sequence[Row], keep: Callable[[str], bool] | None
) -> list[Row]:
    """Those of the rows that every other group has too."""
    left = [row for row in rows if keep is None or keep(row[1])]
    for keys in groups:
        by_partition: dict[int, list[str]] = {}
        for _, member, partition in left:
            by_partition.setdefault(partition, []).append(member)
        asked: list[tuple[int, Command]] = [
            (p, ("ZMSCORE", key, *members)) for p, members in by_partition.items() for key in keys(p)
        ]
        there: set[tuple[str, int]] = set()
        for (partition, _), scores in zip(asked, await _ask(redis, asked), strict=True):
            members = by_partition[partition]
            there.update(
                (member, partition)
                for member, score in zip(members, scores, strict=True)
                if score is not None
            )
        left = [row for row in left if (row[1], row[2]) in there]
    return left


def _page(found: list[Row], limit: int, last: Place | None) -> Found:
    """`last` is the last row that was looked at, None at the end of all."""
    if len(found) > limit:
        return Found(found[:limit], found[limit - 1][:2])
    return Found(found, last)


def _chunk_for(limit: int, sets: int, is_tested: bool) -> int:
    """Enough for the page at the first try, unless few of the members pass."""
    share = (8 if is_tested else 2) * (limit + 1) // max(sets, 1)
    return min(CHUNK_MAX, max(CHUNK_MIN, share))


async def _ask(redis: Redis, asked: Sequence[tuple[int, Command]]) -> list[Any]:
    """The replies to commands, (partition, command). Those of a partition are answered at the same moment, because
    what they ask for moves from one set to another."""
    by_partition = [list(group) for _, group in groupby(asked, key=itemgetter(0))]
    replies: list[Any] = []
    for trip in in_trips(map(len, by_partition), COMMANDS_PER_TRIP_MAX):
        commands = [command for group in by_partition[trip] for _, command in group]
        replies += await exchange_at_once(redis, commands)
    return replies
