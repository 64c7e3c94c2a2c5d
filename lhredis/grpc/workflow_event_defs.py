"""workflow_event_defs: register, read, find and delete WorkflowEventDefs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import WorkflowEventDefIdList
from littlehorse.model.workflow_event_pb2 import WorkflowEventDef

from lhredis.api import workflow_event_defs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query


async def put_workflow_event_def(request: Any, context: Context) -> Any:
    put = await context.call(workflow_event_defs.put_workflow_event_def, body=to_json(request))
    return from_json(put, WorkflowEventDef)


async def get_workflow_event_def(request: Any, context: Context) -> Any:
    found = await context.call(workflow_event_defs.get_workflow_event_def, {"name": request.name})
    return from_json(found, WorkflowEventDef)


async def search_workflow_event_def(request: Any, context: Context) -> Any:
    query = page_query(request, "prefix")
    found = await context.call(workflow_event_defs.list_workflow_event_defs, query=query)
    return from_json(found, WorkflowEventDefIdList)


async def delete_workflow_event_def(request: Any, context: Context) -> Any:
    await context.call(workflow_event_defs.delete_workflow_event_def, {"name": request.id.name})
    return Empty()
