"""wf_specs: register, read and delete versions of WfSpecs."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.spec_versions import find_version
from lhredis.api.validation import parse_body
from lhredis.api.value_views import version_view
from lhredis.engine.definitions import names_in
from lhredis.engine.run import SpecVersion
from lhredis.errors import NotFound
from lhredis.model.wf_spec import PutWfSpecRequest
from lhredis.stepper.registration import register_wf_spec


async def put_wf_spec(call: Call) -> Answer:
    """Register a WfSpec, or a new version of it

    Everything that is wrong is named at once, in `problems`. A request that changes nothing answers
    the newest version as it is.
    """
    request = parse_body(PutWfSpecRequest, call.body)
    spec = await register_wf_spec(call.services.metadata, call.services.programs, call.tenant, request)
    return json_answer(spec.to_json())


async def list_wf_specs(call: Call) -> Answer:
    """List WfSpecs, the newest version of each, by name

    With a `task_def_name`, those whose newest version names that TaskDef.
    """
    query, limit = call.query, call.query["limit"]
    prefix, after, task_def = query["prefix"] or "", query["bookmark"] or "", query["task_def_name"]
    found = []
    for version in await call.services.metadata.wf_spec_names(call.tenant):
        if version.name > after and version.name.startswith(prefix):
            if task_def is None or await _names_task(call, version, task_def):
                found.append(version)
            if len(found) > limit:
                break
    reply: dict[str, Any] = {"results": [version_view(version) for version in found[:limit]]}
    if len(found) > limit:
        reply["bookmark"] = write_name_bookmark(found[limit - 1].name)
    return json_answer(reply)


async def _names_task(call: Call, version: SpecVersion, task_def: str) -> bool:
    spec = await call.services.metadata.wf_spec(call.tenant, version)
    return task_def in names_in(spec).task_defs


async def get_wf_spec(call: Call) -> Answer:
    """Read a WfSpec

    The newest version, the newest revision of a major version, or exactly one.
    """
    services, query = call.services, call.query
    version = await find_version(
        services.metadata,
        call.tenant,
        call.path["name"],
        query["major_version"],
        query["revision"],
    )
    spec = await services.metadata.wf_spec(call.tenant, version)
    return json_answer(spec.to_json())


async def list_wf_spec_versions(call: Call) -> Answer:
    """List the versions of a WfSpec, the oldest first"""
    name = call.path["name"]
    versions = await call.services.metadata.wf_spec_versions(call.tenant, name)
    if not versions:
        raise NotFound(f"there is no WfSpec {name!r}")
    return json_answer({"results": [version_view(version) for version in versions]})


async def delete_wf_spec(call: Call) -> Answer:
    """Delete one version of a WfSpec

    Deleting what is not there is fine.
    """
    version = SpecVersion(call.path["name"], *call.path["version"])
    await call.services.metadata.delete_wf_spec(call.tenant, version)
    return no_content()
