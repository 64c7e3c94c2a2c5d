"""The story of a wait that nobody knows of: the correlation's key, or the message to it, was deleted by
hand."""

from __future__ import annotations

import pytest

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import RunStopped
from lhredis.model.event_def import CorrelatedEventConfig, PutExternalEventDefRequest
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.correlations import load_correlations
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of, working
from tests.support import wait_until


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    """r1 waits for the CorrelatedEvent `payment` of the key `k`; its message is in the inbox."""
    request = PutExternalEventDefRequest(name="payment", correlated_event_config=CorrelatedEventConfig())
    await stage.api.metadata.put_external_event_def(T, request)

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("payment", correlation_id="k", auto_register=False)

    await stage.start("r1", await stage.spec(story))
    return stage


def inbox() -> str:
    return keys.inbox(partition_of("r1"))


async def lost(stage: Stage) -> int:
    """One walk of the watchdog over everything: how much it has found lost."""
    scheduler = stage.scheduler("watch")
    for _ in range(3 * PARTITIONS):
        assert await scheduler.watchdog.run_once(list(range(PARTITIONS)), now_ms()) == {}
    return scheduler.counters._counts["wakers_lost"]


async def is_known(stage: Stage) -> bool:
    (stored,) = await load_correlations(stage.redis, PARTITIONS, [(T, "payment", "k")])
    return bool(stored.correlation.waiters)


async def pay(stage: Stage) -> None:
    def apply(correlation: Correlation) -> list[Delivery]:
        return post(correlation, CorrelatedEvent(now_ms(), 5, False, nonce()))

    await Correlator(stage.redis, PARTITIONS).advance([Change(T, "payment", "k", apply)], now_ms())


async def completes(stage: Stage) -> None:
    """Somebody pays, and the run has its event."""
    await pay(stage)

    async def completed() -> bool:
        return await stage.status("r1") == "COMPLETED"

    async with working(stage.scheduler("s1")):
        await wait_until(completed)


async def carried(stage: Stage) -> None:
    async with working(stage.scheduler("s1")):
        await wait_until(lambda: is_known(stage))
    assert await stage.redis.xlen(inbox()) == 0


async def test_a_wait_that_is_known_is_not_lost(waiting: Stage):
    await carried(waiting)
    assert await lost(waiting) == 0


async def test_a_wait_whose_message_is_under_way_is_not_lost(waiting: Stage):
    assert await lost(waiting) == 0
    assert await waiting.redis.xlen(inbox()) == 1


async def test_a_wait_whose_message_is_gone_is_told_of_again(waiting: Stage):
    await waiting.redis.delete(inbox())
    assert await lost(waiting) == 1
    await carried(waiting)
    assert await lost(waiting) == 0
    await completes(waiting)


async def test_a_wait_whose_correlation_is_gone_is_told_of_again(waiting: Stage):
    await carried(waiting)
    await waiting.redis.delete(
        keys.correlation(keys.partition_of_key("payment", "k", PARTITIONS), T, "payment", "k")
    )
    assert await lost(waiting) == 1
    await carried(waiting)
    await completes(waiting)


async def test_an_event_whose_delivery_is_gone_is_delivered_again(waiting: Stage):
    await carried(waiting)

    def apply(correlation: Correlation) -> list[Delivery]:
        return post(correlation, CorrelatedEvent(now_ms(), 5, False, nonce()))

    await Correlator(waiting.redis, PARTITIONS).advance([Change(T, "payment", "k", apply)], now_ms())
    assert await lost(waiting) == 0, "it is under way"
    await waiting.redis.delete(*(keys.inbox(partition) for partition in range(PARTITIONS)))
    assert await lost(waiting) == 1

    async def completed() -> bool:
        return await waiting.status("r1") == "COMPLETED"

    async with working(waiting.scheduler("s1")):
        await wait_until(completed)
    assert await lost(waiting) == 0


async def test_a_wait_that_has_its_event_while_it_is_stopped_is_not_lost(waiting: Stage):
    await carried(waiting)
    await waiting.api.advance(Work(T, "r1", RunStopped(now_ms(), nonce())))
    await pay(waiting)

    async def has_its_event() -> bool:
        return bool((await waiting.run("r1")).events)

    async with working(waiting.scheduler("s1")):
        await wait_until(has_its_event)
    assert not await is_known(waiting)
    assert await lost(waiting) == 0
