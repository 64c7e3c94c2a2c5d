"""correlated_events: post, read, find and delete CorrelatedEvents."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.external_event_pb2 import CorrelatedEvent
from littlehorse.model.service_pb2 import CorrelatedEventIdList

from lhredis.api import correlated_events, event_search
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def put_correlated_event(request: Any, context: Context) -> Any:
    posted = await context.call(correlated_events.put_correlated_event, body=to_json(request))
    return from_json(posted, CorrelatedEvent)


async def get_correlated_event(request: Any, context: Context) -> Any:
    found = await context.call(correlated_events.get_correlated_event, _path(request))
    return from_json(found, CorrelatedEvent)


async def delete_correlated_event(request: Any, context: Context) -> Any:
    await context.call(correlated_events.delete_correlated_event, _path(request.id))
    return Empty()


async def search_correlated_event(request: Any, context: Context) -> Any:
    found = await context.call(event_search.search_correlated_events, body=search_form(request))
    return from_json(found, CorrelatedEventIdList)


def _path(correlated_event_id: Any) -> dict[str, Any]:
    return {"event_def": correlated_event_id.external_event_def_id.name, "key": correlated_event_id.key}
