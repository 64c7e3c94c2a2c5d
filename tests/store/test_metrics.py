"""What was counted of definitions: kept by the hour, added up, searched, bounded, forgotten."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.model.limits import METRIC_RETENTION_MS, METRIC_WINDOW_MS
from lhredis.store import metric_series
from lhredis.store.metric_series import (
    HOUR_MS,
    Additions,
    Series,
    Timing,
    add_all,
    forget_series,
    read_series,
)
from lhredis.store.metric_windows import Found, Window, latest_windows, read_windows, search_windows

NOW_MS = 1_000 * HOUR_MS + 90_000
"""A minute and a half into an hour."""

GREET = Series.of_task_def("acme", "greet")
FLOWS = [((major, 0), Series.of_wf_spec("acme", "flow", major, 0)) for major in range(3)]
ONE = Timing(1, 10, 10, 10)


def happened(*starts_ms: int, metric: int = 1, timing: Timing = ONE) -> Additions:
    additions = Additions()
    for start_ms in starts_ms:
        assert start_ms % METRIC_WINDOW_MS == 0
        additions.add_timing(start_ms, metric, timing)
        additions.totals["started"] += timing.count
    return additions


def minutes_ago(*minutes: int) -> list[int]:
    return [NOW_MS - NOW_MS % METRIC_WINDOW_MS - minute * METRIC_WINDOW_MS for minute in minutes]


async def test_windows_are_found_by_their_time_the_oldest_first(redis: Redis):
    newest, older, oldest = minutes_ago(0, 2, 300)
    await add_all(redis, {GREET: happened(newest, older, oldest)}, NOW_MS)
    assert await read_windows(redis, GREET, 0, NOW_MS, NOW_MS) == [
        Window(start_ms, {1: ONE}) for start_ms in (oldest, older, newest)
    ]
    for from_ms, to_ms, expected in (
        (older + METRIC_WINDOW_MS - 1, NOW_MS, [older, newest]),
        (older + METRIC_WINDOW_MS, NOW_MS, [newest]),
        (0, older - 1, [oldest]),
        (0, older, [oldest, older]),
        (NOW_MS + HOUR_MS, NOW_MS + 2 * HOUR_MS, []),
        (NOW_MS, 0, []),
    ):
        found = await read_windows(redis, GREET, from_ms, to_ms, NOW_MS)
        assert [window.start_ms for window in found] == expected


async def test_two_processes_add_to_one_window(redis: Redis):
    (start_ms,) = minutes_ago(0)
    await add_all(redis, {GREET: happened(start_ms, timing=Timing(2, 30, 10, 20))}, NOW_MS)
    await add_all(redis, {GREET: happened(start_ms, timing=Timing(1, 5, 5, 5))}, NOW_MS)
    await add_all(redis, {GREET: happened(start_ms, metric=2)}, NOW_MS)
    assert await read_windows(redis, GREET, 0, NOW_MS, NOW_MS) == [
        Window(start_ms, {1: Timing(3, 35, 5, 20), 2: ONE})
    ]
    ((totals,), left_out) = await read_series(redis)
    assert (totals.tenant, totals.name, totals.version, totals.totals) == (
        "acme",
        "greet",
        None,
        {"started": 4},
    )
    assert left_out == 0


async def test_a_window_is_kept_for_its_time_and_no_longer(redis: Redis):
    (start_ms,) = minutes_ago(0)
    await add_all(redis, {GREET: happened(start_ms)}, NOW_MS)
    later_ms = start_ms + METRIC_RETENTION_MS
    assert await read_windows(redis, GREET, 0, later_ms, later_ms)
    later_ms += METRIC_WINDOW_MS
    assert await read_windows(redis, GREET, 0, later_ms, later_ms) == []
    async for key in redis.scan_iter("*:metrics:*"):
        assert 0 < await redis.pttl(key) <= METRIC_RETENTION_MS


async def test_a_definition_that_nothing_is_counted_of_any_more_is_forgotten(redis: Redis):
    await add_all(redis, {GREET: happened(*minutes_ago(0))}, NOW_MS)
    later_ms = NOW_MS + METRIC_RETENTION_MS
    await add_all(redis, {FLOWS[0][1]: happened(*minutes_ago(0))}, later_ms)
    found, _ = await read_series(redis)
    assert [(one.name, one.version) for one in found] == [("flow", "0.0")]


async def test_a_scrape_tells_of_so_many_definitions_and_of_how_many_it_does_not(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(metric_series, "METRIC_SERIES_MAX", 3)
    for number in range(5):
        one = Series.of_task_def("acme", f"task-{number}")
        await add_all(redis, {one: happened(*minutes_ago(0))}, NOW_MS + number)
    found, left_out = await read_series(redis)
    assert [one.name for one in found] == ["task-2", "task-3", "task-4"]
    assert left_out == 2


async def test_what_is_forgotten_leaves_nothing_behind(redis: Redis):
    await add_all(redis, {GREET: happened(*minutes_ago(0, 90, 14 * 24 * 60 - 1))}, NOW_MS)
    assert len(await redis.keys("*:metrics:*")) == 4
    await forget_series(redis, GREET, NOW_MS)
    assert await redis.keys("*metric*") == []


async def test_windows_of_all_versions_are_searched_page_by_page(redis: Redis):
    starts = minutes_ago(0, 1, 61, 62, 3_000)
    for version, series in FLOWS[:2]:
        await add_all(redis, {series: happened(*starts[version[0] :])}, NOW_MS)
    everything = [Found(start, (1, 0)) for start in starts[1:]] + [Found(start, (0, 0)) for start in starts]
    everything.sort(reverse=True)
    assert len(everything) == 9

    async def search(newest_first: bool, after: Found | None = None, between: tuple[int, int] = (0, 2**53)):
        rows = await search_windows(redis, FLOWS, between, newest_first, after, 4, NOW_MS)
        return rows[:4]

    for newest_first, expected in ((True, everything), (False, everything[::-1])):
        found: list[Found] = []
        while page := await search(newest_first, found[-1] if found else None):
            found += page
        assert found == expected
    assert await search(True, between=(starts[2], starts[1])) == everything[1:5]
    assert await search(True, between=(NOW_MS, 2**53)) == []


async def test_the_latest_window_of_each_version_is_found(redis: Redis):
    for (version, series), start_ms in zip(FLOWS, minutes_ago(70, 5), strict=False):
        await add_all(redis, {series: happened(start_ms, start_ms - METRIC_WINDOW_MS)}, NOW_MS)
        assert version != (2, 0)
    first, second = minutes_ago(70, 5)
    latest = await latest_windows(redis, FLOWS, (0, 2**53), NOW_MS)
    assert latest == [Found(second, (1, 0)), Found(first, (0, 0))]
    assert await latest_windows(redis, FLOWS, (0, first), NOW_MS) == [Found(first, (0, 0))]
