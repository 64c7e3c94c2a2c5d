"""user_task_defs: register, read and delete versions of UserTaskDefs."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.validation import parse_body
from lhredis.errors import NotFound
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.stepper.user_task_registration import register_user_task_def


async def put_user_task_def(call: Call) -> Answer:
    """Register a UserTaskDef, or a new version of it

    A request that changes nothing answers the newest version as it is. WfSpecs keep the version that was
    the newest when they were registered.
    """
    request = parse_body(PutUserTaskDefRequest, call.body)
    user_task_def = await register_user_task_def(call.services.metadata, call.tenant, request)
    return json_answer(user_task_def.to_json())


async def list_user_task_defs(call: Call) -> Answer:
    """List UserTaskDefs, the newest version of each, by name"""
    limit: int = call.query["limit"]
    prefix, after = call.query["prefix"] or "", call.query["bookmark"] or ""
    found = await call.services.metadata.user_task_defs.ids(call.tenant, prefix, after, limit + 1)
    reply: dict[str, Any] = {"results": [one.to_json() for one in found[:limit]]}
    if len(found) > limit:
        reply["bookmark"] = write_name_bookmark(found[limit - 1].name)
    return json_answer(reply)


async def get_user_task_def(call: Call) -> Answer:
    """Read a UserTaskDef: the newest version, or the one that is asked for"""
    user_task_def = await call.services.metadata.user_task_defs.get(
        call.tenant, call.path["name"], call.query["version"]
    )
    return json_answer(user_task_def.to_json())


async def list_user_task_def_versions(call: Call) -> Answer:
    """List the versions of a UserTaskDef, the oldest first"""
    name = call.path["name"]
    found = await call.services.metadata.user_task_defs.versions(call.tenant, name)
    if not found:
        raise NotFound(f"there is no UserTaskDef {name!r}")
    return json_answer({"results": [one.to_json() for one in found]})


async def delete_user_task_def(call: Call) -> Answer:
    """Delete one version of a UserTaskDef

    Deleting what is not there is fine. Runs that reach it fail with TASK_ERROR; UserTaskRuns of it can only
    be cancelled.
    """
    name, version = call.path["name"], call.path["user_task_def_version"]
    await call.services.metadata.user_task_defs.delete(call.tenant, name, version)
    return no_content()
