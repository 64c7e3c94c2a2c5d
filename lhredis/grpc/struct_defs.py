"""struct_defs: register, compare, read, find and delete versions of StructDefs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import StructDefIdList, ValidateStructDefEvolutionResponse
from littlehorse.model.struct_def_pb2 import StructDef

from lhredis.api import struct_defs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query
from lhredis.grpc.version_pages import versions_page
from lhredis.model.value_types import NEWEST


async def put_struct_def(request: Any, context: Context) -> Any:
    return from_json(await context.call(struct_defs.put_struct_def, body=to_json(request)), StructDef)


async def validate_struct_def_evolution(request: Any, context: Context) -> Any:
    found = await context.call(struct_defs.validate_struct_def_evolution, body=to_json(request))
    return from_json(found, ValidateStructDefEvolutionResponse)


async def get_struct_def(request: Any, context: Context) -> Any:
    version = None if request.version == NEWEST else request.version
    found = await context.call(struct_defs.get_struct_def, {"name": request.name}, {"version": version})
    return from_json(found, StructDef)


async def search_struct_def(request: Any, context: Context) -> Any:
    """By name: all versions, the oldest first. Otherwise the newest version of each StructDef, by name."""
    if request.HasField("name"):
        return await versions_page(context, struct_defs.list_struct_def_versions, request, StructDefIdList)
    found = await context.call(struct_defs.list_struct_defs, query=page_query(request, "prefix"))
    return from_json(found, StructDefIdList)


async def delete_struct_def(request: Any, context: Context) -> Any:
    path = {"name": request.id.name, "struct_def_version": request.id.version}
    await context.call(struct_defs.delete_struct_def, path)
    return Empty()
