"""metric_windows: what happened in each minute of the last days, read and searched.

The windows of one hour of a definition are one hash, written by metric_series.py: small enough for the
server to keep it packed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis

from lhredis.model.limits import METRIC_RETENTION_MS, METRIC_WINDOW_MS
from lhredis.store import keys
from lhredis.store.metric_series import HOUR_MS, Series, Timing, last_used
from lhredis.store.wire import exchange

HOURS_PER_TRIP_MAX = 48
"""Hashes read in one round trip."""


class Window(NamedTuple):
    """When it begins, in epoch ms, and what happened: number of the metric → timing."""

    start_ms: int
    timings: dict[int, Timing]


class Found(NamedTuple):
    """A window that a search found: when it begins, and the version of the WfSpec."""

    start_ms: int
    version: tuple[int, int]


async def read_windows(redis: Redis, series: Series, from_ms: int, to_ms: int, now_ms: int) -> list[Window]:
    """The windows of a definition that share a moment with this time and are kept at `now_ms`, the oldest
    first."""
    first_ms, last_ms = kept_range(from_ms, to_ms, now_ms)
    hours = list(range(first_ms - first_ms % HOUR_MS, last_ms + 1, HOUR_MS))
    found: list[Window] = []
    for at in range(0, len(hours), HOURS_PER_TRIP_MAX):
        some = hours[at : at + HOURS_PER_TRIP_MAX]
        replies = await exchange(redis, [("HGETALL", keys.metric_windows(*series, hour)) for hour in some])
        for hour_ms, raw in zip(some, replies, strict=True):
            found += _windows_of(hour_ms, raw)
    return [window for window in found if first_ms <= window.start_ms <= last_ms]


def kept_range(from_ms: int, to_ms: int, now_ms: int) -> tuple[int, int]:
    """The first and the last beginning of such windows."""
    first_ms = max(from_ms, now_ms - METRIC_RETENTION_MS)
    return first_ms - first_ms % METRIC_WINDOW_MS, min(to_ms, now_ms)


def _windows_of(hour_ms: int, raw: list[Any]) -> list[Window]:
    by_minute: dict[int, dict[int, Timing]] = {}
    for name, value in zip(raw[::2], raw[1::2], strict=True):
        minute, _, metric = name.partition(b".")
        by_minute.setdefault(int(minute), {})[int(metric)] = Timing(*map(int, value.split()))
    return [Window(hour_ms + minute * METRIC_WINDOW_MS, by_minute[minute]) for minute in sorted(by_minute)]


async def search_windows(
    redis: Redis,
    versions: Sequence[tuple[tuple[int, int], Series]],
    between_ms: tuple[int, int],
    newest_first: bool,
    after: Found | None,
    limit: int,
    now_ms: int,
) -> list[Found]:
    """Windows that begin in this time, of these versions, behind `after`: up to `limit`, and more when an
    hour has more. Ordered by their beginning, and where that is the same, by version."""
    first_ms, last_ms = max(between_ms[0], now_ms - METRIC_RETENTION_MS), min(between_ms[1], now_ms)
    if after is not None and newest_first:
        last_ms = min(last_ms, after.start_ms)
    elif after is not None:
        first_ms = max(first_ms, after.start_ms)
    used = await last_used(redis, [series for _, series in versions])
    living = [(pair, used_ms) for pair, used_ms in zip(versions, used, strict=True) if used_ms is not None]
    last_ms = min(last_ms, max((used_ms for _, used_ms in living), default=0))
    found: list[Found] = []
    hours = range(first_ms - first_ms % HOUR_MS, last_ms + 1, HOUR_MS)
    for hour_ms in reversed(hours) if newest_first else hours:
        begun = await _begun(redis, [pair for pair, used_ms in living if used_ms >= hour_ms], hour_ms)
        for one in sorted(begun, reverse=newest_first):
            is_behind = after is None or (one < after if newest_first else one > after)
            if is_behind and first_ms <= one.start_ms <= last_ms:
                found.append(one)
        if len(found) >= limit:
            break
    return found


async def _begun(redis: Redis, pairs: Sequence[tuple[tuple[int, int], Series]], hour_ms: int) -> list[Found]:
    """The windows of one hour."""
    if not pairs:
        return []
    commands = [("HKEYS", keys.metric_windows(*series, hour_ms)) for _, series in pairs]
    found = []
    for (version, _), names in zip(pairs, await exchange(redis, commands), strict=True):
        minutes = {int(name.partition(b".")[0]) for name in names}
        found += [Found(hour_ms + minute * METRIC_WINDOW_MS, version) for minute in minutes]
    return found


async def latest_windows(
    redis: Redis,
    versions: Sequence[tuple[tuple[int, int], Series]],
    between_ms: tuple[int, int],
    now_ms: int,
) -> list[Found]:
    """Of each version the latest window that begins in this time, the newest first."""
    found = []
    for pair in versions:
        found += (await search_windows(redis, [pair], between_ms, True, None, 1, now_ms))[:1]
    return sorted(found, reverse=True)
