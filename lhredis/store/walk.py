"""walk: the members of many sorted sets in one order, by score, then name, a bounded chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from lhredis.store.wire import exchange_at_once

Row = tuple[int, str, int]
"""Score (epoch ms), member, and the partition whose set it is in."""

Place = tuple[int, str]
"""Score and member of a row: where one page ends and the next begins."""

CHUNK_MAX = 1_000
"""Members fetched from one set at a time."""

ROWS_PER_TRIP_MAX = 20_000
"""Rows read at the same moment, about: bounds how long Redis is kept from other work (10 ms)."""


@dataclass(slots=True)
class _Source:
    """One sorted set. `ties` is how many of its rows have the score of the place where it is read on."""

    key: str
    ties: int = 0


@dataclass(slots=True)
class _Partition:
    """The sets of a partition, which are always read together, because what leaves one of them may come to another.
    All that they have up to `last` (None: nothing) was fetched. `wanted` when it is used up."""

    number: int
    chunk: int
    last: Place | None
    sources: list[_Source] = field(default_factory=list)
    wanted: bool = True
    ended: bool = False


class Walk:
    """Rows in order over all sets; entries that come or go meanwhile, or move from one set of a partition to
    another, do not move the others, and are met once."""

    def __init__(
        self,
        redis: Redis,
        sources: Sequence[tuple[int, str]],
        between: tuple[int, int],
        newest_first: bool,
        after: Place | None,
        chunk: int,
    ) -> None:
        """`sources` are (partition, key); `between` bounds the scores, both included; `chunk` is how many
        rows are fetched from one set at first; twice as many each time that it is read on, up to CHUNK_MAX,
        and to ROWS_PER_TRIP_MAX with the other sets of its partition."""
        self._redis = redis
        self._low, self._high = between
        self._newest_first = newest_first
        found: dict[int, _Partition] = {}
        for number, key in sources:
            found.setdefault(number, _Partition(number, chunk, after)).sources.append(_Source(key))
        self._partitions = list(found.values())
        for one in self._partitions:
            one.chunk = _bounded(chunk, one)
        self._pool: list[Row] = []

    @property
    def ended(self) -> bool:
        return not self._pool and all(partition.ended for partition in self._partitions)

    async def rows(self) -> list[Row]:
        """The next rows, some at least; none at the end."""
        while not self.ended:
            await self._fetch([one for one in self._partitions if one.wanted and not one.ended])
            ready = self._take_ready()
            if ready:
                return ready
        return []

    async def _fetch(self, partitions: Sequence[_Partition]) -> None:
        for trip in in_trips([len(one.sources) * one.chunk for one in partitions], ROWS_PER_TRIP_MAX):
            some = partitions[trip]
            commands = [self._command(one, source) for one in some for source in one.sources]
            replies = iter(await exchange_at_once(self._redis, commands))
            for one in some:
                self._add(one, [_rows_in(next(replies)) for _ in one.sources])

    def _command(self, partition: _Partition, source: _Source) -> tuple[Any, ...]:
        count = partition.chunk + source.ties
        low, high, last = self._low, self._high, partition.last
        if self._newest_first:
            high = min(high, last[0]) if last is not None else high
            return ("ZREVRANGEBYSCORE", source.key, high, low, "WITHSCORES", "LIMIT", 0, count)
        low = max(low, last[0]) if last is not None else low
        return ("ZRANGEBYSCORE", source.key, low, high, "WITHSCORES", "LIMIT", 0, count)

    def _add(self, partition: _Partition, found: Sequence[Sequence[Place]]) -> None:
        """What the partition's sets gave. It is known up to where the first of them has more."""
        was, end = partition.last, self._first_end(partition, found)
        partition.wanted, partition.ended = False, end is None
        for row in {row for rows in found for row in rows}:
            is_new = was is None or self._is_behind(row, was)
            if is_new and (end is None or not self._is_behind(row, end)):
                self._pool.append((*row, partition.number))
        if end is None:
            return
        if was is None or self._is_behind(end, was):
            partition.last = end
        at_ms = partition.last[0] if partition.last is not None else None
        for source, rows in zip(partition.sources, found, strict=True):
            source.ties = sum(1 for ms, _ in rows if ms == at_ms)
        partition.chunk = _bounded(2 * partition.chunk, partition)

    def _first_end(self, partition: _Partition, found: Sequence[Sequence[Place]]) -> Place | None:
        """The last row of that set among those which may have more whose rows end first."""
        end: Place | None = None
        for source, rows in zip(partition.sources, found, strict=True):
            if len(rows) < partition.chunk + source.ties:
                continue
            if end is None or self._is_behind(end, rows[-1]):
                end = rows[-1]
        return end

    def _is_behind(self, row: Place, other: Place) -> bool:
        return row < other if self._newest_first else row > other

    def _take_ready(self) -> list[Row]:
        """The rows before which nothing can come any more."""
        self._pool.sort(reverse=self._newest_first)
        barrier: Place | None = None
        going_on = [one for one in self._partitions if not one.ended]
        for one in going_on:
            if one.last is not None and (barrier is None or self._is_behind(barrier, one.last)):
                barrier = one.last
        if barrier is None:
            taken, self._pool = self._pool, []
            return taken
        ready = sum(1 for ms, member, _ in self._pool if not self._is_behind((ms, member), barrier))
        taken, self._pool = self._pool[:ready], self._pool[ready:]
        for one in going_on:
            one.wanted = one.last is None or not self._is_behind(one.last, barrier)
        return taken


def _bounded(chunk: int, partition: _Partition) -> int:
    """How many rows of each set are fetched, if this many are wanted: one at least."""
    return max(1, min(chunk, CHUNK_MAX, ROWS_PER_TRIP_MAX // len(partition.sources)))


def in_trips(sizes: Iterable[int], size_max: int) -> list[slice]:
    """Neighbours that have together up to `size_max`, if one has not more by itself."""
    trips: list[slice] = []
    taken = 0
    for at, size in enumerate(sizes):
        if trips and taken + size <= size_max:
            trips[-1], taken = slice(trips[-1].start, at + 1), taken + size
        else:
            trips.append(slice(at, at + 1))
            taken = size
    return trips


def _rows_in(reply: Sequence[Any]) -> list[Place]:
    return [(int(score), member.decode()) for member, score in zip(reply[::2], reply[1::2], strict=True)]
