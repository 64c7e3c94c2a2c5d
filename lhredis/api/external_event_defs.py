"""external_event_defs: register, read and delete ExternalEventDefs."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.name_pages import name_page
from lhredis.api.validation import parse_body
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.stepper.struct_types import pin_known


async def put_external_event_def(call: Call) -> Answer:
    """Register an ExternalEventDef, or replace the one of the same name"""
    request, metadata = parse_body(PutExternalEventDefRequest, call.body), call.services.metadata
    request = await pin_known(metadata, call.tenant, request)
    event_def = await metadata.put_external_event_def(call.tenant, request)
    return json_answer(event_def.to_json())


async def list_external_event_defs(call: Call) -> Answer:
    """List ExternalEventDefs, by name"""
    return await name_page(call, call.services.metadata.external_event_def_names)


async def get_external_event_def(call: Call) -> Answer:
    """Read an ExternalEventDef"""
    event_def = await call.services.metadata.external_event_def(call.tenant, call.path["name"])
    return json_answer(event_def.to_json())


async def delete_external_event_def(call: Call) -> Answer:
    """Delete an ExternalEventDef

    Deleting what is not there is fine.
    """
    await call.services.metadata.delete_external_event_def(call.tenant, call.path["name"])
    return no_content()
