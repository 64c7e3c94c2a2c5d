"""metric_series: what was counted of each TaskDef and each version of a WfSpec: written, read, forgotten.

A definition's totals are one hash. Its fields: `attempts:<TaskStatus>`, `retries`; `started`,
`ended:<LHStatus>`; and of each histogram `<name>:<bucket>` (how many latencies have so many bits in ms) and
`<name>:ms` (all of them together). Its windows are in metric_windows.py. All of it goes with the
definition; what is counted of it later all the same goes METRIC_RETENTION_MS after the last count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from redis.asyncio import Redis

from lhredis.model.limits import METRIC_RETENTION_MS, METRIC_SERIES_MAX, METRIC_WINDOW_MS
from lhredis.store import keys
from lhredis.store.commands.add_metrics import add_metrics, script
from lhredis.store.script import run_all
from lhredis.store.wire import exchange

HOUR_MS = 3_600_000

LATENCY_BITS_MAX = 22
"""Latencies of 2^22 ms (70 minutes) and more share the last bucket of a histogram."""


class Series(NamedTuple):
    """A definition that is counted: `task/<TaskDef>` or `wf/<WfSpec>/<major>.<revision>`."""

    tenant: str
    word: str

    @classmethod
    def of_task_def(cls, tenant: str, name: str) -> Self:
        return cls(tenant, f"task/{name}")

    @classmethod
    def of_wf_spec(cls, tenant: str, name: str, major: int, revision: int) -> Self:
        return cls(tenant, f"wf/{name}/{major}.{revision}")


@dataclass(slots=True, frozen=True)
class Timing:
    """How often something happened, and how long it took, in ms: together, at least, at most."""

    count: int
    total_ms: int
    min_ms: int
    max_ms: int

    def and_(self, other: Timing) -> Timing:
        """Both together."""
        return Timing(
            self.count + other.count,
            self.total_ms + other.total_ms,
            min(self.min_ms, other.min_ms),
            max(self.max_ms, other.max_ms),
        )


@dataclass(slots=True)
class Additions:
    """What is to be added to one series: field → how many, (window start in ms, number of the metric) →
    timing."""

    totals: Counter[str] = field(default_factory=Counter)
    windows: dict[tuple[int, int], Timing] = field(default_factory=dict)

    def add_timing(self, window_ms: int, metric: int, timing: Timing) -> None:
        there = self.windows.get((window_ms, metric))
        self.windows[window_ms, metric] = timing if there is None else there.and_(timing)


@dataclass(slots=True, frozen=True)
class SeriesTotals:
    """What was counted of a definition so far. `version` is None for a TaskDef."""

    tenant: str
    name: str
    version: str | None
    totals: dict[str, int]


async def add_all(redis: Redis, found: Mapping[Series, Additions], now_ms: int) -> None:
    """Add these, in one round trip."""
    commands: list[tuple[Any, ...]] = []
    for series, additions in found.items():
        totals: Mapping[str, int] = additions.totals
        for hour_ms, windows in _by_hour(additions).items():
            totals_key, windows_key = keys.metric_totals(*series), keys.metric_windows(*series, hour_ms)
            commands.append(add_metrics(totals_key, windows_key, METRIC_RETENTION_MS, totals, windows))
            totals = {}
    used = [part for series in found for part in (now_ms, "/".join(series))]
    commands.append(("ZADD", keys.metric_series(), *used))
    commands.append(("ZREMRANGEBYSCORE", keys.metric_series(), "-inf", now_ms - METRIC_RETENTION_MS))
    await run_all(redis, commands, [script()])


def _by_hour(additions: Additions) -> dict[int, dict[str, tuple[int, int, int, int]]]:
    """The windows as the fields of the hashes of their hours."""
    hours: dict[int, dict[str, tuple[int, int, int, int]]] = {}
    for (window_ms, metric), timing in additions.windows.items():
        hour_ms = window_ms - window_ms % HOUR_MS
        name = f"{(window_ms - hour_ms) // METRIC_WINDOW_MS}.{metric}"
        numbers = (timing.count, timing.total_ms, timing.min_ms, timing.max_ms)
        hours.setdefault(hour_ms, {})[name] = numbers
    return hours


async def read_series(redis: Redis) -> tuple[list[SeriesTotals], int]:
    """The METRIC_SERIES_MAX series that were added to last, sorted, and how many more there are."""
    last = METRIC_SERIES_MAX - 1
    words, known = await exchange(
        redis,
        [("ZRANGE", keys.metric_series(), 0, last, "REV"), ("ZCARD", keys.metric_series())],
    )
    found = sorted(Series(*word.decode().split("/", 1)) for word in words)
    replies = await exchange(redis, [("HGETALL", keys.metric_totals(*series)) for series in found])
    totals = [
        _totals_of(series, dict(zip(raw[::2], raw[1::2], strict=True)))
        for series, raw in zip(found, replies, strict=True)
    ]
    return totals, max(0, known - METRIC_SERIES_MAX)


def _totals_of(series: Series, raw: dict[bytes, bytes]) -> SeriesTotals:
    _, name, *version = series.word.split("/")
    totals = {name.decode(): int(value) for name, value in raw.items()}
    return SeriesTotals(series.tenant, name, version[0] if version else None, totals)


async def last_used(redis: Redis, found: Iterable[Series]) -> list[int | None]:
    """When something was last added to each, in epoch ms; None when nothing is kept of it."""
    words = ["/".join(series) for series in found]
    if not words:
        return []
    (scores,) = await exchange(redis, [("ZMSCORE", keys.metric_series(), *words)])
    return [None if score is None else int(float(score)) for score in scores]


async def forget_series(redis: Redis, series: Series, now_ms: int) -> None:
    """A definition was deleted: its totals and windows go with it."""
    newest_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
    hours = range(newest_ms - METRIC_RETENTION_MS - HOUR_MS, newest_ms + 1, HOUR_MS)
    pipeline = redis.pipeline(transaction=False)
    pipeline.zrem(keys.metric_series(), "/".join(series))
    pipeline.unlink(keys.metric_totals(*series), *(keys.metric_windows(*series, hour) for hour in hours))
    await pipeline.execute()
