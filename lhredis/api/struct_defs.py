"""struct_defs: register, compare, read and delete versions of StructDefs."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.validation import parse_body
from lhredis.errors import NotFound
from lhredis.model.struct_def import PutStructDefRequest, ValidateStructDefEvolutionRequest
from lhredis.model.value_types import NEWEST
from lhredis.stepper.struct_registration import register_struct_def, validate_evolution


async def put_struct_def(call: Call) -> Answer:
    """Register a StructDef, or a new version of it

    A request that changes nothing answers the newest version as it is. `allowed_updates` tells which
    changes of fields are wanted; others are INVALID_ARGUMENT, with their names.
    """
    request = parse_body(PutStructDefRequest, call.body)
    struct_def = await register_struct_def(call.services.metadata, call.tenant, request)
    return json_answer(struct_def.to_json())


async def validate_struct_def_evolution(call: Call) -> Answer:
    """Ask whether a StructDef may change like this; nothing is registered"""
    request = parse_body(ValidateStructDefEvolutionRequest, call.body)
    found = await validate_evolution(call.services.metadata, call.tenant, request)
    return json_answer(found.model_dump(mode="json"))


async def list_struct_defs(call: Call) -> Answer:
    """List StructDefs, the newest version of each, by name"""
    limit: int = call.query["limit"]
    prefix, after = call.query["prefix"] or "", call.query["bookmark"] or ""
    found = await call.services.metadata.struct_defs.ids(call.tenant, prefix, after, limit + 1)
    reply: dict[str, Any] = {"results": [one.to_json() for one in found[:limit]]}
    if len(found) > limit:
        reply["bookmark"] = write_name_bookmark(found[limit - 1].name)
    return json_answer(reply)


async def get_struct_def(call: Call) -> Answer:
    """Read a StructDef: the newest version, or the one that is asked for"""
    version = call.query["version"]
    struct_def = await call.services.metadata.struct_defs.get(
        call.tenant, call.path["name"], NEWEST if version is None else version
    )
    return json_answer(struct_def.to_json())


async def list_struct_def_versions(call: Call) -> Answer:
    """List the versions of a StructDef, the oldest first"""
    name = call.path["name"]
    found = await call.services.metadata.struct_defs.versions(call.tenant, name)
    if not found:
        raise NotFound(f"there is no StructDef {name!r}")
    return json_answer({"results": [one.to_json() for one in found]})


async def delete_struct_def(call: Call) -> Answer:
    """Delete one version of a StructDef

    Deleting what is not there is fine. Runs go on with the values that they have; new values of this
    version are refused.
    """
    name, version = call.path["name"], call.path["struct_def_version"]
    await call.services.metadata.struct_defs.delete(call.tenant, name, version)
    return no_content()
