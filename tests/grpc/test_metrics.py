"""Metric windows by LittleHorse's client: listed, read, searched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from littlehorse.model import (
    ListTaskMetricsRequest,
    ListWfMetricsRequest,
    MetricWindowId,
    SearchWfMetricWindowRequest,
    TaskDefId,
    TaskDefMetricsQueryRequest,
    TenantId,
    WfSpecId,
)

from tests.grpc.stage import Stage
from tests.support import wait_until

FLOW = WfSpecId(name="flow", major_version=0, revision=0)


async def greet() -> str:
    return "Hello!"


async def played(stage: Stage) -> list[Any]:
    """The windows of `flow`, once all that happened to its only run is in them."""
    await stage.work(greet)
    await stage.deploy(lambda wf: wf.execute("greet"))
    await stage.play()

    async def counted() -> list[Any] | None:
        found = list((await stage.stub.ListWfMetrics(ListWfMetricsRequest(wf_spec=FLOW))).windows)
        told = {name.name for window in found for name, _ in window.workflow.ListFields()}
        return found if told == {"started", "running_to_completed"} else None

    windows: list[Any] = await wait_until(counted)
    return windows


async def test_what_happened_to_wf_runs_is_listed_and_read(stage: Stage) -> None:
    windows = await played(stage)
    last = windows[-1]
    assert last.id.wf_spec_id == FLOW
    assert last.id.window_start.seconds % 60 == 0
    ended = last.workflow.running_to_completed
    assert ended.count == 1
    assert ended.min_latency_ms == ended.max_latency_ms == ended.total_latency_ms
    assert sum(window.workflow.started.count for window in windows) == 1
    assert not last.workflow.HasField("running_to_error")
    assert await stage.stub.GetMetricWindow(last.id) == last
    tenant = stage.lh.config.tenant_id
    named = MetricWindowId(wf_spec_id=FLOW, window_start=last.id.window_start, tenant_id=TenantId(id=tenant))
    assert await stage.stub.GetMetricWindow(named) == last
    named.tenant_id.id = "somebody-else"
    await stage.lh.refusal(grpc.StatusCode.NOT_FOUND, tenant, call=stage.stub.GetMetricWindow(named))


async def test_what_happened_to_tasks_is_listed(stage: Stage) -> None:
    await played(stage)
    request = ListTaskMetricsRequest(
        task_def=TaskDefId(name="greet"), window_start=datetime.now(UTC) - timedelta(minutes=5)
    )

    async def counted() -> Any:
        return (await stage.stub.ListTaskMetrics(request)).windows

    (window, *_) = await wait_until(counted)
    assert window.id.task_def_id.name == "greet"
    assert window.task.taskrun_created_to_completed.count == 1
    assert window.task.taskattempt_running_to_success.count == 1
    request.window_end.FromDatetime(datetime.now(UTC) - timedelta(minutes=4))
    assert not (await stage.stub.ListTaskMetrics(request)).windows


async def test_windows_are_searched(stage: Stage) -> None:
    windows = await played(stage)
    found = await stage.stub.SearchWfMetricWindow(
        SearchWfMetricWindowRequest(wf_spec_name="flow", latest_only=True)
    )
    assert list(found.results) == [windows[-1].id]
    found = await stage.stub.SearchWfMetricWindow(
        SearchWfMetricWindowRequest(wf_spec_name="flow", limit=9_999)
    )
    assert list(found.results) == [window.id for window in reversed(windows)]
    assert not found.HasField("bookmark")


async def test_what_is_not_there_is_not_found(stage: Stage) -> None:
    missing = ListWfMetricsRequest(wf_spec=WfSpecId(name="nobody"))
    await stage.lh.refusal(grpc.StatusCode.NOT_FOUND, "nobody", call=stage.stub.ListWfMetrics(missing))
    old = TaskDefMetricsQueryRequest()
    await stage.lh.refusal(
        grpc.StatusCode.UNIMPLEMENTED, "ListTaskMetrics", call=stage.stub.GetTaskDefMetricsWindow(old)
    )
