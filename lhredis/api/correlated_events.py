"""correlated_events: post events by a business key, show and delete them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.event_content import check_content
from lhredis.api.external_events import external_event_def
from lhredis.api.masks import is_masked
from lhredis.api.validation import parse_body
from lhredis.api.value_views import present, time_view, value_view
from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, forget_event, post
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.events import PutCorrelatedEventRequest
from lhredis.stepper.correlator import Change
from lhredis.stepper.stepper import nonce
from lhredis.store.correlations import load_correlations


async def put_correlated_event(call: Call) -> Answer:
    """Post a CorrelatedEvent

    Every NodeRun that waits for the key gets it, now or later. The answer lists the ExternalEvents
    that it has become for those that wait now.
    """
    request = parse_body(PutCorrelatedEventRequest, call.body)
    event_def = await external_event_def(call, request.external_event_def_id.name)
    config = event_def.correlated_event_config
    if config is None:
        raise InvalidArgument(f"external_event_def_id: {event_def.id.name!r} has no correlated_event_config")
    content = await check_content(
        call, request.content, event_def.type_information, f"ExternalEventDef {event_def.id.name!r}"
    )
    now_ms = time.time_ns() // 1_000_000
    event = CorrelatedEvent(now_ms, content, config.delete_after_first_correlation, nonce())

    def apply(correlation: Correlation) -> list[Delivery]:
        event.delivered.clear()
        return post(correlation, event)

    change = Change(call.tenant, event_def.id.name, request.key, apply)
    if config.ttl_seconds is not None:
        change.ttl_due_ms = now_ms + config.ttl_seconds * 1000
    await call.services.correlator.advance([change], now_ms)
    if change.error is not None:
        raise change.error
    masked = is_masked(event_def.type_information)
    kept = change.correlation.event if change.correlation is not None else None
    shown = kept if kept is not None and kept.born == event.born else event
    quoted = quote(request.key, safe="").replace(".", "%2E")  # a key may be "..", a step up in a path
    location = f"/v1/correlated-events/{event_def.id.name}/{quoted}"
    return json_answer(_view(event_def.id.name, request.key, shown, masked), 201, {"Location": location})


async def get_correlated_event(call: Call) -> Answer:
    """Read a CorrelatedEvent"""
    event_def, key = call.path["event_def"], call.path["key"]
    services = call.services
    (stored,) = await load_correlations(services.redis, services.partitions, [(call.tenant, event_def, key)])
    event = stored.correlation.event
    if event is None:
        raise NotFound(f"there is no CorrelatedEvent of {event_def!r} with key {key!r}")
    defs = await services.metadata.external_event_defs(call.tenant, [event_def])
    masked = event_def not in defs or is_masked(defs[event_def].type_information)
    return json_answer(_view(event_def, key, event, masked))


async def delete_correlated_event(call: Call) -> Answer:
    """Delete a CorrelatedEvent

    What it has become stays. Deleting what is not there is fine.
    """

    def apply(correlation: Correlation) -> list[Delivery]:
        forget_event(correlation)
        return []

    change = Change(call.tenant, call.path["event_def"], call.path["key"], apply)
    await call.services.correlator.advance([change], time.time_ns() // 1_000_000)
    return no_content()


def _view(event_def: str, key: str, event: CorrelatedEvent, masked: bool) -> dict[str, Any]:
    return present(
        {
            "id": {"key": key, "external_event_def_id": {"name": event_def}},
            "created_at": time_view(event.created_ms),
            "content": value_view(event.content, masked),
            "external_events": [
                {"wf_run_id": wf_run_id, "external_event_def_id": {"name": event_def}, "guid": guid}
                for wf_run_id, guid in event.delivered
            ],
        }
    )
