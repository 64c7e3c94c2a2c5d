"""scheduled_wf_runs: make, read, find and delete ScheduledWfRuns."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.scheduled_wf_run_pb2 import ScheduledWfRun
from littlehorse.model.service_pb2 import ScheduledWfRunIdList

from lhredis.api import scheduled_wf_runs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.model.limits import PAGE_ITEMS_MAX


async def schedule_wf(request: Any, context: Context) -> Any:
    return from_json(await context.call(scheduled_wf_runs.schedule_wf, body=to_json(request)), ScheduledWfRun)


async def get_scheduled_wf_run(request: Any, context: Context) -> Any:
    path = {"scheduled_wf_run_id": request.id}
    return from_json(await context.call(scheduled_wf_runs.get_scheduled_wf_run, path), ScheduledWfRun)


async def search_scheduled_wf_run(request: Any, context: Context) -> Any:
    """All at once: the reply has no bookmark."""
    query = to_json(request) | {"limit": PAGE_ITEMS_MAX}
    ids: list[str] = []
    while True:
        page = await context.call(scheduled_wf_runs.list_scheduled_wf_runs, query=query)
        ids += [one["id"] for one in page["results"]]
        if "bookmark" not in page:
            return from_json({"results": ids}, ScheduledWfRunIdList)
        query["bookmark"] = page["bookmark"]


async def delete_scheduled_wf_run(request: Any, context: Context) -> Any:
    await context.call(scheduled_wf_runs.delete_scheduled_wf_run, {"scheduled_wf_run_id": request.id.id})
    return Empty()
