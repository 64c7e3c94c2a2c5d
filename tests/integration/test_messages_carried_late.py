"""The story of a scheduler that was away: what it carries then was carried by another, and is not so any
more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import ExternalEventPosted, RunRescued
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.event_def import CorrelatedEventConfig, PutExternalEventDefRequest
from lhredis.scheduler.process import LANES
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store.correlations import load_correlations
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of, reported, working
from tests.support import wait_until


async def reads_and_goes_away(stage: Stage) -> Callable[[], Awaitable[int]]:
    """A scheduler reads what there is for r1, and its machine stops. What is returned lets it go on."""
    scheduler = stage.scheduler("late")
    lane = scheduler.lanes[partition_of("r1") % LANES]
    held = [partition_of("r1")]
    reply = await lane._read(held)

    async def read_before(_: list[int]) -> tuple[list[Any], list[int]]:
        return reply

    lane._read = read_before  # type: ignore[method-assign]
    return lambda: lane._batch(held)


async def pay(stage: Stage) -> None:
    """Somebody posts the CorrelatedEvent that r1 waits for."""

    def apply(correlation: Correlation) -> list[Delivery]:
        return post(correlation, CorrelatedEvent(now_ms(), 5, True, nonce()))

    await Correlator(stage.redis, PARTITIONS).advance([Change(T, "payment", "k", apply)], now_ms())


async def put_payment(stage: Stage) -> None:
    config = CorrelatedEventConfig(delete_after_first_correlation=True)
    await stage.api.metadata.put_external_event_def(
        T, PutExternalEventDefRequest(name="payment", correlated_event_config=config)
    )


async def waiting(stage: Stage) -> int:
    """How many NodeRuns the correlation counts on."""
    (stored,) = await load_correlations(stage.redis, PARTITIONS, [(T, "payment", "k")])
    return len(stored.correlation.waiters)


async def settled(stage: Stage) -> bool:
    """Every message was carried."""
    return await stage.leftovers() == []


async def has_status(stage: Stage, status: LHStatus) -> bool:
    return await stage.status("r1") == status.name


def waits(wf: WorkflowThread) -> None:
    wf.wait_for_event("payment", correlation_id="k", auto_register=False)


async def test_a_wait_that_is_over_is_not_noted_again(stage: Stage):
    """Otherwise the next event of the key would be spent on a node that has its event already."""
    await put_payment(stage)
    await stage.start("r1", await stage.spec(waits))
    goes_on = await reads_and_goes_away(stage)
    async with working(stage.scheduler("s1")):
        await pay(stage)
        await wait_until(lambda: has_status(stage, LHStatus.COMPLETED))
        await wait_until(lambda: settled(stage))
    await goes_on()
    assert await waiting(stage) == 0


def dies_and_waits(wf: WorkflowThread) -> None:
    with wf.on_interrupt("bump") as handler:
        handler.execute("plain")
    waits(wf)


async def test_a_wait_that_began_again_is_not_forgotten(stage: Stage):
    """A thread gave up its wait when it died, and waits again since it was rescued."""
    await put_payment(stage)
    await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name="bump"))
    await stage.start("r1", await stage.spec(dies_and_waits))
    async with working(stage.scheduler("s1")):
        await wait_until(lambda: waiting(stage))
        bump = ExternalEventPosted(now_ms(), nonce(), "bump", "g1")
        assert await stage.api.advance(Work(T, "r1", bump)) == [Outcome.COMMITTED]
        (task,) = await stage.claim("plain")
    failed = reported(task, status=TaskStatus.TASK_FAILED)
    assert await stage.api.advance(failed) == [Outcome.COMMITTED]
    goes_on = await reads_and_goes_away(stage)
    async with working(stage.scheduler("s2")):
        await wait_until(lambda: settled(stage))
        assert await waiting(stage) == 0
        rescued = RunRescued(now_ms(), nonce(), 1)
        assert await stage.api.advance(Work(T, "r1", rescued)) == [Outcome.COMMITTED]
        await wait_until(lambda: waiting(stage))
    await goes_on()
    assert await waiting(stage) == 1
