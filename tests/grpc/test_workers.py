"""The stories of task workers of LittleHorse's: the client's own LHTaskWorker, in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

import pytest_asyncio
from littlehorse.exceptions import LHTaskException
from littlehorse.model import VariableValue
from littlehorse.worker import LHType, WorkerContext

from lhredis.client import Client
from lhredis.embedded import EmbeddedServer
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.workflow import Workflow
from tests.grpc.crew import VERSION, hired
from tests.grpc.lh import LH, another_front, config_of
from tests.support import wait_until

WAIT_MS = 20_000


async def greet(name: str) -> str:
    return f"hello {name}"


async def double(number: int) -> int:
    return 2 * number


async def tell(ctx: WorkerContext) -> dict[str, Any]:
    """All that a worker may know of its attempt."""
    ctx.log("told")
    return {
        "wf_run_id": ctx.wf_run_id.id,
        "position": ctx.node_run_id.position,
        "guid": ctx.idempotency_key,
        "task_def": ctx.task_def_name,
        "attempt": ctx.attempt_number,
        "year": ctx.scheduled_time.year,
    }


async def unlock(
    secret: Annotated[str, LHType("secret", masked=True)], ctx: WorkerContext
) -> Annotated[str, LHType("key", masked=True)]:
    ctx.log(f"tries {secret}")
    return f"opened with {secret}"


async def burst(ctx: WorkerContext) -> str:
    if ctx.attempt_number < 2:
        raise RuntimeError(f"attempt {ctx.attempt_number} burst")
    return "held"


async def refuse(reason: str) -> str:
    content = VariableValue(str=reason)
    raise LHTaskException("not-today", "come back tomorrow", content)


async def two_steps(ctx: WorkerContext) -> str:
    """Breaks between its two checkpoints when it is tried for the first time."""
    first = await ctx.execute_and_checkpoint(lambda checkpoint: f"first of {ctx.attempt_number}")
    if ctx.attempt_number == 0:
        raise RuntimeError("between the checkpoints")
    second = await ctx.execute_and_checkpoint(lambda checkpoint: f"second of {ctx.attempt_number}")
    return f"{first}, {second}"


async def nap() -> str:
    await asyncio.sleep(1.5)
    return "awake"


@pytest_asyncio.fixture(loop_scope="module")
async def client(lh: LH) -> AsyncIterator[Client]:
    """Deploys and looks by way of the HTTP API."""
    async with Client(lh.api_url, tenant=lh.config.tenant_id) as client:
        yield client


async def test_tasks_one_after_the_other(lh: LH, client: Client):
    def story(wf):
        number = wf.declare_int("number", 1)
        for _ in range(4):
            number.assign(wf.execute("double", number))
        wf.complete(wf.execute("greet", "you"))

    async with hired(lh.config, greet, double):
        await client.put_wf_spec(Workflow("flow", story).compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        assert run.status is LHStatus.COMPLETED
        assert run.thread_runs[0].output == "hello you"
        assert (await client.get_variable(run.id, 0, "number")).value == 16
        attempt = (await client.get_task_run(run.id, "0-5")).attempts[0]
        assert attempt.task_worker_id == "hired-1"
        assert attempt.task_worker_version == VERSION
        assert attempt.start_time is not None


async def test_what_a_worker_knows_of_its_attempt(lh: LH, client: Client):
    def story(wf):
        wf.execute("tell")
        wf.complete(wf.execute("tell"))

    async with hired(lh.config, tell):
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


async def test_masked_values_are_clear_to_the_worker_alone(lh: LH, client: Client):
    async with hired(lh.config, unlock, greet):
        flow = Workflow("flow", lambda wf: wf.complete(wf.execute("greet", wf.execute("unlock", "sesame"))))
        await client.put_wf_spec(flow.compile())
        run = await client.run_wf("flow", wait_ms=WAIT_MS)
        opened, greeted = await client.list_task_runs(run.id)
        assert opened.input_variables[0].value == "*****" and opened.attempts[0].output == "*****"
        assert opened.attempts[0].log_output.endswith("tries *****")
        assert greeted.attempts[0].output == "hello opened with sesame"


async def test_a_task_that_fails_is_tried_again(lh: LH, client: Client):
    async with hired(lh.config, burst):
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


async def test_a_business_exception_has_its_name_and_content(lh: LH, client: Client):
    async with hired(lh.config, refuse):
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


async def test_a_retry_finds_the_checkpoints_of_the_attempt_before(lh: LH, client: Client):
    async with hired(lh.config, two_steps):
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
            await stack.enter_async_context(hired(config_of(port, tenant), nap))
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


async def test_many_runs_with_workers_in_two_processes(lh: LH, client: Client):
    def story(wf):
        number = wf.declare_int("number")
        number.assign(wf.execute("double", number))
        wf.complete(wf.execute("double", number))

    async with (
        hired(lh.config, double, worker_id="first"),
        hired(lh.config, double, worker_id="second"),
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
