"""walk: the members of many sorted sets in one order, by score, then name, a bounded chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

Row = tuple[int, str, int]
"""Score (epoch ms), member, and the partition whose set it is in."""

Place = tuple[int, str]
"""Score and member of a row: where one page ends and the next begins."""

COMMANDS_PER_TRIP_MAX = 1_000


@dataclass(slots=True)
class _Source:
    """One sorted set. `last` is the last row fetched, or where to begin; `ties` how many rows of its score
    were fetched before. `wanted` when all that was fetched is used up."""

    key: str
    partition: int
    last: Place | None
    ties: int = 0
    wanted: bool = True
    ended: bool = False


class Walk:
    """Rows in order over all sets; entries that come or go meanwhile do not move the others."""

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
        rows are fetched from one set at a time."""
        self._redis = redis
        self._low, self._high = between
        self._newest_first = newest_first
        self._chunk = chunk
        self._sources = [_Source(key, partition, after) for partition, key in sources]
        self._pool: list[Row] = []
        self._gave: Place | None = after

    @property
    def ended(self) -> bool:
        return not self._pool and all(source.ended for source in self._sources)

    async def rows(self) -> list[Row]:
        """The next rows, some at least; none at the end."""
        while not self.ended:
            await self._fetch([source for source in self._sources if source.wanted and not source.ended])
            ready = self._take_ready()
            if ready:
                return ready
        return []

    async def _fetch(self, sources: Sequence[_Source]) -> None:
        for at in range(0, len(sources), COMMANDS_PER_TRIP_MAX):
            part = sources[at : at + COMMANDS_PER_TRIP_MAX]
            pipeline = self._redis.pipeline(transaction=False)
            for source in part:
                pipeline.execute_command(*self._command(source))
            for source, reply in zip(part, await pipeline.execute(), strict=True):
                self._add(source, reply)

    def _command(self, source: _Source) -> tuple[Any, ...]:
        count = self._chunk + source.ties
        low, high = self._low, self._high
        if self._newest_first:
            high = source.last[0] if source.last is not None else high
            return ("ZREVRANGEBYSCORE", source.key, high, low, "WITHSCORES", "LIMIT", 0, count)
        low = source.last[0] if source.last is not None else low
        return ("ZRANGEBYSCORE", source.key, low, high, "WITHSCORES", "LIMIT", 0, count)

    def _add(self, source: _Source, reply: Sequence[Any]) -> None:
        rows = [(int(score), member.decode()) for member, score in zip(reply[::2], reply[1::2], strict=True)]
        source.wanted = False
        source.ended = len(rows) < self._chunk + source.ties
        if not rows:
            return
        source.ties = sum(1 for ms, _ in rows if ms == rows[-1][0])
        last = source.last
        for row in rows:
            if last is None or self._is_behind(row, last):
                self._pool.append((*row, source.partition))
                source.last = row

    def _is_behind(self, row: Place, other: Place) -> bool:
        return row < other if self._newest_first else row > other

    def _take_ready(self) -> list[Row]:
        """The rows before which nothing can come any more."""
        self._pool.sort(reverse=self._newest_first)
        barrier: Place | None = None
        for source in self._sources:
            last = source.last
            if source.ended or last is None:
                continue
            if barrier is None or self._is_behind(barrier, last):
                barrier = last
        if barrier is None:
            taken, self._pool = self._pool, []
            return self._new_ones(taken)
        ready = sum(1 for ms, member, _ in self._pool if not self._is_behind((ms, member), barrier))
        taken, self._pool = self._pool[:ready], self._pool[ready:]
        for source in self._sources:
            if source.last is not None and not self._is_behind(source.last, barrier):
                source.wanted = True
        return self._new_ones(taken)

    def _new_ones(self, taken: list[Row]) -> list[Row]:
        """Without those that were met in two sets, because they moved from one to the other meanwhile."""
        found = []
        for row in taken:
            if row[:2] != self._gave:
                self._gave = row[:2]
                found.append(row)
        return found
