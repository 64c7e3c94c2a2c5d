"""bulk_jobs: have many WfRuns deleted in the background, and see how far that is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.validation import parse_body
from lhredis.errors import AlreadyExists, FailedPrecondition, NotFound
from lhredis.model.bulk_job import BulkJobStatus, CreateBulkJobRequest
from lhredis.store import bulk_jobs
from lhredis.store.bulk_jobs import Portion
from lhredis.store.definitions import now_text


async def create_bulk_job(call: Call) -> Answer:
    """Delete many WfRuns in the background

    Those that are there now or come while it goes on. With an `id`, asking twice is asking once.
    """
    request = parse_body(CreateBulkJobRequest, call.body)
    job_id = request.id if request.id is not None else uuid4().hex
    wanted = request.bulk_delete_wf_run
    status = wanted.status.name if wanted.status is not None else None
    portion = Portion(wanted.wf_spec_name, wanted.between_ms, status)
    existing = (await bulk_jobs.definitions(call.services.redis, call.tenant)).get(job_id)
    created_at = orjson.loads(existing)["created_at"] if existing is not None else now_text()
    definition = orjson.dumps({"created_at": created_at, "bulk_delete_wf_run": wanted.to_json()})
    services = call.services
    kept = await bulk_jobs.create(
        services.redis, services.partitions, call.tenant, job_id, definition, portion
    )
    if orjson.loads(kept)["bulk_delete_wf_run"] != wanted.to_json():
        raise AlreadyExists(f"there is another BulkJob {job_id!r}, which does something else")
    return json_answer(await _view(call, job_id, kept), 201)


async def get_bulk_job(call: Call) -> Answer:
    """Read a BulkJob"""
    return json_answer(await _find(call))


async def list_bulk_jobs(call: Call) -> Answer:
    """List the ids of BulkJobs, by id"""
    services, limit, wanted = call.services, call.query["limit"], call.query["status"]
    found = await bulk_jobs.definitions(services.redis, call.tenant)
    ids = [job_id for job_id in sorted(found) if job_id > (call.query["bookmark"] or "")]
    portions = await bulk_jobs.portions_of(services.redis, services.partitions, call.tenant, ids)
    ids = [job_id for job_id in ids if wanted in (None, _status(portions[job_id]))]
    reply: dict[str, Any] = {"results": [{"id": job_id} for job_id in ids[:limit]]}
    if len(ids) > limit:
        reply["bookmark"] = write_name_bookmark(ids[limit - 1])
    return json_answer(reply)


async def delete_bulk_job(call: Call) -> Answer:
    """Delete a BulkJob that is done

    What it has deleted stays so. Deleting what is not there is fine.
    """
    services, job_id = call.services, call.path["name"]
    try:
        job = await _find(call)
    except NotFound:
        return no_content()
    if job["status"] == BulkJobStatus.RUNNING.name:
        raise FailedPrecondition(f"BulkJob {job_id!r} is still RUNNING")
    await bulk_jobs.delete(services.redis, services.partitions, call.tenant, job_id)
    return no_content()


async def _find(call: Call) -> dict[str, Any]:
    job_id = call.path["name"]
    definition = (await bulk_jobs.definitions(call.services.redis, call.tenant)).get(job_id)
    if definition is None:
        raise NotFound(f"there is no BulkJob {job_id!r}")
    return await _view(call, job_id, definition)


async def _view(call: Call, job_id: str, definition: bytes) -> dict[str, Any]:
    services = call.services
    found = await bulk_jobs.portions_of(services.redis, services.partitions, call.tenant, [job_id])
    portions = found[job_id]
    return {
        "id": {"id": job_id},
        "status": _status(portions).name,
        "subprocesses": [
            {"partition": i, "deleted": one.deleted, "failed": one.failed, "done": one.done}
            for i, one in enumerate(portions)
            if one is not None
        ],
        "total_subprocesses": services.partitions,
        **orjson.loads(definition),
    }


def _status(portions: list[Portion | None]) -> BulkJobStatus:
    if any(one is None or not one.done for one in portions):
        return BulkJobStatus.RUNNING
    failed = any(one is not None and one.failed for one in portions)
    return BulkJobStatus.FAILED if failed else BulkJobStatus.COMPLETED
