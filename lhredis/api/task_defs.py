"""task_defs: register, read and delete TaskDefs."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.name_pages import name_page
from lhredis.api.validation import parse_body
from lhredis.model.task_def import PutTaskDefRequest, TaskDef
from lhredis.stepper.struct_types import pin_known


async def put_task_def(call: Call) -> Answer:
    """Register a TaskDef

    The same request again changes nothing; another signature under the same name is ALREADY_EXISTS.
    """
    request, metadata = parse_body(PutTaskDefRequest, call.body), call.services.metadata

    async def before() -> TaskDef | None:
        return (await metadata.task_defs(call.tenant, [request.name])).get(request.name)

    request = await pin_known(metadata, call.tenant, request, before)
    task_def = await metadata.put_task_def(call.tenant, request)
    return json_answer(task_def.to_json())


async def list_task_defs(call: Call) -> Answer:
    """List the ids of TaskDefs, by name"""
    return await name_page(call, call.services.metadata.task_def_names)


async def get_task_def(call: Call) -> Answer:
    """Read a TaskDef"""
    task_def = await call.services.metadata.task_def(call.tenant, call.path["name"])
    return json_answer(task_def.to_json())


async def delete_task_def(call: Call) -> Answer:
    """Delete a TaskDef

    Deleting what is not there is fine. Runs that reach the TaskDef fail with TASK_ERROR.
    """
    await call.services.metadata.delete_task_def(call.tenant, call.path["name"])
    return no_content()
