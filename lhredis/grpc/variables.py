"""variables: read, list and find Variables."""

from __future__ import annotations

from typing import Any

from littlehorse.model.service_pb2 import VariableIdList, VariableList
from littlehorse.model.variable_pb2 import Variable

from lhredis.api import node_search, variables
from lhredis.grpc.context import Context
from lhredis.grpc.lists import list_page
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import search_form


async def get_variable(request: Any, context: Context) -> Any:
    path = {
        "wf_run_id": to_json(request.wf_run_id),
        "thread_run_number": request.thread_run_number,
        "variable": request.name,
    }
    return from_json(await context.call(variables.get_variable, path), Variable)


async def list_variables(request: Any, context: Context) -> Any:
    return await list_page(context, variables.list_variables, request, VariableList)


async def search_variable(request: Any, context: Context) -> Any:
    found = await context.call(node_search.search_variables, body=search_form(request))
    return from_json(found, VariableIdList)
