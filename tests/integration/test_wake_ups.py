"""The story of who waits for the streams of several partitions: one commit wakes him once."""

from __future__ import annotations

import asyncio

import pytest

from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.work import Outcome
from lhredis.store import keys
from tests.integration.stage import Stage, T, partition_of, starting
from tests.support import serves_all_streams, wait_until


@pytest.mark.parametrize(("at_once_max", "woken_with"), [(2, 2), (1, 1)])
async def test_who_waits_for_tasks_of_several_partitions_finds_all_of_a_small_batch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, at_once_max: int, woken_with: int
):
    monkeypatch.setattr(stepper_module, "UNITS_AT_ONCE_MAX", at_once_max)
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    first, second = (next(f"r{n}" for n in range(100) if partition_of(f"r{n}") == p) for p in (0, 1))
    streams = dict.fromkeys((keys.tasks(0, T, "plain"), keys.tasks(1, T, "plain")), "0-0")
    waiting = asyncio.create_task(stage.client().xread(streams, block=10_000))

    async def waits() -> bool:
        return any("b" in one["flags"] for one in await stage.redis.client_list())

    await wait_until(waits)
    works = [starting(first, spec), starting(second, spec)]
    assert await stage.process().advance(*works) == [Outcome.COMMITTED] * 2
    assert len(await waiting) == (woken_with if await serves_all_streams(stage.redis) else 1)
