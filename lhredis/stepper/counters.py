"""counters: what the steppers of this process did, added to the deployment's totals now and then."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.engine.effects import ArchiveThread, Effect, PutHistory, PutReminder
from lhredis.engine.events import TaskReported, TaskTimedOut, TimerFired, TimerKind
from lhredis.engine.run import Run, TaskRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.ids import REMINDERS_FROM
from lhredis.stepper.family import Family
from lhredis.stepper.metrics import Metrics
from lhredis.stepper.work import Outcome, Work
from lhredis.store.counters import DESCRIPTIONS, add


class Counters:
    """Counts in memory; `flush` adds what came since the last time to the deployment's totals. A process that
    is killed takes what came since its last flush with it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._metrics = Metrics()

    def add(self, name: str, n: int) -> None:
        assert name in DESCRIPTIONS
        self._counts[name] += n

    def begin(self, now_ms: int) -> None:
        """What is counted from now on was committed now."""
        self._metrics.begin(now_ms)

    def count(self, family: Family) -> None:
        """Count the work of a family that was committed."""
        for work in family.works:
            event = work.event
            if work.outcome is Outcome.COMMITTED:
                if type(event) is TaskReported:
                    self._counts["tasks_reported"] += 1
                    self._count_attempt(family, work, event)
                elif type(event) is TaskTimedOut:
                    self._counts["task_timeouts"] += 1
                    self._counts["claims_reclaimed"] += 1
                    self._count_attempt(family, work, event)
                elif type(event) is TimerFired and event.kind is TimerKind.RETRY:
                    self._count_attempt(family, work, event)
            elif work.outcome is Outcome.QUARANTINED:
                self._counts["quarantined"] += 1
            elif type(event) is TaskReported:
                self._counts["late_reports"] += 1
            elif type(event) is TaskTimedOut:
                self._counts["claims_reclaimed"] += 1

    def _count_attempt(
        self, family: Family, work: Work, event: TaskReported | TaskTimedOut | TimerFired
    ) -> None:
        """Note how long an attempt took, or the wait before it."""
        stored = family.stored[work.wf_run_id]
        assert stored is not None
        task = _task_of(stored.run, family.effects[work.wf_run_id], event.thread, event.position)
        if task is None or event.attempt >= len(task.attempts):
            return
        if type(event) is TimerFired:
            self._metrics.count_delay(work.tenant, task, event.attempt)
        else:
            self._metrics.count_attempt(work.tenant, task, event.attempt)

    def count_move(
        self, run: Run, before: LHStatus | None, after: LHStatus, before_since_ms: int | None, now_ms: int
    ) -> None:
        """Count a run that a commit brought from one status (None: it is new) to another."""
        if before is None:
            self._counts["runs_started"] += 1
        if after in TERMINAL_STATUSES:
            self._counts[f"runs_{after.name.lower()}"] += 1
        self._metrics.count_move(run, before, after, before_since_ms, now_ms)

    async def flush(self, redis: Redis) -> None:
        """Add what came up; when Redis is away, keep it for the next time."""
        await self._metrics.flush(redis, time.time_ns() // 1_000_000)
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            await add(redis, counts)
        except BaseException:
            self._counts.update(counts)
            raise


def _task_of(run: Run, effects: Sequence[Effect], thread_number: int, position: int) -> TaskRun | None:
    """The TaskRun at this place, after steps of the run that had these effects. None when it has gone with
    its run; another one, when one of the steps had the node run again."""
    thread = run.threads.get(thread_number)
    if thread is not None and thread.position == position and thread.node is not None:
        return thread.node.task
    for effect in effects:
        if type(effect) is PutHistory:
            if effect.node_run.position == position and effect.thread == thread_number:
                return effect.node_run.task
        elif type(effect) is ArchiveThread:
            node = effect.thread.node
            if effect.thread.number == thread_number and node is not None and node.position == position:
                return node.task
        elif type(effect) is PutReminder and effect.number == position - REMINDERS_FROM:
            return effect.reminder.task
    reminder = run.reminders.get(position - REMINDERS_FROM)
    return reminder.task if reminder is not None else None
