"""What a process counts is written when it can be, and not twice."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError

from lhredis.engine.node_state import SpecVersion
from lhredis.engine.run import Attempt, Run, TaskRun
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.stepper.counters import Counters
from lhredis.stepper.metrics import Metrics
from lhredis.store.counters import totals
from lhredis.store.metric_series import Series, Timing, read_series
from lhredis.store.metric_windows import Window, read_windows
from lhredis.store.wire import make_pool

MINUTE_MS = 60_000
NOW_MS = 500_000 * MINUTE_MS
GREET = Series.of_task_def("acme", "greet")
RUN = Run("r1", "acme", SpecVersion("flow", 1, 2), LHStatus.COMPLETED, started_ms=NOW_MS)


def attempt(started_ms: int | None, ended_ms: int) -> TaskRun:
    """A TaskRun whose only attempt was scheduled now."""
    return TaskRun("greet", (), [Attempt(TaskStatus.TASK_SUCCESS, "", NOW_MS, started_ms, ended_ms)])


@pytest.fixture
def gone() -> Redis:
    """A server that is not there."""
    return Redis(connection_pool=make_pool("redis://127.0.0.1:1/0", retry=Retry(NoBackoff(), 0)))


async def test_while_redis_is_away_counts_are_kept(redis: Redis, gone: Redis) -> None:
    counters = Counters()
    counters.begin(NOW_MS)
    counters.add("stale_commits", 2)
    counters.count_move(RUN, None, LHStatus.COMPLETED, None, NOW_MS + 7)
    with pytest.raises(ConnectionError):
        await counters.flush(gone)
    counters.count_move(RUN, None, LHStatus.COMPLETED, None, NOW_MS + 9)
    for _ in range(2):
        await counters.flush(redis)
    found = await totals(redis)
    assert (found["stale_commits"], found["runs_started"], found["runs_completed"]) == (2, 2, 2)
    ((series,), _) = await read_series(redis)
    assert (series.tenant, series.name, series.version) == ("acme", "flow", "1.2")
    assert series.totals["duration:ms"] == 16
    assert series.totals["ended:COMPLETED"] == 2


async def test_what_happens_after_a_minute_is_in_the_next_window(redis: Redis) -> None:
    metrics = Metrics()
    for now_ms, ended_ms in (
        (NOW_MS, NOW_MS + 5),
        (NOW_MS + MINUTE_MS - 1, NOW_MS + 30_000),
        (NOW_MS + MINUTE_MS, NOW_MS + 60_000),
    ):
        metrics.begin(now_ms)
        metrics.count_attempt("acme", attempt(NOW_MS + 1, ended_ms), 0)
    now_ms = NOW_MS + MINUTE_MS
    await metrics.flush(redis, now_ms)
    whole, waited, ran = 1, 5, 7
    assert await read_windows(redis, GREET, 0, now_ms, now_ms) == [
        Window(
            NOW_MS,
            {
                whole: Timing(2, 30_005, 5, 30_000),
                waited: Timing(2, 2, 1, 1),
                ran: Timing(2, 30_003, 4, 29_999),
            },
        ),
        Window(
            NOW_MS + MINUTE_MS,
            {
                whole: Timing(1, 60_000, 60_000, 60_000),
                waited: Timing(1, 1, 1, 1),
                ran: Timing(1, 59_999, 59_999, 59_999),
            },
        ),
    ]


async def test_no_clock_makes_a_latency_negative(redis: Redis) -> None:
    metrics = Metrics()
    metrics.begin(NOW_MS)
    for started_ms, waited_ms, ran_ms in ((NOW_MS - 99, 0, 10), (NOW_MS + 99, 10, 0), (None, 0, 10)):
        metrics.count_attempt("acme", attempt(started_ms, NOW_MS + 10), 0)
        await metrics.flush(redis, NOW_MS)
        ((_, timings),) = await read_windows(redis, GREET, 0, NOW_MS, NOW_MS)
        assert (timings[5].total_ms, timings[7].total_ms) == (waited_ms, ran_ms)
        await redis.flushall()


async def test_a_latency_is_in_the_bucket_below_whose_bound_it_is(redis: Redis) -> None:
    metrics = Metrics()
    metrics.begin(NOW_MS)
    for ran_ms in (0, 1, 2, 3, 4, 2**22 - 1, 2**22, 2**40):
        metrics.count_attempt("acme", attempt(NOW_MS, NOW_MS + ran_ms), 0)
    await metrics.flush(redis, NOW_MS)
    ((series,), _) = await read_series(redis)
    buckets = {
        name.removeprefix("start_to_end:"): n
        for name, n in series.totals.items()
        if name.startswith("start_to_end:")
    }
    assert buckets.pop("ms") == 10 + (2**22 - 1) + 2**22 + 2**40
    assert buckets == {"0": 1, "1": 1, "2": 2, "3": 1, "22": 1, "23": 2}
