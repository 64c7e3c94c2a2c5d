"""The story of bulk jobs: they delete what they name, wherever it is, and nothing else."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.api import bulk_jobs
from lhredis.client import Client
from lhredis.errors import FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.bulk_job import (
    BulkDeleteWfRun,
    BulkJobStatus,
    BulkMigrateWfRun,
    BulkRescueWfRun,
    CreateBulkJobRequest,
)
from lhredis.model.enums import LHStatus
from lhredis.model.migration import WorkflowMigrationPlanId
from lhredis.model.search import CountWfRunRequest
from lhredis.model.wf_run import RunWfRequest
from lhredis.store import keys
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.api.conftest import PARTITIONS, StartWorker
from tests.api.specs import compiled, put_instant
from tests.support import wait_until


async def runs_of(client: Client, name: str) -> int:
    return await client.count_wf_runs(CountWfRunRequest(wf_spec_name=name))


async def test_q13_a_bulk_job_deletes_the_runs_that_it_names_and_no_others(
    client: Client, scheduling: None
) -> None:
    await put_instant(client)
    await client.put_wf_spec(compiled("waits", lambda wf: wf.sleep(1000)))
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 999)
    await client.run_wf_batch([RunWfRequest(wf_spec_name="waits")] * 10)
    wanted = BulkDeleteWfRun(wf_spec_name="instant", status=LHStatus.COMPLETED)
    job = await client.create_bulk_job(CreateBulkJobRequest(id="clean", bulk_delete_wf_run=wanted))
    assert job.bulk_delete_wf_run == wanted

    async def done() -> bool:
        return (await client.get_bulk_job("clean")).status is BulkJobStatus.COMPLETED

    await wait_until(done)
    job = await client.get_bulk_job("clean")
    assert sum(one.deleted for one in job.subprocesses) == 999
    assert len(job.subprocesses) == job.total_subprocesses
    assert (await runs_of(client, "instant"), await runs_of(client, "waits")) == (0, 10)
    assert (await client.list_bulk_jobs(BulkJobStatus.COMPLETED)).items == ["clean"]
    assert (await client.list_bulk_jobs(BulkJobStatus.RUNNING)).items == []
    await client.delete_bulk_job("clean")
    with pytest.raises(NotFound):
        await client.get_bulk_job("clean")


async def test_only_runs_of_the_time_that_is_named(client: Client, scheduling: None) -> None:
    await client.put_wf_spec(compiled("waits", lambda wf: wf.sleep(1000)))
    first = await client.run_wf("waits", id="early")

    async def later() -> bool:
        run = await client.run_wf("waits")
        return run.start_time > first.start_time

    await wait_until(later)
    wanted = BulkDeleteWfRun.model_validate({"wf_spec_name": "waits", "latest_start": first.start_time})
    job = await client.create_bulk_job(CreateBulkJobRequest(bulk_delete_wf_run=wanted))

    async def done() -> bool:
        return (await client.get_bulk_job(job.id.id)).status is BulkJobStatus.COMPLETED

    before = await runs_of(client, "waits")
    await wait_until(done)
    with pytest.raises(NotFound):
        await client.get_wf_run("early")
    assert 1 <= await runs_of(client, "waits") < before


async def test_a_job_is_made_once(client: Client) -> None:
    wanted = BulkDeleteWfRun(wf_spec_name="instant")
    job = await client.create_bulk_job(CreateBulkJobRequest(id="j1", bulk_delete_wf_run=wanted))
    assert await client.create_bulk_job(CreateBulkJobRequest(id="j1", bulk_delete_wf_run=wanted)) == job
    other = BulkDeleteWfRun(wf_spec_name="other")
    assert await client.create_bulk_job(CreateBulkJobRequest(id="j1", bulk_delete_wf_run=other)) == job
    no_plan = BulkMigrateWfRun(workflow_migration_plan_id=WorkflowMigrationPlanId(name="nowhere"))
    assert await client.create_bulk_job(CreateBulkJobRequest(id="j1", bulk_migrate_wf_run=no_plan)) == job
    with pytest.raises(FailedPrecondition, match="still RUNNING"):
        await client.delete_bulk_job("j1")
    await client.delete_bulk_job("nobody")


async def test_a_job_whose_maker_died_is_made_whole_as_it_was_meant(client: Client, redis: Redis) -> None:
    made = await client.create_bulk_job(
        CreateBulkJobRequest(id="j1", bulk_delete_wf_run=BulkDeleteWfRun(wf_spec_name="instant"))
    )
    await redis.delete(*(keys.bulk_portions(partition) for partition in range(1, PARTITIONS)))
    assert len((await client.get_bulk_job("j1")).subprocesses) == 1
    other = CreateBulkJobRequest(id="j1", bulk_delete_wf_run=BulkDeleteWfRun(wf_spec_name="other"))
    assert await client.create_bulk_job(other) == made


async def test_only_runs_that_ended_have_a_status_to_be_deleted_by(client: Client) -> None:
    body = {"bulk_delete_wf_run": {"wf_spec_name": "instant", "status": "RUNNING"}}
    with pytest.raises(InvalidArgument, match="one of COMPLETED, ERROR, EXCEPTION is wanted; got RUNNING"):
        await client._connection.call("POST", "/v1/bulk-jobs", body)


async def test_jobs_are_listed_page_by_page(client: Client) -> None:
    wanted = BulkDeleteWfRun(wf_spec_name="instant")
    for number in range(5):
        await client.create_bulk_job(CreateBulkJobRequest(id=f"j{number}", bulk_delete_wf_run=wanted))
    page = await client.list_bulk_jobs(limit=3)
    assert page.items == ["j0", "j1", "j2"]
    assert (await client.list_bulk_jobs(limit=3, bookmark=page.bookmark)).items == ["j3", "j4"]


async def test_there_may_be_so_many_jobs_and_no_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_jobs, "BULK_JOBS_MAX", 1)
    await put_instant(client)
    wanted = BulkDeleteWfRun(wf_spec_name="instant")
    one = CreateBulkJobRequest(id="one", bulk_delete_wf_run=wanted)
    await client.create_bulk_job(one)
    with pytest.raises(ResourceExhausted, match="BULK_JOBS_MAX"):
        await client.create_bulk_job(CreateBulkJobRequest(id="two", bulk_delete_wf_run=wanted))
    assert (await client.create_bulk_job(one)).id.id == "one"


def has_a_colour(wf: WorkflowThread) -> None:
    wf.declare_str("colour").searchable()


async def test_only_runs_that_a_search_would_find(client: Client, scheduling: None) -> None:
    """A new variable makes a new version; of both those are deleted whose variable holds what is named."""
    for flow in (has_a_colour, lambda wf: (has_a_colour(wf), wf.declare_int("size").searchable().required())):
        await client.put_wf_spec(compiled("dyes", flow))
    for major in (0, 1):
        size = {"size": 1} if major else {}
        for colour in ("red", "blue"):
            await client.run_wf(
                "dyes", {"colour": colour, **size}, id=f"{colour}-{major}", major_version=major
            )

    async def delete(**filters: object) -> None:
        wanted = BulkDeleteWfRun.model_validate({"wf_spec_name": "dyes", **filters})
        job = await client.create_bulk_job(CreateBulkJobRequest(bulk_delete_wf_run=wanted))
        assert job.bulk_delete_wf_run == wanted

        async def done() -> bool:
            return (await client.get_bulk_job(job.id.id)).status is BulkJobStatus.COMPLETED

        await wait_until(done)

    async def left() -> set[str]:
        return {run.id for run in (await client.list_wf_runs()).items}

    red = {"var_name": "colour", "value": "red"}
    await delete(variable_filters=[red], wf_spec_major_version=1)
    assert await left() == {"red-0", "blue-0", "blue-1"}
    await delete(variable_filters=[red])
    assert await left() == {"blue-0", "blue-1"}
    await delete(variable_filters=[{"var_name": "colour", "value": "blue"}, {"var_name": "size", "value": 1}])
    assert await left() == {"blue-0"}
    with pytest.raises(InvalidArgument, match="no searchable variable 'price'"):
        await delete(variable_filters=[{"var_name": "price", "value": 1}])


async def test_runs_in_error_are_rescued_where_they_failed_first(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    """Three fail below their thread 0; what is wrong is mended, and those that the job names go on."""

    def story(wf: WorkflowThread) -> None:
        wf.declare_str("colour").searchable()
        n = wf.declare_int("n", 0)
        wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("once-broken", n), "child"))

    broken = True

    @task
    async def once_broken(n: int) -> int:
        if broken:
            raise RuntimeError("not mended yet")
        return n

    await client.put_task_def(once_broken.task_def)
    await work(once_broken)
    await client.put_wf_spec(compiled("works", story))
    for run_id, colour in (("a", "red"), ("b", "red"), ("c", "blue")):
        run = await client.run_wf("works", {"colour": colour}, id=run_id, wait_ms=10_000)
        assert run.status is LHStatus.ERROR
    broken = False
    wanted = BulkRescueWfRun.model_validate(
        {"wf_spec_name": "works", "variable_filters": [{"var_name": "colour", "value": "red"}]}
    )
    job = await client.create_bulk_job(CreateBulkJobRequest(bulk_rescue_wf_run=wanted))
    assert job.bulk_rescue_wf_run == wanted

    async def all_went_on() -> bool:
        found = {run.id: run.status for run in (await client.list_wf_runs()).items}
        return found == {"a": LHStatus.COMPLETED, "b": LHStatus.COMPLETED, "c": LHStatus.ERROR}

    await wait_until(all_went_on)

    async def done() -> bool:
        return (await client.get_bulk_job(job.id.id)).status is BulkJobStatus.COMPLETED

    await wait_until(done)
    job = await client.get_bulk_job(job.id.id)
    assert sum(one.rescued for one in job.subprocesses) == 2
