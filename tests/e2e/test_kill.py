"""kill: a scheduler and a worker die of kill -9 in mid-flight, and no run notices."""

from __future__ import annotations

import os

import pytest
import redis.asyncio

from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.wf_run import RunWfRequest
from tests.e2e.crowd import Crowd
from tests.e2e.work import STEPS, workflow
from tests.support import wait_until

ROUNDS = int(os.environ.get("LHREDIS_KILL_ROUNDS", "1"))
"""How often the kill test runs: `LHREDIS_KILL_ROUNDS=20 scripts/test tests/e2e/test_kill.py`."""

RUNS = 120


@pytest.mark.parametrize("round_number", range(ROUNDS))
async def test_every_run_completes_exactly_as_it_should_when_a_scheduler_and_a_worker_are_killed(
    round_number: int,
) -> None:
    async with Crowd() as crowd:
        for name in ("worker-1", "worker-2"):
            crowd.start(name, "worker", "tests.e2e.work:worker")
        for name in ("scheduler-1", "scheduler-2"):
            crowd.start(name, "scheduler")
        await wait_until(lambda: _has_task_def(crowd), timeout_s=30)
        await crowd.client.put_wf_spec(workflow.compile())
        ids = [f"run-{number}" for number in range(RUNS)]
        answers = await crowd.client.run_wf_batch(
            [RunWfRequest(wf_spec_name="counting", id=name) for name in ids]
        )
        assert not [answer for answer in answers if isinstance(answer, Exception)]

        await wait_until(lambda: _reported(crowd, RUNS // 2), timeout_s=60)
        crowd.kill("scheduler-1")
        crowd.kill("worker-1")
        crowd.start("worker-3", "worker", "tests.e2e.work:worker")
        crowd.start("scheduler-3", "scheduler")

        for name in ids:
            run = await crowd.client.get_wf_run(name, wait_ms=60_000)
            assert run.status is LHStatus.COMPLETED, f"{name} is {run.status.name}"
            assert run.thread_runs[0].output == STEPS
        for name in ids:
            await _has_the_history_of_one_clean_pass(crowd, name)
        await wait_until(lambda: _no_task_is_left(crowd), timeout_s=30)
        assert (await crowd.client.quarantine()) == []


async def test_a_scheduler_that_leaves_hands_over_and_a_worker_that_leaves_finishes_what_it_began() -> None:
    async with Crowd() as crowd:
        crowd.start("worker-1", "worker", "tests.e2e.work:worker")
        crowd.start("scheduler-1", "scheduler")
        await wait_until(lambda: _has_task_def(crowd), timeout_s=30)
        await crowd.client.put_wf_spec(workflow.compile())
        ids = [f"run-{number}" for number in range(40)]
        await crowd.client.run_wf_batch([RunWfRequest(wf_spec_name="counting", id=name) for name in ids])

        await wait_until(lambda: _reported(crowd, 40), timeout_s=60)
        crowd.start("scheduler-2", "scheduler")
        crowd.start("worker-2", "worker", "tests.e2e.work:worker")
        assert crowd.stop("worker-1") == 0
        assert crowd.stop("scheduler-1") == 0

        for name in ids:
            run = await crowd.client.get_wf_run(name, wait_ms=60_000)
            assert run.status is LHStatus.COMPLETED
        for name in ids:
            for task_run in await crowd.client.list_task_runs(name):
                assert len(task_run.attempts) == 1, "a clean hand-over loses no attempt"


async def _has_task_def(crowd: Crowd) -> bool:
    return "count-up" in (await crowd.client.list_task_defs()).items


async def _reported(crowd: Crowd, count: int) -> bool:
    async with redis.asyncio.Redis.from_url(crowd.server.url) as connection:
        return int(await connection.hget("lh:meta:counters", "tasks_reported") or 0) >= count


async def _has_the_history_of_one_clean_pass(crowd: Crowd, name: str) -> None:
    nodes = await crowd.client.list_node_runs(name)
    assert [node.id.position for node in nodes] == list(range(STEPS + 2))
    assert {node.status for node in nodes} == {LHStatus.COMPLETED}
    task_runs = await crowd.client.list_task_runs(name)
    assert len(task_runs) == STEPS
    for number, task_run in enumerate(task_runs):
        *earlier, last = task_run.attempts
        assert last.status is TaskStatus.TASK_SUCCESS
        assert last.output == number + 1
        assert {attempt.status for attempt in earlier} <= {TaskStatus.TASK_TIMEOUT}


async def _no_task_is_left(crowd: Crowd) -> bool:
    """No queued, claimed or reported task is left in any stream."""
    async with redis.asyncio.Redis.from_url(crowd.server.url) as connection:
        for pattern in ("lh:{p*}:tasks:*", "lh:{p*}:results"):
            async for key in connection.scan_iter(pattern):
                if await connection.xlen(key):
                    return False
    return True
