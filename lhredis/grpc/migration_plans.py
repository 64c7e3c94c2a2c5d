"""migration_plans: register, read, find, delete and apply WorkflowMigrationPlans."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.service_pb2 import WorkflowMigrationPlanIdList
from littlehorse.model.wf_run_pb2 import WfRun
from littlehorse.model.workflow_migration_pb2 import WorkflowMigrationPlan

from lhredis.api import migration_plans
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query


async def put_workflow_migration_plan(request: Any, context: Context) -> Any:
    put = await context.call(migration_plans.put_workflow_migration_plan, body=to_json(request))
    return from_json(put, WorkflowMigrationPlan)


async def get_workflow_migration_plan(request: Any, context: Context) -> Any:
    found = await context.call(migration_plans.get_workflow_migration_plan, {"name": request.name})
    return from_json(found, WorkflowMigrationPlan)


async def search_workflow_migration_plan(request: Any, context: Context) -> Any:
    query = page_query(request, "prefix", "wf_spec_name")
    found = await context.call(migration_plans.list_workflow_migration_plans, query=query)
    return from_json(found, WorkflowMigrationPlanIdList)


async def delete_workflow_migration_plan(request: Any, context: Context) -> Any:
    await context.call(migration_plans.delete_workflow_migration_plan, {"name": request.id.name})
    return Empty()


async def apply_workflow_migration_plan(request: Any, context: Context) -> Any:
    path, body = {"name": request.id.name}, to_json(request)
    return from_json(
        await context.call(migration_plans.apply_workflow_migration_plan, path, body=body), WfRun
    )
