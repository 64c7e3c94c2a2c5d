"""The stories of task workers of LittleHorse's: the client's own LHTaskWorker, in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from lhredis.client import Client
from lhredis.embedded import EmbeddedServer
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.workflow import Workflow
from tests.grpc.hired import VERSION, burst, double, greet, hired, nap, refuse, tell, two_steps, unlock
from tests.grpc.lh import LH, Deployment, another_front
from tests.support import wait_until

WAIT_MS = 20_000


@pytest_asyncio.fixture(loop_scope="module")
async def client(lh: LH) -> AsyncIterator[Client]:
    """Deploys and looks by way of the HTTP API."""
    async with Client(lh.api_url, tenant=lh.config.tenant_id) as client:
        yield client


async def test_tasks_one_after_the_other(deployment: Deployment, lh: LH, client: Client):
    def story(wf):
        number = wf.declare_int("number", 1)
        for _ in range(4):
            number.assign(wf.execute("double", number))
        wf.complete(wf.execute("greet", "you"))

    async with hired(deployment.port, lh.config.tenant_id, greet, double):
        await client.put_wf_spec(Workflow("flow", story).compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        assert run.status is LHStatus.COMPLETED
        assert run.thread_runs[0].output == "hello you"
        assert (await client.get_variable(run.id, 0, "number")).value == 16
        attempt = (await client.get_task_run(run.id, "0-5")).attempts[0]
        assert attempt.task_worker_id == "hired-1"
        assert attempt.task_worker_version == VERSION
        assert attempt.start_time is not None


async def test_what_a_worker_knows_of_its_attempt(deployment: Deployment, lh: LH, client: Client):
    def story(wf):
        wf.execute("tell")
        wf.complete(wf.execute("tell"))

    async with hired(deployment.port, lh.config.tenant_id, tell):
        await client.put_wf_spec(Workflow("flow", story).compile())
        run = await client.run_wf("flow", id="root-1", wait_ms=WAIT_MS)
        task_run = await client.get_task_run(run.id, "0-2")
        assert task_run.attempts[0].log_output.endswith("told")
        assert run.thread_runs[0].output == {
            "wf_run_id": "root-1",
            "position": 2,
            "guid": "0-2",
            "task_def": "tell",
            "attempt": 0,
            "year": int(task_run.scheduled_at[:4]),
        }


async def test_masked_values_are_clear_to_the_worker_alone(deployment: Deployment, lh: LH, client: Client):
    async with hired(deployment.port, lh.config.tenant_id, unlock, greet):
        flow = Workflow("flow", lambda wf: wf.complete(wf.execute("greet", wf.execute("unlock", "sesame"))))
        await client.put_wf_spec(flow.compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        opened, greeted = await client.list_task_runs(run.id)
        assert opened.input_variables[0].value == "*****" and opened.attempts[0].output == "*****"
        assert opened.attempts[0].log_output.endswith("tries *****")
        assert greeted.attempts[0].output == "hello opened with sesame"


async def test_a_task_that_fails_is_tried_again(deployment: Deployment, lh: LH, client: Client):
    async with hired(deployment.port, lh.config.tenant_id, burst):
        flow = Workflow("flow", lambda wf: wf.complete(wf.execute("burst", retries=2)))
        await client.put_wf_spec(flow.compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        assert run.thread_runs[0].output == "held"
        (task_run,) = await client.list_task_runs(run.id)
        failed, again, held = task_run.attempts
        assert [failed.status, again.status] == [TaskStatus.TASK_FAILED] * 2
        assert "attempt 0 burst" in failed.error.message
        assert "Traceback" in again.error.message and "attempt 1 burst" in again.error.message
        assert held.status is TaskStatus.TASK_SUCCESS


async def test_a_business_exception_has_its_name_and_content(deployment: Deployment, lh: LH, client: Client):
    async with hired(deployment.port, lh.config.tenant_id, refuse):
        await client.put_wf_spec(
            Workflow("flow", lambda wf: wf.execute("refuse", "rain", retries=3)).compile()
        )
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        assert run.status is LHStatus.EXCEPTION
        (task_run,) = await client.list_task_runs(run.id)
        (attempt,) = task_run.attempts
        assert attempt.status is TaskStatus.TASK_EXCEPTION
        thrown = attempt.exception
        assert (thrown.name, thrown.message, thrown.content) == ("not-today", "come back tomorrow", "rain")


async def test_a_retry_finds_the_checkpoints_of_the_attempt_before(
    deployment: Deployment, lh: LH, client: Client
):
    async with hired(deployment.port, lh.config.tenant_id, two_steps):
        flow = Workflow("flow", lambda wf: wf.complete(wf.execute("two-steps", retries=1)))
        await client.put_wf_spec(flow.compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        assert run.thread_runs[0].output == "first of 0, second of 1"
        assert (await client.get_task_run(run.id, "0-1")).total_checkpoints == 2


async def test_a_task_outlives_the_server_that_handed_it_out(lh: LH, client: Client, valkey: EmbeddedServer):
    tenant = lh.config.tenant_id
    async with AsyncExitStack() as stack:
        async with another_front(valkey.url) as front:
            port = front.port
            await stack.enter_async_context(hired(port, tenant, nap))
            await client.put_wf_spec(Workflow("flow", lambda wf: wf.complete(wf.execute("nap"))).compile())
            run = await client.run_wf("flow")
            await wait_until(lambda: begun(client, run.id))
        async with another_front(valkey.url, port):
            run = await client.get_wf_run(run.id, wait_ms=WAIT_MS)
    assert run.thread_runs[0].output == "awake"
    (task_run,) = await client.list_task_runs(run.id)
    assert [attempt.task_worker_id for attempt in task_run.attempts] == ["hired-1"]


async def begun(client: Client, wf_run_id: str) -> bool:
    (task_run,) = await client.list_task_runs(wf_run_id)
    return task_run.status is TaskStatus.TASK_RUNNING


async def test_many_runs_with_workers_in_two_processes(deployment: Deployment, lh: LH, client: Client):
    def story(wf):
        number = wf.declare_int("number")
        number.assign(wf.execute("double", number))
        wf.complete(wf.execute("double", number))

    async with (
        hired(deployment.port, lh.config.tenant_id, double, worker_id="first"),
        hired(deployment.port, lh.config.tenant_id, double, worker_id="second"),
    ):
        await client.put_wf_spec(Workflow("flow", story).compile())
        for number in range(60):
            await client.run_wf("flow", {"number": number}, id=f"run-{number}")
        workers = set()
        for number in range(60):
            run = await client.get_wf_run(f"run-{number}", wait_ms=WAIT_MS)
            assert run.thread_runs[0].output == 4 * number
            for task_run in await client.list_task_runs(run.id):
                (attempt,) = task_run.attempts  # handed out once
                workers.add(attempt.task_worker_id)
        assert workers == {"first", "second"}
