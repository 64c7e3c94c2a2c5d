"""workflow_event_defs: register, read and delete WorkflowEventDefs."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.name_pages import name_page
from lhredis.api.validation import parse_body
from lhredis.model.event_def import PutWorkflowEventDefRequest, WorkflowEventDef
from lhredis.stepper.struct_types import pin_known


async def put_workflow_event_def(call: Call) -> Answer:
    """Register a WorkflowEventDef

    The same request again changes nothing; another content type under the same name is ALREADY_EXISTS.
    """
    request, metadata = parse_body(PutWorkflowEventDefRequest, call.body), call.services.metadata

    async def before() -> WorkflowEventDef | None:
        return (await metadata.workflow_event_defs(call.tenant, [request.name])).get(request.name)

    request = await pin_known(metadata, call.tenant, request, before)
    event_def = await metadata.put_workflow_event_def(call.tenant, request)
    return json_answer(event_def.to_json())


async def list_workflow_event_defs(call: Call) -> Answer:
    """List WorkflowEventDefs, by name"""
    return await name_page(call, call.services.metadata.workflow_event_def_names)


async def get_workflow_event_def(call: Call) -> Answer:
    """Read a WorkflowEventDef"""
    event_def = await call.services.metadata.workflow_event_def(call.tenant, call.path["name"])
    return json_answer(event_def.to_json())


async def delete_workflow_event_def(call: Call) -> Answer:
    """Delete a WorkflowEventDef

    Deleting what is not there is fine.
    """
    await call.services.metadata.delete_workflow_event_def(call.tenant, call.path["name"])
    return no_content()
