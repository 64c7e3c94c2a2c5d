"""external_events: post ExternalEvents to WfRuns, and show them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from lhredis.api.answers import Answer, json_answer
from lhredis.api.asked_durability import durability_of
from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.api.commands import Command
from lhredis.api.event_content import check_content
from lhredis.api.masks import is_masked
from lhredis.api.shown_run import stored_run
from lhredis.api.validation import parse_body
from lhredis.api.value_views import present, time_view, value_view
from lhredis.engine.events import Event, ExternalEventPosted
from lhredis.engine.run import Run
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.event_def import ExternalEventDef
from lhredis.model.events import PutExternalEventRequest
from lhredis.store.events import StoredEvent, claimed_field, load_claimed, load_events


async def put_external_event(call: Call) -> Answer:
    """Post an ExternalEvent

    It interrupts, or a NodeRun that waits for it takes it, now or later: the run need not have
    started yet. The answer tells whether it was claimed in this very step.
    """
    request = parse_body(PutExternalEventRequest, call.body)
    event_def = await external_event_def(call, request.external_event_def_id.name)
    content = await check_content(
        call, request.content, event_def.type_information, f"ExternalEventDef {event_def.id.name!r}"
    )
    guid = request.guid if request.guid is not None else uuid4().hex
    keep_s = event_def.retention_policy.seconds_after_put
    posted: list[ExternalEventPosted] = []

    def make(now_ms: int, nonce: str) -> Event:
        event = ExternalEventPosted(
            now_ms,
            nonce,
            event_def.id.name,
            guid,
            content,
            request.thread_run_number,
            request.node_run_position,
            keep_s * 1000 if keep_s is not None else None,
        )
        posted.append(event)
        return event

    unless = claimed_field(event_def.id.name, guid) if request.guid is not None else None
    command = Command(call.tenant, request.wf_run_id, make, unless)
    confirm, holds = durability_of(call)
    await call.services.commander.do([command], confirm)
    if command.error is not None:
        raise command.error
    services = call.services
    stored = StoredEvent(
        event_def.id.name,
        guid,
        posted[-1].now_ms,
        content,
        request.thread_run_number,
        request.node_run_position,
        claimed=False,
    )
    if command.run is None or all(event.guid != guid for event in command.run.events.values()):
        place = services.partition_of(request.wf_run_id), call.tenant, request.wf_run_id
        stored = await load_claimed(services.redis, *place, stored.event_def, guid) or stored
    view = event_view(request.wf_run_id, stored, is_masked(event_def.type_information))
    location = f"/v1/wf-runs/{request.wf_run_id}/external-events/{event_def.id.name}/{guid}"
    return json_answer(view, 201, {"Location": location, DURABILITY_HEADER: holds})


async def list_external_events(call: Call) -> Answer:
    """List the ExternalEvents of a WfRun

    In the order in which they came.
    """
    views = [view for _, view in await _views(call)]
    return json_answer({"results": views})


async def get_external_event(call: Call) -> Answer:
    """Read an ExternalEvent"""
    event_def, guid = call.path["event_def"], call.path["guid"]
    for event, view in await _views(call):
        if (event.event_def, event.guid) == (event_def, guid):
            return json_answer(view)
    run_id = call.path["wf_run_id"]
    raise NotFound(f"WfRun {run_id!r} has no ExternalEvent of {event_def!r} with guid {guid!r}")


async def external_event_def(call: Call, name: str) -> ExternalEventDef:
    """The def of an event that somebody posts. InvalidArgument when there is none."""
    try:
        return await call.services.metadata.external_event_def(call.tenant, name)
    except NotFound as error:
        raise InvalidArgument(f"external_event_def_id: {error}") from None


async def _views(call: Call) -> list[tuple[StoredEvent, dict[str, Any]]]:
    run = await _run_with_events(call)
    posted, _ = await load_events(call.services.redis, call.services.partition_of(run.id), run)
    names = {event.event_def for event in posted}
    defs = await call.services.metadata.external_event_defs(call.tenant, names)
    masked = {name: name not in defs or is_masked(defs[name].type_information) for name in names}
    return [(event, event_view(run.id, event, masked[event.event_def])) for event in posted]


async def _run_with_events(call: Call) -> Run:
    """The run, also one that has not started yet. NotFound."""
    stored = await stored_run(call.services, call.tenant, call.path["wf_run_id"], started=False)
    return stored.run


def event_view(wf_run_id: str, event: StoredEvent, masked: bool) -> dict[str, Any]:
    """An ExternalEvent as people see it."""
    return present(
        {
            "id": {
                "wf_run_id": wf_run_id,
                "external_event_def_id": {"name": event.event_def},
                "guid": event.guid,
            },
            "created_at": time_view(event.posted_ms),
            "content": value_view(event.content, masked),
            "thread_run_number": event.thread,
            "node_run_position": event.position,
            "claimed": event.claimed,
        }
    )
