"""How a TaskRun ends when its values do not fit, with real workers and with ones that break the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.wf_run import TaskRun
from lhredis.worker import WorkerContext, task
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.api.conftest import StartWorker
from tests.api.specs import compiled
from tests.support import wait_until
from tests.worker.test_raw_worker import RawWorker, taken

pytestmark = pytest.mark.usefixtures("scheduling")


async def ended(client: Client, run_id: str) -> TaskRun:
    """The first TaskRun of a run that is over."""
    assert (await client.get_wf_run(run_id, wait_ms=10_000)).status is not LHStatus.RUNNING
    return (await client.list_task_runs(run_id))[0]


async def test_b8_null_into_a_parameter_that_takes_none_ends_the_task_run_with_an_input_error(
    client: Client, work: StartWorker
) -> None:
    @task
    async def double(n: int) -> int:
        return 2 * n

    def story(wf: WorkflowThread) -> None:
        wf.execute("double", wf.declare_json_obj("json").get("int"), retries=3)

    await client.put_task_def(double.task_def)
    await client.put_wf_spec(compiled("flow", story))
    await work(double)
    run = await client.run_wf("flow", {"json": {"int": None}}, wait_ms=10_000)
    found = await ended(client, run.id)
    assert (run.status, found.status) == (LHStatus.ERROR, TaskStatus.TASK_INPUT_VAR_SUB_ERROR)
    (attempt,) = found.attempts
    assert attempt.error is not None and attempt.error.type is LHErrorType.VAR_SUB_ERROR
    assert "'n'" in attempt.error.message and "null" in attempt.error.message
    assert [(one.var_name, one.value) for one in found.input_variables] == [("n", None)]


RAW_OUTPUTS: list[tuple[str, Any, TaskStatus]] = [
    ("JSON_OBJ", "not-a-json", TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("JSON_ARR", "not-a-json", TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("JSON_OBJ", [1], TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("DOUBLE", float("nan"), TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("TIMESTAMP", "2026-01-02T03:04:05Z", TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("TIMESTAMP", {"$timestamp": "yesterday"}, TaskStatus.TASK_OUTPUT_SERDE_ERROR),
    ("TIMESTAMP", {"$timestamp": "2026-01-02T03:04:05Z"}, TaskStatus.TASK_SUCCESS),
    ("JSON_OBJ", {"a": [1]}, TaskStatus.TASK_SUCCESS),
    ("JSON_ARR", None, TaskStatus.TASK_SUCCESS),
]


@pytest.mark.parametrize(("declared", "output", "status"), RAW_OUTPUTS, ids=range(len(RAW_OUTPUTS)))
async def test_b19_a_malformed_output_of_a_worker_without_the_sdk_is_an_output_error(
    client: Client, redis_url: str, declared: str, output: Any, status: TaskStatus
) -> None:
    await client.put_task_def(PutTaskDefRequest(name="give", return_type=declared))  # type: ignore[arg-type]
    await client.put_wf_spec(compiled("flow", lambda wf: wf.execute("give", retries=3)))
    run = await client.run_wf("flow")
    worker = RawWorker(redis_url, "default", "give", "raw-1")
    worker.report(*await taken(worker), status="TASK_SUCCESS", output=output)
    found = await ended(client, run.id)
    assert (found.status, len(found.attempts)) == (status, 1)
    if status is TaskStatus.TASK_OUTPUT_SERDE_ERROR:
        assert (found.attempts[0].output, found.attempts[0].error is not None) == (None, True)
        (_, node) = await client.list_node_runs(run.id)
        assert [one.failure_name for one in node.failures] == ["VAR_MUTATION_ERROR"]


async def test_a_report_of_a_task_that_nobody_claimed_is_not_waited_for_and_harms_nothing(
    client: Client, redis_url: str, redis: Redis
) -> None:
    await client.put_task_def(PutTaskDefRequest(name="give"))
    await client.put_wf_spec(compiled("flow", lambda wf: wf.execute("give")))
    run = await client.run_wf("flow")
    worker = RawWorker(redis_url, "default", "give", "raw-1")
    forged = {"task": f"{run.id}/0/1/0", "token": "guess", "tenant": "default", "task_def": "give"}
    worker.report(worker.streams[0], "1-1", forged, status="TASK_SUCCESS")

    async def is_read() -> bool:
        return not any([await redis.xlen(stream) for stream in await redis.keys("lh:*:results")])

    await wait_until(is_read)
    assert (await client.get_task_run(run.id, "0-1")).status is TaskStatus.TASK_SCHEDULED
    worker.report(*await taken(worker), status="TASK_SUCCESS")
    assert (await ended(client, run.id)).status is TaskStatus.TASK_SUCCESS


@pytest.mark.parametrize("with_sdk", [True, False], ids=["with the SDK", "without"])
async def test_b20_an_output_that_is_too_large_is_not_stored(
    client: Client, redis_url: str, redis: Redis, work: StartWorker, with_sdk: bool
) -> None:
    @task
    async def give() -> str:
        return "x" * (2 * 1024 * 1024)

    await client.put_task_def(give.task_def)
    await client.put_wf_spec(compiled("flow", lambda wf: wf.complete(wf.execute("give", retries=3))))
    run = await client.run_wf("flow")
    if with_sdk:
        await work(give)
    else:
        worker = RawWorker(redis_url, "default", "give", "raw-1")
        worker.report(*await taken(worker), status="TASK_SUCCESS", output="x" * 2**21)
    found = await ended(client, run.id)
    (attempt,) = found.attempts
    assert (attempt.status, attempt.output) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None)
    assert attempt.error is not None and "RESOURCE_EXHAUSTED" in attempt.error.message
    assert (await client.get_wf_run(run.id)).status is LHStatus.ERROR
    for key in await redis.keys("lh:*"):
        assert int(await redis.memory_usage(key) or 0) < 1024 * 1024


@pytest.mark.parametrize(("failures", "status"), [(1, LHStatus.COMPLETED), (3, LHStatus.ERROR)])
async def test_o1_o2_a_task_that_fails_is_tried_again_at_once_as_often_as_its_policy_says(
    client: Client, work: StartWorker, failures: int, status: LHStatus
) -> None:
    @task
    async def shaky(ctx: WorkerContext) -> None:
        if ctx.attempt_number < failures:
            raise ConnectionError("no answer")

    await client.put_task_def(shaky.task_def)
    await client.put_wf_spec(compiled("flow", lambda wf: wf.execute("shaky", retries=2)))
    await work(shaky)
    run = await client.run_wf("flow", wait_ms=10_000)
    found = await ended(client, run.id)
    assert (run.status, found.total_attempts) == (status, 3)
    assert len(found.attempts) == min(failures + 1, 3)
    assert found.status is (TaskStatus.TASK_SUCCESS if failures < 3 else TaskStatus.TASK_FAILED)
    first, second, *_ = found.attempts
    assert ms_between(first.end_time, second.schedule_time) < 500
    node = await client.get_node_run(run.id, 0, 1)
    assert node.status is (LHStatus.COMPLETED if failures < 3 else LHStatus.ERROR)


def ms_between(before: str | None, after: str | None) -> float:
    assert before is not None and after is not None
    return (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds() * 1000


async def test_a_task_run_that_waits_for_its_retry_is_pending(client: Client, work: StartWorker) -> None:
    @task
    async def broken() -> None:
        raise ConnectionError("no answer")

    policy = ExponentialBackoffRetryPolicy(base_interval_ms=60_000, max_delay_ms=60_000, multiplier=1)
    await client.put_task_def(broken.task_def)
    story = compiled("flow", lambda wf: wf.execute("broken", retries=2, exponential_backoff=policy))
    await client.put_wf_spec(story)
    await work(broken)
    run = await client.run_wf("flow")

    async def waits() -> bool:
        return (await client.get_task_run(run.id, "0-1")).status is TaskStatus.TASK_PENDING

    await wait_until(waits)
    found = await client.get_task_run(run.id, "0-1")
    assert [one.status.name for one in found.attempts] == ["TASK_FAILED", "TASK_PENDING"]
    assert found.attempts[1].schedule_time is None
    assert found.exponential_backoff == policy
