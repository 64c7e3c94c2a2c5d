"""sync_metrics: the SyncClient's methods that ask what happened, minute by minute."""

from __future__ import annotations

from datetime import datetime

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.ids import WfSpecId
from lhredis.model.metrics import MetricWindow, MetricWindowId, SearchWfMetricWindowRequest


class SyncMetricCalls(ClientThread):
    """Part of SyncClient; what each method does is told at MetricCalls'."""

    def list_wf_metrics(
        self,
        wf_spec: WfSpecId,
        window_start: datetime | None = None,
        window_end: datetime | None = None,
    ) -> list[MetricWindow]:
        return self._wait(self._client.list_wf_metrics(wf_spec, window_start, window_end))

    def list_task_metrics(
        self,
        task_def: str,
        window_start: datetime | None = None,
        window_end: datetime | None = None,
    ) -> list[MetricWindow]:
        return self._wait(self._client.list_task_metrics(task_def, window_start, window_end))

    def get_metric_window(self, id: MetricWindowId) -> MetricWindow:
        return self._wait(self._client.get_metric_window(id))

    def search_wf_metric_windows(self, request: SearchWfMetricWindowRequest) -> Page[MetricWindowId]:
        return self._wait(self._client.search_wf_metric_windows(request))
