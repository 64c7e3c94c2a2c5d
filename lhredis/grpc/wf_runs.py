"""wf_runs: start, read, find, stop, resume, rescue and delete WfRuns."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import WfRunIdList
from littlehorse.model.wf_run_pb2 import InactiveThreadRun, WfRun

from lhredis.api import run_control, thread_runs, wf_run_search, wf_runs
from lhredis.errors import NotFound
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def run_wf(request: Any, context: Context) -> Any:
    return from_json(await context.call(wf_runs.run_wf, body=to_json(request)), WfRun)


async def get_wf_run(request: Any, context: Context) -> Any:
    return from_json(await context.call(wf_runs.get_wf_run, {"wf_run_id": to_json(request)}), WfRun)


async def get_inactive_thread_run(request: Any, context: Context) -> Any:
    """A ThreadRun that its WfRun holds is NOT_FOUND: it is active."""
    path = {"wf_run_id": to_json(request.wf_run_id), "thread_run_number": request.thread_run_number}
    thread = await context.call(thread_runs.get_thread_run, path)
    if "archived" not in thread and "queued" not in thread:
        number, wf_run_id = thread["id"]["thread_run_number"], thread["id"]["wf_run_id"]
        raise NotFound(f"ThreadRun {number} of WfRun {wf_run_id!r} is not inactive")
    return from_json(thread, InactiveThreadRun)


async def search_wf_run(request: Any, context: Context) -> Any:
    found = await context.call(wf_run_search.search_wf_runs, body=search_form(request))
    return from_json(found | {"results": [run["id"] for run in found["results"]]}, WfRunIdList)


async def stop_wf_run(request: Any, context: Context) -> Any:
    await _control(run_control.stop_wf_run, request, context)
    return Empty()


async def resume_wf_run(request: Any, context: Context) -> Any:
    await _control(run_control.resume_wf_run, request, context)
    return Empty()


async def rescue_thread_run(request: Any, context: Context) -> Any:
    return from_json(await _control(run_control.rescue_thread_run, request, context), WfRun)


async def delete_wf_run(request: Any, context: Context) -> Any:
    await context.call(run_control.delete_wf_run, {"wf_run_id": to_json(request.id)})
    return Empty()


async def _control(handler: Any, request: Any, context: Context) -> Any:
    body = to_json(request)
    body.pop("wf_run_id", None)
    return await context.call(handler, {"wf_run_id": to_json(request.wf_run_id)}, body=body)
