"""counters: running totals of a deployment, which every process adds to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from lhredis.store import keys

DESCRIPTIONS = {
    "runs_started": "WfRuns started",
    "runs_completed": "WfRuns that ended COMPLETED",
    "runs_error": "WfRuns that ended in ERROR",
    "runs_exception": "WfRuns that ended in EXCEPTION",
    "tasks_reported": "task attempts that were reported and used",
    "task_timeouts": "task attempts that timed out",
    "claims_reclaimed": "claims of workers that held an attempt past its timeout, taken back",
    "late_reports": "reports for an attempt that was not waited for: late, double or forged",
    "tasks_given_back": "tasks that were claimed for a gRPC worker and not taken: back in their queues",
    "stale_commits": "commits of a run that another process had changed meanwhile",
    "quarantined": "events set aside because their step raised",
    "wakers_lost": "tasks and timers that a run or schedule counted on and that were gone: put back by the watchdog",
    "unreadable_results": "results that could not be read, set aside",
    "unreadable_timers": "what was among the timers and could not be read, set aside",
}
"""Every counter there is, and what it counts."""


async def add(redis: Redis, counts: Mapping[str, int]) -> None:
    """Add to the totals."""
    pipeline = redis.pipeline(transaction=False)
    for name, n in counts.items():
        pipeline.hincrby(keys.counters(), name, n)
    await pipeline.execute()


async def totals(redis: Redis) -> dict[str, int]:
    """The totals by name; every name of DESCRIPTIONS is there."""
    raw: Any = await redis.hgetall(keys.counters())
    return {name: int(raw.get(name.encode(), 0)) for name in DESCRIPTIONS}
