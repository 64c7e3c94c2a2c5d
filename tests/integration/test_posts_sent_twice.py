"""The story of an answer that got lost: what was posted is there once, and whoever posted it is told so."""

from __future__ import annotations

import pytest

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import ExternalEventPosted
from lhredis.errors import AlreadyExists
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store.events import claimed_field
from lhredis.store.wire import exchange
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms


def waits_once(wf: WorkflowThread) -> None:
    wf.wait_for_event("paid", auto_register=False)
    wf.wait_for_event("later", auto_register=False)


def posting(guid: str) -> Work:
    event = ExternalEventPosted(now_ms(), nonce(), "paid", guid, 7)
    return Work(T, "r1", event, unless=claimed_field("paid", guid), is_new=True)


async def test_an_event_whose_commit_was_sent_twice_is_claimed_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    for name in ("paid", "later"):
        await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name=name))
    await stage.start("r1", await stage.spec(waits_once))
    true_run_all = stepper_module.run_all

    async def sent_twice(redis: object, commands: list[tuple[object, ...]], *more: object, **options: object):
        await exchange(redis, commands)  # type: ignore[arg-type]
        return await true_run_all(redis, commands, *more, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(stepper_module, "run_all", sent_twice)
        assert await stage.api.advance(posting("g1")) == [Outcome.EXISTS]
    run = await stage.run("r1")
    assert (run.threads[0].position, run.events, run.events_posted) == (2, {}, 1)


async def test_a_correlated_event_knows_who_posted_it(stage: Stage):
    correlator = Correlator(stage.redis, PARTITIONS)

    def change(born: str) -> Change:
        def apply(correlation: Correlation) -> list[Delivery]:
            return post(correlation, CorrelatedEvent(now_ms(), 7, False, born))

        return Change(T, "paid", "k", apply)

    first, again, other = change("me"), change("me"), change("you")
    for one in (first, again, other):
        await correlator.advance([one], now_ms())
    assert (first.error, again.error) == (None, None)
    assert isinstance(other.error, AlreadyExists)
