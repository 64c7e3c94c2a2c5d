"""task_runs: read, list, find and count TaskRuns."""

from __future__ import annotations

from typing import Any

from littlehorse.model.service_pb2 import Count, TaskRunIdList, TaskRunList
from littlehorse.model.task_run_pb2 import TaskRun

from lhredis.api import node_search, task_runs
from lhredis.grpc.context import Context
from lhredis.grpc.guids import task_run_path
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def get_task_run(request: Any, context: Context) -> Any:
    return from_json(await context.call(task_runs.get_task_run, task_run_path(request)), TaskRun)


async def list_task_runs(request: Any, context: Context) -> Any:
    return await list_page(context, task_runs.list_task_runs, request, TaskRunList)


async def search_task_run(request: Any, context: Context) -> Any:
    found = await context.call(node_search.search_task_runs, body=search_form(request))
    return from_json(found, TaskRunIdList)


async def count_task_run(request: Any, context: Context) -> Any:
    return Count(value=(await context.call(node_search.count_task_runs, body=to_json(request)))["count"])
