"""The story of an answer that got lost, so that a commit is sent twice: it happens once, and whoever asked
for it is told so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import Event, ExternalEventPosted, RunDeleted, RunRescued
from lhredis.engine.user_tasks.events import UserTaskCommented
from lhredis.errors import AlreadyExists
from lhredis.model.enums import TaskStatus
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.stepper import nonce
from lhredis.stepper.user_task_registration import register_user_task_def
from lhredis.stepper.work import Outcome, Work
from lhredis.store.events import claimed_field
from lhredis.store.wire import Command, exchange
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, reported


def waits_once(wf: WorkflowThread) -> None:
    wf.wait_for_event("paid", auto_register=False)
    wf.wait_for_event("later", auto_register=False)


@pytest.fixture
def sent_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[Event], Awaitable[Work]]:
    """Have an event for r1 committed by a connection that breaks before the answer, and sends it again."""
    true_run_all = stepper_module.run_all

    async def twice(redis: Redis, commands: list[Command], *more: Any, **options: Any) -> list[Any]:
        await exchange(redis, commands)
        return await true_run_all(redis, commands, *more, **options)

    async def happens(event: Event, unless: str | None = None) -> Work:
        work = Work(T, "r1", event, unless=unless, receipt=event.nonce)
        with monkeypatch.context() as patch:
            patch.setattr(stepper_module, "run_all", twice)
            await stage.api.advance(work)
        return work

    return happens


async def test_an_event_is_claimed_once(stage: Stage, sent_twice: Any):
    for name in ("paid", "later"):
        await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name=name))
    await stage.start("r1", await stage.spec(waits_once))
    event = ExternalEventPosted(now_ms(), nonce(), "paid", "g1", 7)
    assert (await sent_twice(event, unless=claimed_field("paid", "g1"))).outcome is Outcome.COMMITTED
    run = await stage.run("r1")
    assert (run.threads[0].position, run.events, run.events_posted) == (2, {}, 1)


async def test_a_thread_is_rescued_once(stage: Stage, sent_twice: Any):
    spec = await stage.spec(lambda wf: wf.execute("risky"))
    await stage.start("r1", spec)
    (task,) = await stage.claim("risky")
    assert await stage.api.advance(reported(task, status=TaskStatus.TASK_FAILED)) == [Outcome.COMMITTED]
    work = await sent_twice(RunRescued(now_ms(), nonce(), 0, False))
    assert (work.outcome, work.error) == (Outcome.COMMITTED, None)
    assert work.run is not None and (work.run.status.name, work.run.threads[0].position) == ("RUNNING", 2)


async def test_a_comment_is_there_once(stage: Stage, sent_twice: Any):
    await register_user_task_def(stage.api.metadata, T, PutUserTaskDefRequest(name="form"))
    await stage.start("r1", await stage.spec(lambda wf: wf.assign_user_task("form", "ada")))
    work = await sent_twice(UserTaskCommented(now_ms(), nonce(), 0, 1, "ada", "so be it"))
    assert work.outcome is Outcome.COMMITTED and work.run is not None
    user_task = work.run.threads[0].node.state
    assert [event.kind for event in user_task.events].count("comment_added") == 1


async def test_a_run_is_deleted_once(stage: Stage, sent_twice: Any):
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("risky")))
    work = await sent_twice(RunDeleted(now_ms(), nonce()))
    assert work.outcome is Outcome.COMMITTED and work.run is not None and not work.run.threads
    again = Work(T, "r1", RunDeleted(now_ms(), nonce()), receipt=nonce())
    assert await stage.api.advance(again) == [Outcome.MISSING]


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
