"""Workflows of LittleHorse's DSL about how tasks are tried: retries, timeouts, checkpoints, dynamic names."""

from __future__ import annotations

import asyncio

from littlehorse.model import ExponentialBackoffRetryPolicy, LHStatus, TaskStatus
from littlehorse.worker import WorkerContext
from littlehorse.workflow import Workflow, WorkflowThread

from tests.grpc.stage import Stage
from tests.support import wait_until

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


async def shaky(fails: int, ctx: WorkerContext) -> int:
    """Fails so often, then returns the number of its attempt."""
    if ctx.attempt_number < fails:
        raise ValueError(f"attempt {ctx.attempt_number}")
    return ctx.attempt_number


async def in_steps(ctx: WorkerContext) -> str:
    done = await ctx.execute_and_checkpoint(lambda checkpoint: f"done in attempt {ctx.attempt_number}")
    if ctx.attempt_number == 0:
        raise ValueError("after the first checkpoint")
    return f"{done}, finished in attempt {ctx.attempt_number}"


async def endless() -> str:
    await asyncio.Event().wait()
    return "never"


async def nothing(n: int) -> str:
    return None  # type: ignore[return-value]


async def test_retries(stage: Stage) -> None:
    await stage.work(shaky)
    await stage.deploy(lambda wf: wf.execute("shaky", wf.declare_int("fails"), retries=2))
    run = await stage.play({"fails": 1})
    assert (run.status, await stage.outputs(run)) == (COMPLETED, [1])
    (found,) = await stage.task_runs(run)
    assert found.total_attempts == 3
    assert [attempt.status for attempt in found.attempts] == [
        TaskStatus.TASK_FAILED,
        TaskStatus.TASK_SUCCESS,
    ]
    failed, good = found.attempts
    assert good.schedule_time.ToMilliseconds() >= failed.end_time.ToMilliseconds()
    assert "attempt 0" in failed.error.message and not failed.HasField("output")

    run = await stage.play({"fails": 3})
    assert run.status == ERROR
    (found,) = await stage.task_runs(run)
    assert (found.status, len(found.attempts)) == (TaskStatus.TASK_FAILED, 3)
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert failure.failure_name == "TASK_FAILURE"


async def test_a_retry_that_waits(stage: Stage) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=60_000, max_delay_ms=120_000, multiplier=2.0)
    await stage.work(shaky)
    await stage.deploy(lambda wf: wf.execute("shaky", 9, retries=1, exponential_backoff=policy))
    run = await stage.run()

    async def waits() -> bool:
        (found,) = await stage.task_runs(run)
        return found.status == TaskStatus.TASK_PENDING

    await wait_until(waits)
    (found,) = await stage.task_runs(run)
    assert found.exponential_backoff == policy
    assert not found.attempts[1].HasField("schedule_time")


async def test_the_defaults_of_a_workflow(stage: Stage) -> None:
    flow = Workflow("flow", lambda wf: wf.execute("shaky", 1))
    flow.with_retry_policy(1).with_task_timeout_seconds(7)
    await stage.work(shaky)
    await stage.deploy(flow)
    run = await stage.play()
    (found,) = await stage.task_runs(run)
    assert (run.status, found.timeout_seconds, len(found.attempts)) == (COMPLETED, 7, 2)


async def test_a_task_that_nobody_finishes_in_time(stage: Stage) -> None:
    await stage.work(endless)
    await stage.deploy(lambda wf: wf.execute("endless", timeout_seconds=1))
    run = await stage.play()
    assert run.status == ERROR
    (found,) = await stage.task_runs(run)
    assert found.status == TaskStatus.TASK_TIMEOUT
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert failure.failure_name == "TIMEOUT"


async def test_checkpointed_tasks(stage: Stage) -> None:
    await stage.work(in_steps)
    await stage.deploy(lambda wf: wf.execute("in-steps", retries=1))
    run = await stage.play()
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["done in attempt 0, finished in attempt 1"])
    (found,) = await stage.task_runs(run)
    assert found.total_checkpoints == 1


async def test_a_task_named_at_run_time(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        wf.execute(wf.format("{0}", name), 0)

    await stage.work(shaky)
    await stage.deploy(story)
    assert await stage.outputs(await stage.play({"name": "shaky"})) == [0]
    run = await stage.play({"name": "not-a-task"})
    assert run.status == ERROR
    (failure,) = (await stage.node(run, 0, 1)).failures
    assert failure.failure_name == "VAR_SUB_ERROR" and "not-a-task" in failure.message


async def test_a_task_without_an_output_has_one_that_is_null(stage: Stage) -> None:
    await stage.work(nothing)
    await stage.deploy(lambda wf: wf.execute("nothing", 1))
    run = await stage.play()
    (found,) = await stage.task_runs(run)
    (attempt,) = found.attempts
    assert (attempt.WhichOneof("result"), attempt.output.WhichOneof("value")) == ("output", None)
