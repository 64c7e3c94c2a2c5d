"""external_events: post, read, list and find ExternalEvents."""

from __future__ import annotations

from typing import Any

from littlehorse.model.external_event_pb2 import ExternalEvent
from littlehorse.model.service_pb2 import ExternalEventIdList, ExternalEventList

from lhredis.api import event_search, external_events
from lhredis.grpc.context import Context
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def put_external_event(request: Any, context: Context) -> Any:
    posted = await context.call(external_events.put_external_event, body=to_json(request))
    return from_json(posted, ExternalEvent)


async def get_external_event(request: Any, context: Context) -> Any:
    path = {
        "wf_run_id": to_json(request.wf_run_id),
        "event_def": request.external_event_def_id.name,
        "guid": request.guid,
    }
    return from_json(await context.call(external_events.get_external_event, path), ExternalEvent)


async def list_external_events(request: Any, context: Context) -> Any:
    return await list_page(context, external_events.list_external_events, request, ExternalEventList)


async def search_external_event(request: Any, context: Context) -> Any:
    found = await context.call(event_search.search_external_events, body=search_form(request))
    return from_json(found, ExternalEventIdList)
