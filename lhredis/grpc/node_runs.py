"""node_runs: read, list, find and count NodeRuns."""

from __future__ import annotations

from typing import Any

from littlehorse.model.node_run_pb2 import NodeRun
from littlehorse.model.service_pb2 import Count, NodeRunIdList, NodeRunList

from lhredis.api import node_runs, node_search
from lhredis.errors import InvalidArgument
from lhredis.grpc.context import Context
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def get_node_run(request: Any, context: Context) -> Any:
    path = {
        "wf_run_id": to_json(request.wf_run_id),
        "thread_run_number": request.thread_run_number,
        "position": request.position,
    }
    return from_json(await context.call(node_runs.get_node_run, path), NodeRun)


async def list_node_runs(request: Any, context: Context) -> Any:
    only = request.thread_run_number if request.HasField("thread_run_number") else None
    return await list_page(
        context, node_runs.list_node_runs, request, NodeRunList, {"thread_run_number": only}
    )


async def search_node_run(request: Any, context: Context) -> Any:
    """No NodeRun rests in STARTING, which is also what an unset status looks like: then any will do."""
    form = search_form(request)
    if form["status"] == "STARTING":
        del form["status"]
    if "external_event_def" in form:
        form["external_event_def_id"] = form.pop("external_event_def")
    return from_json(await context.call(node_search.search_node_runs, body=form), NodeRunIdList)


async def count_node_run(request: Any, context: Context) -> Any:
    if not request.HasField("wf_spec_filter"):
        raise InvalidArgument("wf_spec_filter: is required")
    body = to_json(request.wf_spec_filter)
    return Count(value=(await context.call(node_search.count_node_runs, body=body))["count"])
