"""metrics: the Client's methods that ask what happened, minute by minute."""

from __future__ import annotations

from datetime import datetime

from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.ids import TaskDefId, WfSpecId
from lhredis.model.metrics import (
    ListTaskMetricsRequest,
    ListWfMetricsRequest,
    MetricWindow,
    MetricWindowId,
    SearchWfMetricWindowRequest,
)


class MetricCalls:
    """Part of Client. A window is one minute, and there when anything happened in it; counts come to it
    about a second late, and are kept for METRIC_RETENTION_MS. Moments are aware datetimes."""

    _connection: Connection

    async def list_wf_metrics(
        self,
        wf_spec: WfSpecId,
        window_start: datetime | None = None,
        window_end: datetime | None = None,
    ) -> list[MetricWindow]:
        """The windows of a version of a WfSpec that share a moment with this time, the oldest first; without
        a start as long ago as they are kept. NotFound."""
        request = ListWfMetricsRequest(wf_spec=wf_spec, window_start=window_start, window_end=window_end)
        reply = await self._connection.call("POST", "/v1/wf-metrics:list", request.to_json())
        return [MetricWindow.model_validate(found) for found in reply["windows"]]

    async def list_task_metrics(
        self,
        task_def: str,
        window_start: datetime | None = None,
        window_end: datetime | None = None,
    ) -> list[MetricWindow]:
        """The same of a TaskDef."""
        request = ListTaskMetricsRequest(
            task_def=TaskDefId(name=task_def), window_start=window_start, window_end=window_end
        )
        reply = await self._connection.call("POST", "/v1/task-metrics:list", request.to_json())
        return [MetricWindow.model_validate(found) for found in reply["windows"]]

    async def get_metric_window(self, id: MetricWindowId) -> MetricWindow:
        """NotFound when nothing happened in it, or it is not kept any more."""
        reply = await self._connection.call("POST", "/v1/metric-windows:get", id.to_json())
        return MetricWindow.model_validate(reply)

    async def search_wf_metric_windows(self, request: SearchWfMetricWindowRequest) -> Page[MetricWindowId]:
        """Windows of all versions of a WfSpec by when they begin; a page's bookmark goes into the next
        request. NotFound."""
        reply = await self._connection.call("POST", "/v1/wf-metric-windows:search", request.to_json())
        return Page(
            [MetricWindowId.model_validate(found) for found in reply["results"]], reply.get("bookmark")
        )
