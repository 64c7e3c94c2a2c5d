"""wf_specs: register, read, find and delete versions of WfSpecs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import WfSpecIdList
from littlehorse.model.wf_spec_pb2 import WfSpec

from lhredis.api import wf_specs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query
from lhredis.grpc.version_pages import versions_page


async def put_wf_spec(request: Any, context: Context) -> Any:
    return from_json(await context.call(wf_specs.put_wf_spec, body=to_json(request)), WfSpec)


async def get_wf_spec(request: Any, context: Context) -> Any:
    version = {"major_version": request.major_version, "revision": request.revision}
    return from_json(await context.call(wf_specs.get_wf_spec, {"name": request.name}, version), WfSpec)


async def get_latest_wf_spec(request: Any, context: Context) -> Any:
    major = request.major_version if request.HasField("major_version") else None
    found = await context.call(wf_specs.get_wf_spec, {"name": request.name}, {"major_version": major})
    return from_json(found, WfSpec)


async def search_wf_spec(request: Any, context: Context) -> Any:
    """By name: all versions, the oldest first. Otherwise the newest version of each WfSpec, by name."""
    if request.HasField("name"):
        return await versions_page(context, wf_specs.list_wf_spec_versions, request, WfSpecIdList)
    query = page_query(request, "prefix", "task_def_name")
    return from_json(await context.call(wf_specs.list_wf_specs, query=query), WfSpecIdList)


async def delete_wf_spec(request: Any, context: Context) -> Any:
    version = f"{request.id.major_version}.{request.id.revision}"
    await context.call(wf_specs.delete_wf_spec, {"name": request.id.name, "version": version})
    return Empty()
