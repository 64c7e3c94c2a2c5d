"""O: retries, the waits between them, checkpoints, and the order of the queue."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from lhredis.embedded import EmbeddedServer
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.wf_run import TaskAttempt
from lhredis.worker import LHTaskException, WorkerContext, task
from lhredis.workflow import ExponentialBackoffRetryPolicy, Workflow, WorkflowThread
from tests.acceptance.town import Town, founded
from tests.support import wait_until

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR
FAILED, SUCCESS = TaskStatus.TASK_FAILED, TaskStatus.TASK_SUCCESS


@task
async def fail_first(times: int, ctx: WorkerContext) -> str:
    """Fails in so many attempts, and then says which one it is."""
    if ctx.attempt_number < times:
        raise RuntimeError(f"attempt {ctx.attempt_number} fails")
    return f"attempt {ctx.attempt_number}"


@task
async def refuse() -> None:
    raise LHTaskException("no-way", "no means no")


@task
async def return_nonsense() -> int:
    return "seven"  # type: ignore[return-value]


def pauses(attempts: tuple[TaskAttempt, ...]) -> list[timedelta]:
    """How long each attempt was waited with after the one before had ended."""
    moment = datetime.fromisoformat
    return [
        moment(after.schedule_time or "") - moment(before.end_time or "")
        for before, after in pairwise(attempts)
    ]


async def played(town: Town, times: int, **policy: Any) -> tuple[LHStatus, tuple[TaskAttempt, ...]]:
    """The end of a run whose task fails so often, and its attempts."""
    await town.work(fail_first)
    await town.deploy(lambda wf: wf.execute(fail_first, wf.declare_int("times"), **policy))
    run = await town.play({"times": times})
    task_run = await town.task_run(run, 1)
    assert task_run.status is task_run.attempts[-1].status
    return run.status, task_run.attempts


async def test_o1_a_retry_after_one_failure(town: Town) -> None:
    status, attempts = await played(town, 1, retries=2)
    assert status is COMPLETED
    assert [attempt.status for attempt in attempts] == [FAILED, SUCCESS]
    assert attempts[1].output == "attempt 1"
    assert attempts[0].error is not None and "attempt 0 fails" in attempts[0].error.message
    (pause,) = pauses(attempts)
    assert pause < timedelta(milliseconds=500)


async def test_o2_all_attempts_fail(town: Town) -> None:
    status, attempts = await played(town, 3, retries=2)
    assert status is ERROR
    assert [attempt.status for attempt in attempts] == [FAILED] * 3


async def test_o2_the_node_fails_with_its_last_attempt(town: Town) -> None:
    await town.work(fail_first)
    await town.deploy(lambda wf: wf.execute(fail_first, 3, retries=2))
    run = await town.play()
    assert (await town.node(run, 0, 1)).status is ERROR
    failure = await town.failure(run, 0, 1)
    assert failure.failure_name == "TASK_FAILURE" and "attempt 2 fails" in failure.message


@pytest.mark.parametrize(("times", "expected"), [(0, COMPLETED), (1, ERROR)])
async def test_o2_without_retries_there_is_one_attempt(town: Town, times: int, expected: LHStatus) -> None:
    status, attempts = await played(town, times)
    assert status is expected and len(attempts) == 1


async def test_o3_waits_grow_up_to_their_limit(town: Town) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=50, multiplier=2.0, max_delay_ms=150)
    status, attempts = await played(town, 4, retries=4, exponential_backoff=policy)
    assert status is COMPLETED
    for pause, least_ms in zip(pauses(attempts), (50, 100, 150, 150), strict=True):
        assert timedelta(milliseconds=least_ms - 1) <= pause < timedelta(milliseconds=least_ms + 2000)


async def test_o3_a_task_run_waits_pending(town: Town) -> None:
    await town.work(fail_first)
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=3_600_000, multiplier=1.0, max_delay_ms=3_600_000)
    await town.deploy(lambda wf: wf.execute(fail_first, 1, retries=1, exponential_backoff=policy))
    run = await town.run()

    async def is_pending() -> bool:
        return (await town.task_run(run, 1)).status is TaskStatus.TASK_PENDING

    await wait_until(is_pending)
    assert (await town.again(run)).status is LHStatus.RUNNING
    assert [one.status for one in (await town.task_run(run, 1)).attempts] == [FAILED, TaskStatus.TASK_PENDING]


async def test_o4_all_attempts_with_waits_fail(town: Town) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=10, multiplier=1.0, max_delay_ms=10)
    status, attempts = await played(town, 3, retries=2, exponential_backoff=policy)
    assert status is ERROR
    assert [attempt.status for attempt in attempts] == [FAILED] * 3


async def test_o4_a_business_exception_is_not_tried_again(town: Town) -> None:
    await town.work(refuse)
    await town.deploy(lambda wf: wf.execute(refuse, retries=2))
    run = await town.play()
    assert run.status is LHStatus.EXCEPTION
    (attempt,) = (await town.task_run(run, 1)).attempts
    assert attempt.status is TaskStatus.TASK_EXCEPTION
    assert (await town.failure(run, 0, 1)).failure_name == "no-way"


async def test_o4_an_output_of_the_wrong_type_is_not_tried_again(town: Town) -> None:
    await town.work(return_nonsense)
    await town.deploy(lambda wf: wf.execute(return_nonsense, retries=2))
    run = await town.play()
    assert run.status is ERROR
    (attempt,) = (await town.task_run(run, 1)).attempts
    assert attempt.status is TaskStatus.TASK_OUTPUT_SERDE_ERROR


async def test_o4_a_timeout_is_tried_again_and_a_late_report_is_ignored(town: Town) -> None:
    await town.client.put_task_def(fail_first.task_def)
    await town.deploy(lambda wf: wf.complete(wf.execute(fail_first, 0, timeout_seconds=1, retries=1)))
    run = await town.run()
    (late,) = await town.hand.claim("fail-first")
    (again,) = await town.hand.claim("fail-first", worker="w2")
    await town.hand.report(late, output="late")
    await town.hand.report(again, output="in time")
    run = await town.ended(run)
    assert run.status is COMPLETED and run.thread_runs[0].output == "in time"
    attempts = (await town.task_run(run, 1)).attempts
    assert [attempt.status for attempt in attempts] == [TaskStatus.TASK_TIMEOUT, SUCCESS]


async def test_o4_reporting_twice_changes_nothing(town: Town) -> None:
    await town.client.put_task_def(fail_first.task_def)

    def story(wf: WorkflowThread) -> None:
        first = wf.execute(fail_first, 0)
        wf.execute(fail_first, 0)
        wf.complete(first)

    await town.deploy(story)
    run = await town.run()
    (first,) = await town.hand.claim("fail-first")
    for output in ("once", "twice"):
        await town.hand.report(first, output=output)
    (second,) = await town.hand.claim("fail-first")
    await town.hand.report(second, output="end")
    run = await town.ended(run)
    assert run.thread_runs[0].output == "once"
    assert await town.outputs(run) == ["once", "end"]


async def test_o4_retries_see_the_inputs_of_the_first_attempt(town: Town) -> None:
    await town.client.put_task_def(fail_first.task_def)

    def story(wf: WorkflowThread) -> None:
        times = wf.declare_int("times", 1)

        def child(thread: WorkflowThread) -> None:
            thread.wait_for_event("change", auto_register=True)
            times.assign(2)

        wf.spawn_thread(child, "child")
        wf.execute(fail_first, times, retries=1)

    await town.deploy(story)
    run = await town.run()
    (first,) = await town.hand.claim("fail-first")
    await town.client.post_event(run.id, "change")
    assert await town.variable(run, "times") == 2
    await town.hand.report(first, "TASK_FAILED", error="broken")
    (second,) = await town.hand.claim("fail-first")
    assert first.inputs == second.inputs == {"times": 1}
    await town.hand.report(second, output="done")
    assert (await town.ended(run)).status is COMPLETED


async def test_o4_the_policy_of_the_workflow(town: Town) -> None:
    await town.work(fail_first)

    def story(wf: WorkflowThread) -> None:
        wf.execute(fail_first, 2)
        wf.execute(fail_first, 1, retries=1)

    await town.deploy(Workflow("flow", story).with_retry_policy(2))
    run = await town.play()
    assert run.status is COMPLETED
    assert [one.total_attempts for one in await town.task_runs(run)] == [3, 2]


# Policies that are refused


def retrying(wf: WorkflowThread) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=100, multiplier=2.0, max_delay_ms=1000)
    wf.execute(fail_first, 0, retries=1, exponential_backoff=policy)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            {"exponential_backoff": {"base_interval_ms": 100, "multiplier": 2.0, "max_delay_ms": 99}},
            "max_delay",
        ),
        (
            {"exponential_backoff": {"base_interval_ms": 0, "multiplier": 2.0, "max_delay_ms": 10}},
            "base_inter",
        ),
        (
            {"exponential_backoff": {"base_interval_ms": -1, "multiplier": 2.0, "max_delay_ms": 10}},
            "base_inter",
        ),
        (
            {"exponential_backoff": {"base_interval_ms": 5, "multiplier": 0.5, "max_delay_ms": 10}},
            "multiplier",
        ),
        ({"retries": -1}, "retries"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
    ],
)
async def test_o5_refused_policies(town: Town, change: dict[str, Any], named: str) -> None:
    await town.client.put_task_def(fail_first.task_def)

    def alter(form: Any) -> None:
        nodes = form["thread_specs"]["entrypoint"]["nodes"]
        (task_node,) = (node["task"] for node in nodes.values() if "task" in node)
        assert task_node["retries"] == 1
        task_node.update(change)

    with pytest.raises(InvalidArgument, match=named):
        await town.deploy_changed(retrying, alter)


async def test_o5_fine_policies(town: Town) -> None:
    await town.client.put_task_def(fail_first.task_def)
    await town.deploy(retrying)
    await town.deploy(lambda wf: wf.execute(fail_first, 0), "none-at-all")
    await town.deploy(lambda wf: wf.execute(fail_first, 0, retries=0), "none-said")


# Checkpoints


async def test_o7_checkpointed_task(town: Town) -> None:
    ran: Counter[str] = Counter()

    @task
    async def take_steps(ctx: WorkerContext) -> str:
        async def body(name: str) -> str:
            ran[name] += 1
            return f"{name} of attempt {ctx.attempt_number}"

        ran["before"] += 1
        first = await ctx.execute_and_checkpoint(body, "first")
        ran["between"] += 1
        if ctx.attempt_number == 0:
            raise RuntimeError("crash between the checkpoints")
        second = await ctx.execute_and_checkpoint(body, "second")
        return f"{first}, {second}"

    await town.work(take_steps)
    await town.deploy(lambda wf: wf.execute(take_steps, retries=1))
    run = await town.play()
    assert run.status is COMPLETED
    assert ran == {"before": 2, "first": 1, "between": 2, "second": 1}
    task_run = await town.task_run(run, 1)
    assert len(task_run.attempts) == 2
    assert task_run.attempts[1].output == "first of attempt 0, second of attempt 1"
    assert task_run.total_checkpoints == 2


async def test_o7_each_task_run_has_checkpoints_of_its_own(town: Town) -> None:
    @task
    async def remember(what: str, ctx: WorkerContext) -> str:
        kept = await ctx.execute_and_checkpoint(lambda: what)
        if ctx.attempt_number == 0:
            raise RuntimeError("again")
        return str(kept)

    await town.work(remember)

    def story(wf: WorkflowThread) -> None:
        for what in ("one", "two"):
            wf.execute(remember, what, retries=1)

    await town.deploy(story)
    assert await town.outputs(await town.play()) == ["one", "two"]


async def test_o8_deleting_the_run_deletes_its_checkpoints(town: Town) -> None:
    numbers = itertools.count()

    @task
    async def keep(ctx: WorkerContext) -> int:
        return int(await ctx.execute_and_checkpoint(lambda: next(numbers)))

    await town.work(keep)
    await town.deploy(lambda wf: wf.execute(keep))
    for number in range(2):
        run = await town.play(id="same-id-again")
        assert await town.outputs(run) == [number]
        (checkpoint,) = await town.client.list_checkpoints(run.id, "0-1")
        assert checkpoint.value == number
        await town.client.delete_wf_run(run.id)
        with pytest.raises(NotFound):
            await town.client.list_checkpoints(run.id, "0-1")


# The queue


async def test_o10_the_order_of_the_queue_is_kept_after_a_restart() -> None:
    ids = [f"run-{number}" for number in range(12)]
    with EmbeddedServer(durability="fsync") as server:
        async with founded(server.url) as country, country.town("town") as town:
            await town.client.put_task_def(fail_first.task_def)
            await town.deploy(lambda wf: wf.execute(fail_first, 0))
            for id in ids:
                await town.run(id=id)
        server.kill()
        server.start()
        async with founded(server.url) as country, country.town("town") as town:
            taken: dict[int, list[str]] = {}
            while sum(map(len, taken.values())) < len(ids):
                for claimed in await town.hand.claim("fail-first"):
                    taken.setdefault(claimed.partition, []).append(claimed.id.split("/")[0])
                    await town.hand.report(claimed, output="done")
            for queue in taken.values():
                assert queue == [id for id in ids if id in queue]
            assert all([(await town.ended(id)).status is COMPLETED for id in ids])
