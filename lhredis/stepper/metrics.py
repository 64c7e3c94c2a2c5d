"""metrics: what committed steps did and how long it took, by TaskDef and WfSpec, until it is flushed.

Every task passes here, so noting one is a look-up and three appends. What the lists say is made out when
a minute is over or everything is flushed, by functions that work in C.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import add

from redis.asyncio import Redis

from lhredis.engine.node_state import SpecVersion
from lhredis.engine.run import Run, TaskRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.model.limits import METRIC_WINDOW_MS
from lhredis.model.metrics import TaskMetrics, WfMetrics
from lhredis.store.metric_series import LATENCY_BITS_MAX, Additions, Series, Timing, add_all

_WF_NUMBERS = {name: number for number, name in enumerate(WfMetrics.model_fields, 1)}
_TASK_NUMBERS = {name: number for number, name in enumerate(TaskMetrics.model_fields, 1)}

_S = LHStatus
_MOVES: dict[tuple[LHStatus, LHStatus], int] = {
    (before, after): _WF_NUMBERS[f"{before.name.lower()}_to_{after.name.lower()}"]
    for before, after in (
        (_S.RUNNING, _S.HALTING),
        (_S.RUNNING, _S.HALTED),
        (_S.HALTING, _S.HALTED),
        (_S.HALTED, _S.RUNNING),
    )
}
_ENDS = {status: _WF_NUMBERS[f"running_to_{status.name.lower()}"] for status in TERMINAL_STATUSES}


class _Attempts:
    """Latencies of attempts that ended in the same way, in ms: in the queue, at the worker, and of the whole
    TaskRun where the attempt was its last one."""

    __slots__ = ("runs", "waits", "wholes")

    def __init__(self) -> None:
        self.waits: list[int] = []
        self.runs: list[int] = []
        self.wholes: list[int] = []


class Metrics:
    """Not for more than one thread. `begin` before the counts of a commit."""

    def __init__(self) -> None:
        self._window_ms = 0
        self._window_ends_ms = 0
        self._attempts: dict[tuple[str, str, TaskStatus], _Attempts] = {}
        self._delays: dict[tuple[str, str], list[int]] = {}
        self._moves: dict[tuple[str, SpecVersion, LHStatus | None, LHStatus], list[int]] = {}
        self._found: dict[Series, Additions] = {}

    def begin(self, now_ms: int) -> None:
        """What is counted from now on happened now."""
        if now_ms >= self._window_ends_ms:
            self._gather()
            self._window_ms = now_ms - now_ms % METRIC_WINDOW_MS
            self._window_ends_ms = self._window_ms + METRIC_WINDOW_MS

    def count_attempt(self, tenant: str, task: TaskRun, number: int) -> None:
        """An attempt of a TaskRun was reported, or timed out; one that goes on is not counted. One whose
        worker does not say when it began began when it was scheduled; no wrong clock makes a latency
        negative."""
        attempts = task.attempts
        attempt = attempts[number]
        scheduled_ms, started_ms, ended_ms = attempt.scheduled_ms, attempt.started_ms, attempt.ended_ms
        if ended_ms is None:
            return
        key = (tenant, task.task_def, attempt.status)
        found = self._attempts.get(key)
        if found is None:
            found = self._attempts[key] = _Attempts()
        if started_ms is None or started_ms < scheduled_ms:
            started_ms = scheduled_ms
        if started_ms > ended_ms:
            started_ms = ended_ms
        found.waits.append(started_ms - scheduled_ms)
        found.runs.append(ended_ms - started_ms)
        if number == len(attempts) - 1:
            found.wholes.append(ended_ms - attempts[0].scheduled_ms)

    def count_delay(self, tenant: str, task: TaskRun, number: int) -> None:
        """The wait before an attempt is over, and it is scheduled."""
        before_ms = task.attempts[number - 1].ended_ms
        if before_ms is not None:
            delay_ms = task.attempts[number].scheduled_ms - before_ms
            self._delays.setdefault((tenant, task.task_def), []).append(delay_ms)

    def count_move(
        self, run: Run, before: LHStatus | None, after: LHStatus, before_since_ms: int | None, now_ms: int
    ) -> None:
        """A run came from one status (None: it was started) to another. `before_since_ms` is when it came to
        the former one, if that is HALTING or HALTED."""
        if before not in (LHStatus.HALTING, LHStatus.HALTED) or after in TERMINAL_STATUSES:
            before_since_ms = run.started_ms
        latency_ms = now_ms - before_since_ms if before_since_ms is not None else 0
        key = (run.tenant, run.followed, before, after)
        self._moves.setdefault(key, []).append(latency_ms)

    async def flush(self, redis: Redis, now_ms: int) -> None:
        """Add what came up to what Redis has; when that is away, keep it for the next time."""
        self._gather()
        if not self._found:
            return
        found, self._found = self._found, {}
        try:
            await add_all(redis, found, now_ms)
        except BaseException:
            for series, additions in self._found.items():
                _merge(found.setdefault(series, Additions()), additions)
            self._found = found
            raise

    def _of(self, series: Series) -> Additions:
        return self._found.setdefault(series, Additions())

    def _gather(self) -> None:
        """Make the lists out; they belong to the window that began last."""
        attempts, self._attempts = self._attempts, {}
        for (tenant, task_def, status), latencies in attempts.items():
            self._gather_attempts(self._of(Series.of_task_def(tenant, task_def)), status, latencies)
        delays, self._delays = self._delays, {}
        for (tenant, task_def), waits in delays.items():
            of = self._of(Series.of_task_def(tenant, task_def))
            self._time(of, _TASK_NUMBERS["taskattempt_pending_to_scheduled"], waits)
        moves, self._moves = self._moves, {}
        for (tenant, spec, before, after), waits in moves.items():
            self._gather_moves(self._of(Series.of_wf_spec(tenant, *spec)), before, after, waits)

    def _gather_attempts(self, of: Additions, status: TaskStatus, found: _Attempts) -> None:
        if status is TaskStatus.TASK_SUCCESS:
            attempt_end, task_run_end = "success", "completed"
        else:
            attempt_end = task_run_end = "exception" if status is TaskStatus.TASK_EXCEPTION else "error"
        self._time(of, _TASK_NUMBERS["taskattempt_scheduled_to_running"], found.waits)
        self._time(of, _TASK_NUMBERS[f"taskattempt_running_to_{attempt_end}"], found.runs)
        self._time(of, _TASK_NUMBERS[f"taskrun_created_to_{task_run_end}"], found.wholes)
        of.totals[f"attempts:{status.name}"] += len(found.runs)
        retries = len(found.runs) - len(found.wholes)
        if retries:
            of.totals["retries"] += retries
        _observe(of, "schedule_to_start", found.waits)
        _observe(of, "start_to_end", found.runs)
        _observe(of, "schedule_to_report", list(map(add, found.waits, found.runs)))

    def _gather_moves(
        self, of: Additions, before: LHStatus | None, after: LHStatus, waits: Sequence[int]
    ) -> None:
        if before is None:
            of.totals["started"] += len(waits)
            self._time(of, _WF_NUMBERS["started"], [0] * len(waits))
        if after in TERMINAL_STATUSES:
            of.totals[f"ended:{after.name}"] += len(waits)
            self._time(of, _ENDS[after], waits)
            _observe(of, "duration", waits)
        elif before is not None and (before, after) in _MOVES:
            self._time(of, _MOVES[before, after], waits)

    def _time(self, of: Additions, metric: int, latencies: Sequence[int]) -> None:
        if latencies:
            low_ms, high_ms = max(0, min(latencies)), max(0, max(latencies))
            timing = Timing(len(latencies), max(0, sum(latencies)), low_ms, high_ms)
            of.add_timing(self._window_ms, metric, timing)


def _observe(of: Additions, histogram: str, latencies: Sequence[int]) -> None:
    """Count latencies by how many bits they have."""
    for bits, n in Counter(map(int.bit_length, latencies)).items():
        of.totals[f"{histogram}:{min(bits, LATENCY_BITS_MAX + 1)}"] += n
    of.totals[f"{histogram}:ms"] += max(0, sum(latencies))


def _merge(into: Additions, more: Additions) -> None:
    into.totals.update(more.totals)
    for (window_ms, metric), timing in more.windows.items():
        into.add_timing(window_ms, metric, timing)
