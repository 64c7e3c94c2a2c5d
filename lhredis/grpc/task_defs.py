"""task_defs: register, read, find and delete TaskDefs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import TaskDefIdList
from littlehorse.model.task_def_pb2 import TaskDef

from lhredis.api import task_defs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query


async def put_task_def(request: Any, context: Context) -> Any:
    return from_json(await context.call(task_defs.put_task_def, body=to_json(request)), TaskDef)


async def get_task_def(request: Any, context: Context) -> Any:
    return from_json(await context.call(task_defs.get_task_def, {"name": request.name}), TaskDef)


async def search_task_def(request: Any, context: Context) -> Any:
    found = await context.call(task_defs.list_task_defs, query=page_query(request, "prefix"))
    return from_json(found, TaskDefIdList)


async def delete_task_def(request: Any, context: Context) -> Any:
    await context.call(task_defs.delete_task_def, {"name": request.id.name})
    return Empty()
