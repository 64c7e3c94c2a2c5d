"""metric_tables: metric windows as tables for people: a line for each minute, and one for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lhredis.cli.tables import listed
from lhredis.model.metrics import CountAndTiming, MetricWindow, TaskMetrics, WfMetrics


def wf_metrics_table(windows: Sequence[MetricWindow]) -> RenderableType:
    """How many WfRuns started and ended, and how long they took: `mean / longest`."""
    columns = ("started", "completed", "error", "exception", "took", "halted", "resumed")
    found = [one.workflow for one in windows if one.workflow is not None]
    return _table(columns, windows, [_wf_cells([one]) for one in found], _wf_cells(found))


def _wf_cells(found: Sequence[WfMetrics]) -> tuple[str, ...]:
    completed = [one.running_to_completed for one in found]
    errors = [one.running_to_error for one in found]
    exceptions = [one.running_to_exception for one in found]
    halted = [metric for one in found for metric in (one.running_to_halted, one.halting_to_halted)]
    return (
        _count(one.started for one in found),
        _count(completed),
        _count(errors),
        _count(exceptions),
        _times([*completed, *errors, *exceptions]),
        _count(halted),
        _count(one.halted_to_running for one in found),
    )


def task_metrics_table(windows: Sequence[MetricWindow]) -> RenderableType:
    """How many TaskRuns ended, and how long their attempts waited and ran: `mean / longest`."""
    columns = ("completed", "error", "exception", "took", "attempts", "waited", "ran", "delayed")
    found = [one.task for one in windows if one.task is not None]
    return _table(columns, windows, [_task_cells([one]) for one in found], _task_cells(found))


def _task_cells(found: Sequence[TaskMetrics]) -> tuple[str, ...]:
    completed = [one.taskrun_created_to_completed for one in found]
    errors = [one.taskrun_created_to_error for one in found]
    exceptions = [one.taskrun_created_to_exception for one in found]
    waited = [one.taskattempt_scheduled_to_running for one in found]
    ran = [
        metric
        for one in found
        for metric in (
            one.taskattempt_running_to_success,
            one.taskattempt_running_to_error,
            one.taskattempt_running_to_exception,
        )
    ]
    return (
        _count(completed),
        _count(errors),
        _count(exceptions),
        _times([*completed, *errors, *exceptions]),
        _count(ran),
        _times(waited),
        _times(ran),
        _times([one.taskattempt_pending_to_scheduled for one in found]),
    )


def _table(
    columns: tuple[str, ...],
    windows: Sequence[MetricWindow],
    lines: Sequence[tuple[str, ...]],
    together: tuple[str, ...],
) -> RenderableType:
    minutes = [f"{window.id.window_start:%Y-%m-%d %H:%M}Z" for window in windows]
    rows = [(minute, *line) for minute, line in zip(minutes, lines, strict=True)]
    if len(rows) > 1:
        rows.append(("all", *together))
    return listed(("minute", *columns), rows, empty="nothing happened in this time")


def _count(timings: Iterable[CountAndTiming | None]) -> str:
    count = sum(one.count for one in timings if one is not None)
    return str(count) if count else ""


def _times(timings: Sequence[CountAndTiming | None]) -> str:
    """`mean / longest`; nothing when nothing happened."""
    there = [one for one in timings if one is not None]
    count = sum(one.count for one in there)
    if not count:
        return ""
    mean_ms = sum(one.total_latency_ms for one in there) / count
    return f"{_time(mean_ms)} / {_time(max(one.max_latency_ms for one in there))}"


def _time(ms: float) -> str:
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s" if ms < 600_000 else f"{ms / 60_000:.0f} min"
