"""workflow_events: await, read, list and find WorkflowEvents."""

from __future__ import annotations

from typing import Any

from littlehorse.model.service_pb2 import WorkflowEventIdList, WorkflowEventList
from littlehorse.model.workflow_event_pb2 import WorkflowEvent

from lhredis.api import event_search, workflow_events
from lhredis.grpc.context import Context
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form
from lhredis.model.limits import WAIT_MS_MAX


async def await_workflow_event(request: Any, context: Context) -> Any:
    """As long as the client's deadline lets us, and no longer than WAIT_MS_MAX."""
    query = {
        "event_def": [one.name for one in request.event_def_ids],
        "ignore": [
            f"{one.workflow_event_def_id.name}/{one.number}" for one in request.workflow_events_to_ignore
        ],
        "wait_ms": WAIT_MS_MAX if context.remaining_ms is None else min(context.remaining_ms, WAIT_MS_MAX),
    }
    path = {"wf_run_id": to_json(request.wf_run_id)}
    return from_json(await context.call(workflow_events.await_workflow_event, path, query), WorkflowEvent)


async def get_workflow_event(request: Any, context: Context) -> Any:
    path = {
        "wf_run_id": to_json(request.wf_run_id),
        "event_def": request.workflow_event_def_id.name,
        "number": request.number,
    }
    return from_json(await context.call(workflow_events.get_workflow_event, path), WorkflowEvent)


async def list_workflow_events(request: Any, context: Context) -> Any:
    return await list_page(context, workflow_events.list_workflow_events, request, WorkflowEventList)


async def search_workflow_event(request: Any, context: Context) -> Any:
    found = await context.call(event_search.search_workflow_events, body=search_form(request))
    return from_json(found, WorkflowEventIdList)
