"""bulk_jobs: have many WfRuns deleted in the background; read, find and delete such jobs."""

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty
from littlehorse.model.bulk_job_pb2 import BulkJob, BulkJobIdList

from lhredis.api import bulk_jobs
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.grpc.pages import page_query


async def create_bulk_job(request: Any, context: Context) -> Any:
    return from_json(await context.call(bulk_jobs.create_bulk_job, body=to_json(request)), BulkJob)


async def get_bulk_job(request: Any, context: Context) -> Any:
    return from_json(await context.call(bulk_jobs.get_bulk_job, {"name": request.id.id}), BulkJob)


async def search_bulk_job(request: Any, context: Context) -> Any:
    query = page_query(request, "status")
    if query["status"] is not None:
        query["status"] = query["status"].removeprefix("BULK_JOB_")
    return from_json(await context.call(bulk_jobs.list_bulk_jobs, query=query), BulkJobIdList)


async def delete_bulk_job(request: Any, context: Context) -> Any:
    await context.call(bulk_jobs.delete_bulk_job, {"name": request.id.id})
    return Empty()
