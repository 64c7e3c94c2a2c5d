"""bulk_jobs: have many WfRuns deleted, migrated or rescued in the background, and see how far that is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark
from lhredis.api.run_queries import words_of
from lhredis.api.validation import parse_body
from lhredis.engine.migration_plan import migration_of
from lhredis.engine.migrations import check_given
from lhredis.errors import FailedPrecondition, NotFound, ResourceExhausted
from lhredis.model.bulk_job import BulkDeleteWfRun, BulkJobStatus, BulkRescueWfRun, CreateBulkJobRequest
from lhredis.model.enums import LHStatus
from lhredis.store import bulk_jobs
from lhredis.store.bulk_jobs import Portion
from lhredis.store.codec import migration_form
from lhredis.store.definitions import now_text

BULK_JOBS_MAX = 1_000
"""BulkJobs that a tenant may have, done or not: schedulers look at all of them, again and again."""


async def create_bulk_job(call: Call) -> Answer:
    """Delete, migrate or rescue many WfRuns in the background

    Those that are there now or come while it goes on. With the `id` of a job that is there already, that one
    is answered as it is, whatever is asked for now. There may be 1,000 jobs: delete those that are done.
    """
    services, request = call.services, parse_body(CreateBulkJobRequest, call.body)
    job_id = request.id if request.id is not None else uuid4().hex
    created_at = now_text()
    existing = await bulk_jobs.definition(services.redis, call.tenant, job_id)
    if existing is None:
        await _check_room(call)
    else:
        view = await _view(call, job_id, existing)
        if len(view["subprocesses"]) == view["total_subprocesses"]:
            return json_answer(view, 201)
        request, created_at = _request_of(existing)  # who made it died before it was whole
    kind, portion = await _portion(call, request)
    definition = orjson.dumps({"created_at": created_at, kind: getattr(request, kind).to_json()})
    kept = await bulk_jobs.create(
        services.redis, services.partitions, call.tenant, job_id, definition, portion
    )
    return json_answer(await _view(call, job_id, kept), 201, {"Location": f"/v1/bulk-jobs/{job_id}"})


async def _check_room(call: Call) -> None:
    if await bulk_jobs.count(call.services.redis, call.tenant) >= BULK_JOBS_MAX:
        raise ResourceExhausted(
            f"there are {BULK_JOBS_MAX} BulkJobs, and there may be no more (BULK_JOBS_MAX): delete some that are done"
        )


def _request_of(definition: bytes) -> tuple[CreateBulkJobRequest, str]:
    """What a job was asked to do, and when."""
    form = orjson.loads(definition)
    created_at = form.pop("created_at")
    return CreateBulkJobRequest.model_validate(form), created_at


async def _portion(call: Call, request: CreateBulkJobRequest) -> tuple[str, Portion]:
    """The kind of the job, and what each partition is to do. NotFound, InvalidArgument: what is wrong with a
    plan, with what is given for its variables, or with a variable that is searched for."""
    if request.bulk_delete_wf_run is not None:
        status = request.bulk_delete_wf_run.status
        return "bulk_delete_wf_run", await _of_spec(call, request.bulk_delete_wf_run, status)
    if request.bulk_rescue_wf_run is not None:
        portion = await _of_spec(call, request.bulk_rescue_wf_run, LHStatus.ERROR)
        portion.rescue_skips = request.bulk_rescue_wf_run.skip_current_node
        return "bulk_rescue_wf_run", portion
    asked = request.bulk_migrate_wf_run
    assert asked is not None
    plans = call.services.metadata.migration_plans
    plan = await plans.get(call.tenant, asked.workflow_migration_plan_id.name)
    migration = migration_of(plan, asked.migration_vars_by_thread)
    programs = call.services.programs
    check_given(
        migration,
        await programs.of(call.tenant, migration.old),
        await programs.of(call.tenant, migration.new),
    )
    portion = Portion(plan.old_wf_spec.name, asked.between_ms, None, migration=migration_form(migration))
    return "bulk_migrate_wf_run", portion


async def _of_spec(call: Call, wanted: BulkDeleteWfRun | BulkRescueWfRun, status: LHStatus | None) -> Portion:
    return Portion(
        wanted.wf_spec_name,
        wanted.between_ms,
        status.name if status is not None else None,
        wanted.wf_spec_major_version,
        wanted.wf_spec_revision,
        await words_of(call.services, call.tenant, wanted.wf_spec_name, wanted.variable_filters),
    )


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
    definition = await bulk_jobs.definition(call.services.redis, call.tenant, job_id)
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
            {
                "partition": i,
                "deleted": one.deleted,
                "migrated": one.migrated,
                "rescued": one.rescued,
                "failed": one.failed,
                "done": one.done,
            }
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
