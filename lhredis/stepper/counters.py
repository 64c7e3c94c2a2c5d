"""counters: what the steppers of a deployment did, added up in Redis for /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from redis.asyncio import Redis

from lhredis.engine.events import RunStarted, TaskReported, TaskTimedOut
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys

DESCRIPTIONS = {
    "runs_started": "WfRuns started",
    "runs_completed": "WfRuns that ended COMPLETED",
    "runs_error": "WfRuns that ended in ERROR",
    "runs_exception": "WfRuns that ended in EXCEPTION",
    "tasks_reported": "task attempts that were reported and used",
    "task_timeouts": "task attempts that timed out",
    "late_reports": "reports for an attempt that was not waited for: late, double or forged",
    "stale_commits": "commits of a run that another process had changed meanwhile",
    "quarantined": "events set aside because their step raised",
    "unreadable_results": "results that could not be read, set aside",
}


class Counters:
    """Counts in memory; `flush` adds what came since the last time to the deployment's totals."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, n: int) -> None:
        assert name in DESCRIPTIONS
        self._counts[name] += n

    def count(self, works: Iterable[Work]) -> None:
        """Count committed work."""
        for work in works:
            if work.outcome is Outcome.COMMITTED:
                if isinstance(work.event, TaskReported):
                    self._counts["tasks_reported"] += 1
                elif isinstance(work.event, RunStarted):
                    self._counts["runs_started"] += 1
                elif isinstance(work.event, TaskTimedOut):
                    self._counts["task_timeouts"] += 1
            elif work.outcome is Outcome.QUARANTINED:
                self._counts["quarantined"] += 1
            elif isinstance(work.event, TaskReported):
                self._counts["late_reports"] += 1

    def count_end(self, status: LHStatus) -> None:
        """Count a run that a commit left in this status, if it ended there."""
        if status in TERMINAL_STATUSES:
            self._counts[f"runs_{status.name.lower()}"] += 1

    async def flush(self, redis: Redis) -> None:
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        pipeline = redis.pipeline(transaction=False)
        for name, n in counts.items():
            pipeline.hincrby(keys.counters(), name, n)
        await pipeline.execute()


async def totals(redis: Redis) -> dict[str, int]:
    """The deployment's totals by name; every name of DESCRIPTIONS is there."""
    raw = await redis.hgetall(keys.counters())
    return {name: int(raw.get(name.encode(), 0)) for name in DESCRIPTIONS}
