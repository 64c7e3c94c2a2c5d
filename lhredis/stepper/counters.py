"""counters: what the steppers of this process did, added to the deployment's totals now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from redis.asyncio import Redis

from lhredis.engine.events import RunStarted, TaskReported, TaskTimedOut
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.stepper.work import Outcome, Work
from lhredis.store.counters import DESCRIPTIONS, add


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
        """Add what came up; when Redis is away, keep it for the next time."""
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            await add(redis, counts)
        except BaseException:
            self._counts.update(counts)
            raise
