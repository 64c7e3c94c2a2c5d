"""ScheduledWfRuns and BulkJobs over gRPC."""

from __future__ import annotations

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from littlehorse.model import (
    BulkDeleteWfRun,
    BulkJob,
    BulkJobId,
    BulkJobStatus,
    CreateBulkJobRequest,
    DeleteBulkJobRequest,
    DeleteScheduledWfRunRequest,
    GetBulkJobRequest,
    LHStatus,
    ScheduledWfRunId,
    ScheduleWfRequest,
    SearchBulkJobRequest,
    SearchScheduledWfRunRequest,
    SearchWfRunRequest,
)
from littlehorse.utils import to_variable_value
from littlehorse.workflow import WorkflowThread

from tests.grpc.stage import Stage
from tests.support import wait_until

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


def named(wf: WorkflowThread) -> None:
    wf.declare_str("name").required()


def nightly(**more: object) -> ScheduleWfRequest:
    wanted = {
        "wf_spec_name": "flow",
        "cron_expression": "5 0 * 8 *",
        "variables": {"name": to_variable_value("Ada")},
    }
    return ScheduleWfRequest(**(wanted | more))


async def test_a_schedule_is_made_read_found_and_deleted(stage: Stage) -> None:
    await stage.deploy(named)
    made = await stage.stub.ScheduleWf(nightly(id="mornings"))
    assert (made.id.id, made.cron_expression, made.wf_spec_id.name) == ("mornings", "5 0 * 8 *", "flow")
    assert made.variables["name"].str == "Ada" and made.created_at.seconds > 0
    assert not made.HasField("parent_wf_run_id")
    assert await stage.stub.GetScheduledWfRun(made.id) == made
    other = await stage.stub.ScheduleWf(nightly())

    async def found(**filters: object) -> list[str]:
        reply = await stage.stub.SearchScheduledWfRun(SearchScheduledWfRunRequest(**filters))
        return sorted(one.id for one in reply.results)

    both = sorted(["mornings", other.id.id])
    assert await found(wf_spec_name="flow") == both
    assert await found(wf_spec_name="flow", major_version=0, revision=0) == both
    assert await found(wf_spec_name="flow", major_version=1) == []
    assert await found(wf_spec_name="nothing") == []
    for _ in range(2):
        await stage.stub.DeleteScheduledWfRun(DeleteScheduledWfRunRequest(id=made.id))
    await stage.lh.refusal(NOT_FOUND, "mornings", call=stage.stub.GetScheduledWfRun(made.id))
    assert await found(wf_spec_name="flow") == [other.id.id]


async def test_schedules_that_are_refused(stage: Stage) -> None:
    await stage.deploy(named)
    schedule, refusal = stage.stub.ScheduleWf, stage.lh.refusal
    await refusal(INVALID, "cron", call=schedule(nightly(cron_expression="every day")))
    await refusal(INVALID, call=schedule(nightly(cron_expression="")))
    await refusal(INVALID, "name", call=schedule(nightly(variables={})))
    await refusal(NOT_FOUND, "nothing", call=schedule(nightly(wf_spec_name="nothing")))
    await schedule(nightly(id="taken"))
    await refusal(grpc.StatusCode.ALREADY_EXISTS, "taken", call=schedule(nightly(id="taken")))
    gone = stage.stub.GetScheduledWfRun(ScheduledWfRunId(id="gone"))
    await refusal(NOT_FOUND, "gone", call=gone)


def deletes(name: str = "flow", **more: object) -> BulkDeleteWfRun:
    return BulkDeleteWfRun(
        wf_spec_name=name,
        earliest_start=Timestamp(seconds=1),
        latest_start=Timestamp(seconds=4_000_000_000),
        **more,
    )


async def done(stage: Stage, job: BulkJob) -> BulkJob:
    async def looked_at() -> BulkJob | None:
        found = await stage.stub.GetBulkJob(GetBulkJobRequest(id=job.id))
        return found if found.status != BulkJobStatus.BULK_JOB_RUNNING else None

    return await wait_until(looked_at)


async def test_a_bulk_job_deletes_the_runs_that_ended(stage: Stage) -> None:
    await stage.events("go")
    await stage.deploy(lambda wf: wf.wait_for_event("go"))
    runs = [await stage.run() for _ in range(4)]
    for run in runs[:3]:
        await stage.post(run, "go")
    wanted = deletes(wf_run_status=LHStatus.COMPLETED)
    job = await stage.stub.CreateBulkJob(CreateBulkJobRequest(id="spring", bulk_delete_wf_run=wanted))
    assert (job.id.id, job.bulk_delete_wf_run, job.created_at.seconds > 0) == ("spring", wanted, True)
    job = await done(stage, job)
    assert job.status == BulkJobStatus.BULK_JOB_COMPLETED
    assert job.total_subprocesses == len(job.subprocesses)
    assert {part.status for part in job.subprocesses} == {BulkJobStatus.BULK_JOB_COMPLETED}
    left = (await stage.stub.SearchWfRun(SearchWfRunRequest(wf_spec_name="flow"))).results
    assert list(left) == [runs[3].id]

    again = CreateBulkJobRequest(id="spring", bulk_delete_wf_run=deletes("other"))
    assert (await stage.stub.CreateBulkJob(again)).bulk_delete_wf_run == wanted

    async def found(**filters: object) -> list[str]:
        reply = await stage.stub.SearchBulkJob(SearchBulkJobRequest(**filters))
        return [one.id for one in reply.results]

    assert await found() == ["spring"]
    assert await found(status=BulkJobStatus.BULK_JOB_COMPLETED) == ["spring"]
    assert await found(status=BulkJobStatus.BULK_JOB_FAILED) == []
    await stage.stub.DeleteBulkJob(DeleteBulkJobRequest(id=job.id))
    gone = stage.stub.GetBulkJob(GetBulkJobRequest(id=BulkJobId(id="spring")))
    await stage.lh.refusal(NOT_FOUND, "spring", call=gone)


async def test_bulk_jobs_that_are_refused(stage: Stage) -> None:
    running = CreateBulkJobRequest(bulk_delete_wf_run=deletes(wf_run_status=LHStatus.RUNNING))
    await stage.lh.refusal(INVALID, "RUNNING", call=stage.stub.CreateBulkJob(running))
    await stage.lh.refusal(INVALID, call=stage.stub.CreateBulkJob(CreateBulkJobRequest()))
