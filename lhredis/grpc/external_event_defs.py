"""external_event_defs: register, read, find and delete ExternalEventDefs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.external_event_pb2 import ExternalEventDef
from littlehorse.model.service_pb2 import ExternalEventDefIdList

from lhredis.api import external_event_defs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query


async def put_external_event_def(request: Any, context: Context) -> Any:
    put = await context.call(external_event_defs.put_external_event_def, body=to_json(request))
    return from_json(put, ExternalEventDef)


async def get_external_event_def(request: Any, context: Context) -> Any:
    found = await context.call(external_event_defs.get_external_event_def, {"name": request.name})
    return from_json(found, ExternalEventDef)


async def search_external_event_def(request: Any, context: Context) -> Any:
    query = page_query(request, "prefix")
    found = await context.call(external_event_defs.list_external_event_defs, query=query)
    return from_json(found, ExternalEventDefIdList)


async def delete_external_event_def(request: Any, context: Context) -> Any:
    await context.call(external_event_defs.delete_external_event_def, {"name": request.id.name})
    return Empty()
