"""The story of a WfRun that is changed so often by somebody who has it in his cache that others hardly come
between: they do."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis

from lhredis.engine.events import ExternalEventPosted, RunStopped
from lhredis.errors import Unavailable
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.work import Outcome, Work
from lhredis.store.wire import Command
from lhredis.workflow import WorkflowThread
from tests.integration.stage import Process, Stage, T, now_ms, partition_of


def waits_for_ever(wf: WorkflowThread) -> None:
    with wf.while_(True):
        wf.wait_for_event("again", auto_register=False)


class Hasty:
    """Another process, which changes r1 just before each commit of the API's, in one round trip as long as
    its cache is right; when it is not, it comes too late."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.changes = 0

    async def change(self) -> None:
        self.changes += 1
        event = ExternalEventPosted(now_ms(), f"n{self.changes}", "again", f"g{self.changes}", None)
        works = {partition_of("r1"): [Work(T, "r1", event)]}
        await self._process.stepper._round(works, {}, now_ms(), None, False)


@pytest.fixture
async def hasty(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Hasty:
    """It is at work from now on."""
    await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name="again"))
    await stage.start("r1", await stage.spec(waits_for_ever))
    hasty = Hasty(stage.process())
    await hasty.change()  # it has the run in its cache now
    true_run_all = stepper_module.run_all

    async def late(redis: Redis, *sent: Any, **options: Any) -> list[Any]:
        if redis is stage.redis:
            await hasty.change()
        return await true_run_all(redis, *sent, **options)

    monkeypatch.setattr(stepper_module, "run_all", late)
    return hasty


async def test_who_loads_the_run_comes_between(stage: Stage, hasty: Hasty):
    work = Work(T, "r1", RunStopped(now_ms(), "stop", 0), receipt="stop")
    assert await stage.api.advance(work) == [Outcome.COMMITTED]
    assert await stage.status("r1") == "HALTED"
    assert hasty.changes == 1 + 5, "the first four times it was faster"


async def test_who_does_not_insist_gives_up_and_says_so(
    stage: Stage, hasty: Hasty, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stepper_module, "INSISTING_ROUNDS", frozenset[int]())
    with pytest.raises(Unavailable, match="changed by others 50 times in a row"):
        await stage.api.advance(Work(T, "r1", RunStopped(now_ms(), "stop", 0)))
    assert await stage.status("r1") == "RUNNING"


async def test_one_round_trip_asks_all_that_a_second_try_needs(
    stage: Stage, hasty: Hasty, monkeypatch: pytest.MonkeyPatch
):
    """The receipt, the run: more would leave others more time to come first."""
    asked: list[list[str]] = []
    true = stepper_module.load_to_step

    async def load(redis: Redis, partition: int, ids: Any, questions: list[Command], outdates: bool) -> Any:
        if redis is stage.redis:
            asked.append([str(question[0]) for question in questions])
        return await true(redis, partition, ids, questions, outdates)

    monkeypatch.setattr(stepper_module, "load_to_step", load)
    await stage.api.advance(Work(T, "r1", RunStopped(now_ms(), "stop", 0), receipt="stop"))
    assert asked == [[], *[["EXISTS"]] * 4]
