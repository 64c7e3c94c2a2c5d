"""metrics: what happened to WfRuns and tasks, minute by minute."""

from __future__ import annotations

from typing import Any

from littlehorse.model.metrics_pb2 import MetricsList, MetricWindow, MetricWindowIdList

from lhredis.api import metric_windows
from lhredis.errors import NotFound
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def list_wf_metrics(request: Any, context: Context) -> Any:
    return from_json(await context.call(metric_windows.list_wf_metrics, body=to_json(request)), MetricsList)


async def list_task_metrics(request: Any, context: Context) -> Any:
    return from_json(await context.call(metric_windows.list_task_metrics, body=to_json(request)), MetricsList)


async def get_metric_window(request: Any, context: Context) -> Any:
    """A tenant in the id may only be the one that asks: nobody sees another one's windows."""
    body = to_json(request)
    tenant = body.pop("tenant_id", None)
    if tenant is not None and tenant != {"id": context.tenant}:
        raise NotFound(f"there are no windows of another tenant than {context.tenant!r} here")
    return from_json(await context.call(metric_windows.get_metric_window, body=body), MetricWindow)


async def search_wf_metric_window(request: Any, context: Context) -> Any:
    found = await context.call(metric_windows.search_wf_metric_windows, body=search_form(request))
    return from_json(found, MetricWindowIdList)
