"""metric_windows: what happened to WfRuns and tasks, minute by minute."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.bookmarks import read_bookmark, write_bookmark
from lhredis.api.call import Call
from lhredis.api.validation import parse_body
from lhredis.api.value_views import present, time_view, version_view
from lhredis.engine.run import SpecVersion
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.ids import TaskDefId, WfSpecId
from lhredis.model.limits import METRIC_WINDOW_MS
from lhredis.model.metrics import (
    ListTaskMetricsRequest,
    ListWfMetricsRequest,
    MetricType,
    MetricWindowId,
    SearchWfMetricWindowRequest,
    TaskMetrics,
    WfMetrics,
    WindowRange,
)
from lhredis.model.search import Moment, SearchOrder
from lhredis.store.metric_series import Series, Timing
from lhredis.store.metric_windows import Found, Window, latest_windows, read_windows, search_windows
from lhredis.store.versions import number_of, text_of

_WF_METRICS = tuple(WfMetrics.model_fields)
_TASK_METRICS = tuple(TaskMetrics.model_fields)

_EPOCH, _ONE_MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


async def list_wf_metrics(call: Call) -> Answer:
    """List the metric windows of a version of a WfSpec, the oldest first

    A window is one minute, and there when anything happened in it. Counts come to it about a second late.
    """
    request = parse_body(ListWfMetricsRequest, call.body)
    return json_answer({"windows": await _windows(call, request.wf_spec, *_range(request))})


async def list_task_metrics(call: Call) -> Answer:
    """List the metric windows of a TaskDef, the oldest first

    A window is one minute, and there when anything happened in it. An attempt is counted in the minute in
    which its report was committed. Counts come to it about a second late.
    """
    request = parse_body(ListTaskMetricsRequest, call.body)
    return json_answer({"windows": await _windows(call, request.task_def, *_range(request))})


async def get_metric_window(call: Call) -> Answer:
    """Read one metric window

    `window_start` is the full minute with which it begins.
    """
    request = parse_body(MetricWindowId, call.body)
    of = request.wf_spec_id or request.task_def_id
    assert of is not None
    wanted = MetricType.WORKFLOW_METRIC if request.wf_spec_id is not None else MetricType.TASK_METRIC
    if request.metric_type is not None and request.metric_type is not wanted:
        raise InvalidArgument(f"metric_type: the id is of a {wanted.name}; got {request.metric_type.name}")
    start_ms = _ms(request.window_start)
    if start_ms % METRIC_WINDOW_MS == 0:
        for window in await _windows(call, of, start_ms, start_ms):
            return json_answer(window)
    began = time_view(start_ms)
    raise NotFound(f"nothing is known of {_name(of)} in a window that begins at {began}")


async def search_wf_metric_windows(call: Call) -> Answer:
    """Search metric windows of all versions of a WfSpec, by when they begin

    With `latest_only` the latest window of each version, on one page.
    """
    request, now_ms = parse_body(SearchWfMetricWindowRequest, call.body), _now_ms()
    name, newest_first = request.wf_spec_name, request.order is SearchOrder.NEWEST_FIRST
    kind = f"wf-metric-windows {name} {request.order.name}"
    after = _read_bookmark(kind, request.bookmark)
    versions = await call.services.metadata.wf_spec_versions(call.tenant, name)
    if not versions:
        raise NotFound(f"there is no WfSpec {name!r}")
    series = [((one.major, one.revision), Series.of_wf_spec(call.tenant, *one)) for one in versions]
    redis, between_ms = call.services.redis, request.between_ms
    if request.latest_only:
        latest = await latest_windows(redis, series, between_ms, now_ms)
        return json_answer({"results": [_search_view(name, found) for found in latest]})
    limit = request.limit
    rows = await search_windows(redis, series, between_ms, newest_first, after, limit + 1, now_ms)
    reply: dict[str, Any] = {"results": [_search_view(name, found) for found in rows[:limit]]}
    if len(rows) > limit:
        last = rows[limit - 1]
        reply["bookmark"] = write_bookmark(kind, (last.start_ms, text_of(last.version)))
    return json_answer(reply)


def _read_bookmark(kind: str, text: str | None) -> Found | None:
    read = read_bookmark(kind, text)
    if read is None:
        return None
    (start_ms, version), _ = read
    try:
        major, revision = number_of(version)
    except ValueError:
        raise InvalidArgument("bookmark: is none that this API gave for such a search") from None
    return Found(start_ms, (major, revision))


async def _windows(call: Call, of: WfSpecId | TaskDefId, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """The windows of a definition in this time. NotFound when there is no such definition."""
    metadata, redis, now_ms = call.services.metadata, call.services.redis, _now_ms()
    if isinstance(of, WfSpecId):
        version = await metadata.find_version(call.tenant, of.name, of.major_version, of.revision)
        found = await read_windows(redis, Series.of_wf_spec(call.tenant, *version), from_ms, to_ms, now_ms)
        return [
            {"id": _wf_window_id(version, window.start_ms), "workflow": _counts(_WF_METRICS, window)}
            for window in found
        ]
    await metadata.task_def(call.tenant, of.name)
    found = await read_windows(redis, Series.of_task_def(call.tenant, of.name), from_ms, to_ms, now_ms)
    return [
        {"id": _task_window_id(of.name, window.start_ms), "task": _counts(_TASK_METRICS, window)}
        for window in found
    ]


def _wf_window_id(version: SpecVersion, start_ms: int) -> dict[str, Any]:
    start, kind = time_view(start_ms), MetricType.WORKFLOW_METRIC.name
    return {"wf_spec_id": version_view(version), "window_start": start, "metric_type": kind}


def _task_window_id(name: str, start_ms: int) -> dict[str, Any]:
    start, kind = time_view(start_ms), MetricType.TASK_METRIC.name
    return {"task_def_id": {"name": name}, "window_start": start, "metric_type": kind}


def _search_view(name: str, found: Found) -> dict[str, Any]:
    return _wf_window_id(SpecVersion(name, *found.version), found.start_ms)


def _counts(names: tuple[str, ...], window: Window) -> dict[str, Any]:
    """The counts of a window by the names of the metrics."""
    return present({name: _count(window.timings.get(number)) for number, name in enumerate(names, 1)})


def _count(timing: Timing | None) -> dict[str, int] | None:
    if timing is None:
        return None
    return {
        "count": timing.count,
        "min_latency_ms": timing.min_ms,
        "max_latency_ms": timing.max_ms,
        "total_latency_ms": timing.total_ms,
    }


def _range(request: WindowRange) -> tuple[int, int]:
    start, end = request.window_start, request.window_end
    if start is not None and end is not None and start > end:
        raise InvalidArgument(f"window_end: is before window_start, {start.isoformat()}")
    return _ms(start) if start is not None else 0, _ms(end) if end is not None else _now_ms()


def _name(of: WfSpecId | TaskDefId) -> str:
    return f"WfSpec {of}" if isinstance(of, WfSpecId) else f"TaskDef {of.name}"


def _ms(moment: Moment) -> int:
    return (moment - _EPOCH) // _ONE_MS


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
