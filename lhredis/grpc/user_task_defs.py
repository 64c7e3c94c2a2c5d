"""user_task_defs: register, read, find and delete versions of UserTaskDefs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import UserTaskDefIdList
from littlehorse.model.user_tasks_pb2 import UserTaskDef

from lhredis.api import user_task_defs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query
from lhredis.grpc.version_pages import versions_page


async def put_user_task_def(request: Any, context: Context) -> Any:
    return from_json(await context.call(user_task_defs.put_user_task_def, body=to_json(request)), UserTaskDef)


async def get_user_task_def(request: Any, context: Context) -> Any:
    path, query = {"name": request.name}, {"version": request.version}
    return from_json(await context.call(user_task_defs.get_user_task_def, path, query), UserTaskDef)


async def get_latest_user_task_def(request: Any, context: Context) -> Any:
    return from_json(
        await context.call(user_task_defs.get_user_task_def, {"name": request.name}), UserTaskDef
    )


async def search_user_task_def(request: Any, context: Context) -> Any:
    """By name: all versions, the oldest first. Otherwise the newest version of each, by name."""
    if request.HasField("name"):
        return await versions_page(
            context, user_task_defs.list_user_task_def_versions, request, UserTaskDefIdList
        )
    found = await context.call(user_task_defs.list_user_task_defs, query=page_query(request, "prefix"))
    return from_json(found, UserTaskDefIdList)


async def delete_user_task_def(request: Any, context: Context) -> Any:
    path = {"name": request.id.name, "user_task_def_version": request.id.version}
    await context.call(user_task_defs.delete_user_task_def, path)
    return Empty()
