"""user_task_runs: read, list and find UserTaskRuns, and what people do to them."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import UserTaskRunIdList, UserTaskRunList
from littlehorse.model.user_tasks_pb2 import UserTaskRun

from lhredis.api import user_task_operations, user_task_runs, user_task_search
from lhredis.api.operation import Handler
from lhredis.grpc.context import Context
from lhredis.grpc.guids import user_task_run_path
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def get_user_task_run(request: Any, context: Context) -> Any:
    found = await context.call(user_task_runs.get_user_task_run, user_task_run_path(request))
    return from_json(found, UserTaskRun)


async def list_user_task_runs(request: Any, context: Context) -> Any:
    return await list_page(context, user_task_runs.list_user_task_runs, request, UserTaskRunList)


async def search_user_task_run(request: Any, context: Context) -> Any:
    found = await context.call(user_task_search.search_user_task_runs, body=search_form(request))
    return from_json(found, UserTaskRunIdList)


async def assign_user_task_run(request: Any, context: Context) -> Any:
    await _do(user_task_operations.assign_user_task_run, request, context)
    return Empty()


async def complete_user_task_run(request: Any, context: Context) -> Any:
    await _do(user_task_operations.complete_user_task_run, request, context)
    return Empty()


async def cancel_user_task_run(request: Any, context: Context) -> Any:
    await _do(user_task_operations.cancel_user_task_run, request, context)
    return Empty()


async def save_user_task_run_progress(request: Any, context: Context) -> Any:
    return await _do(user_task_operations.save_user_task_run_progress, request, context)


async def put_user_task_run_comment(request: Any, context: Context) -> Any:
    return await _do(user_task_operations.put_user_task_run_comment, request, context)


async def edit_user_task_run_comment(request: Any, context: Context) -> Any:
    return await _do(user_task_operations.edit_user_task_run_comment, request, context)


async def delete_user_task_run_comment(request: Any, context: Context) -> Any:
    path = user_task_run_path(request.user_task_run_id) | {"comment_id": request.user_comment_id}
    query = {"user_id": request.user_id}
    return from_json(
        await context.call(user_task_operations.delete_user_task_run_comment, path, query), UserTaskRun
    )


async def _do(handler: Handler, request: Any, context: Context) -> Any:
    """The UserTaskRun as it is then."""
    path, body = user_task_run_path(request.user_task_run_id), to_json(request)
    del body["user_task_run_id"]
    if "user_comment_id" in body:
        path["comment_id"] = body.pop("user_comment_id")
    return from_json(await context.call(handler, path, body=body), UserTaskRun)
