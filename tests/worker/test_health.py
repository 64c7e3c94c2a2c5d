"""The story of a worker's health: what a liveness probe is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lhredis.embedded import EmbeddedServer
from lhredis.worker import Worker, WorkerHealth, health, task
from tests.integration.stage import Stage
from tests.support import wait_until
from tests.worker.test_worker import at_work, register, start_many

HEALTHY, UNHEALTHY = WorkerHealth.HEALTHY, WorkerHealth.UNHEALTHY


@task
async def work() -> None: ...


async def test_a_worker_is_well_while_redis_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "ANSWER_S_MAX", 1.5)
    worker = Worker(work, drain_s=0)
    assert (worker.is_running, worker.health) == (False, UNHEALTHY)
    with EmbeddedServer(tmp_path) as server:
        stage = Stage(server.url)
        await stage.join()
        async with at_work(stage, worker):
            await wait_until(lambda: worker.is_running and worker.health is HEALTHY)
            server.kill()
            await wait_until(lambda: worker.health is UNHEALTHY)
            assert worker.is_running
            server.start()
            await wait_until(lambda: worker.health is HEALTHY)
        assert (worker.is_running, worker.health) == (False, UNHEALTHY)
        await stage.close()


async def test_a_worker_whose_hands_are_full_is_well(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "ANSWER_S_MAX", 0.0)
    begun, go_on = asyncio.Event(), asyncio.Event()

    @task
    async def long() -> None:
        begun.set()
        await go_on.wait()

    await register(stage, long)
    worker = Worker(long, concurrency=1)
    async with at_work(stage, worker):
        await start_many(stage, 1, lambda wf: wf.execute("long"))
        await begun.wait()
        await wait_until(lambda: worker.health is HEALTHY)
        go_on.set()
