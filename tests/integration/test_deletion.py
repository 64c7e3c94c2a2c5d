"""The story of forgetting: nothing of a deleted run stays, in its keys, queues, timers or correlations."""

from __future__ import annotations

from lhredis.engine.events import ExternalEventPosted, RunDeleted
from lhredis.model.event_def import (
    CorrelatedEventConfig,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
)
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.stepper.registration import register_wf_spec
from lhredis.stepper.stepper import nonce
from lhredis.stepper.user_task_registration import register_user_task_def
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.commands.release_task import Release, release_task
from lhredis.workflow import Workflow, WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of, starting, working
from tests.support import wait_until


def deleted(wf_run_id: str) -> Work:
    return Work(T, wf_run_id, RunDeleted(now_ms(), nonce()))


def busy(wf: WorkflowThread) -> None:
    """Everything at once: a task that waits, a sleep, an event by key with a timeout, what has ended."""
    key = wf.declare_str("key", "k").searchable()
    wf.wait_for_event("first")
    wf.throw_event("thrown")
    wf.spawn_thread(lambda wf: wf.sleep(1000), "sleeps")
    wf.spawn_thread(lambda wf: wf.wait_for_event("paid", timeout=1000, correlation_id=key), "waits")
    wf.spawn_thread(lambda wf: None, "ended")
    wf.execute("plain")


async def keys_left(stage: Stage) -> list[str]:
    """The keys that name a run or a correlation, and every index."""
    found = []
    for partition in range(PARTITIONS):
        for kind in ("run", "history", "events", "checkpoints", "correlation"):
            found += [key.decode() async for key in stage.redis.scan_iter(f"lh:{{p{partition}}}:{kind}:*")]
        found += [key.decode() async for key in stage.redis.scan_iter(f"lh:{{p{partition}}}:index:*")]
    return found


async def test_p7_nothing_stays_of_a_deleted_run(stage: Stage):
    await stage.api.metadata.put_external_event_def(
        T, PutExternalEventDefRequest(name="paid", correlated_event_config=CorrelatedEventConfig())
    )
    await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name="first"))
    await stage.api.metadata.put_workflow_event_def(T, PutWorkflowEventDefRequest(name="thrown"))
    spec = await stage.spec(busy)
    async with working(stage.scheduler("s1")):
        await stage.api.advance(Work(T, "r1", ExternalEventPosted(now_ms(), nonce(), "first", "g1", 7)))
        await stage.start("r1", spec)
        await stage.api.advance(Work(T, "r1", ExternalEventPosted(now_ms(), nonce(), "first", "g2", 7)))
        await wait_until(lambda: correlated(stage))
        indexes = " ".join(await keys_left(stage))
        for kind in (
            "runs:flow:0.0:RUNNING",
            "var:flow:key:sk",
            "events:first:claimed",
            "first:unclaimed",
            "thrown",
        ):
            assert kind in indexes
        assert await stage.api.advance(deleted("r1")) == [Outcome.COMMITTED]
        await wait_until(lambda: nothing(stage))
    assert await stage.leftovers() == []


async def correlated(stage: Stage) -> bool:
    return any("correlation" in key for key in await keys_left(stage))


async def nothing(stage: Stage) -> bool:
    return await keys_left(stage) == []


async def test_nothing_stays_of_a_user_task_and_its_reminder(stage: Stage):
    def asks(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "ann")
        wf.schedule_reminder_task(form, 0, "plain")
        wf.cancel_user_task_run_after(form, 1000)

    await register_user_task_def(stage.api.metadata, T, PutUserTaskDefRequest(name="form"))
    await stage.task("plain")
    spec = await stage.spec(asks)
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        (reminder,) = await stage.claim("plain")
        assert reminder.user_task is not None and reminder.user_task.user_id == "ann"
        assert await stage.api.advance(deleted("r1")) == [Outcome.COMMITTED]
        await wait_until(lambda: nothing(stage))
    assert await stage.leftovers() == []


async def test_deleting_what_is_not_there_does_nothing(stage: Stage):
    assert await stage.api.advance(deleted("nobody")) == [Outcome.MISSING]


async def test_events_of_a_run_that_never_started_can_be_deleted(stage: Stage):
    posted = ExternalEventPosted(now_ms(), nonce(), "paid", "g1", 7)
    assert await stage.api.advance(Work(T, "r1", posted)) == [Outcome.COMMITTED]
    assert await stage.api.advance(deleted("r1")) == [Outcome.COMMITTED]
    assert await keys_left(stage) == []


async def test_a_task_of_a_deleted_run_that_was_claimed_is_reported_to_nobody(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        (task,) = await stage.claim("plain")
        await stage.api.advance(deleted("r1"))
        await stage.report(task)
        await wait_until(lambda: quiet(stage))
    assert await keys_left(stage) == []


async def quiet(stage: Stage) -> bool:
    return await stage.leftovers() == []


async def test_a_deleted_run_can_be_started_again_and_knows_nothing_of_its_former_life(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    await stage.start("r1", spec)
    (task,) = await stage.claim("plain")
    await stage.api.advance(deleted("r1"))
    await stage.start("r1", spec)
    async with working(stage.scheduler("s1")):
        await stage.report(task)  # of the former life
        await wait_until(lambda: quiet_but_one(stage))
        assert await stage.status("r1") == "RUNNING"
        (again,) = await stage.claim("plain")
        await stage.report(again)
        await wait_until(lambda: quiet(stage))
    assert await stage.status("r1") == "COMPLETED"


async def quiet_but_one(stage: Stage) -> bool:
    return not any("results" in one for one in await stage.leftovers())


async def test_retention_deletes_a_run_once_it_has_ended(stage: Stage):
    await stage.task("plain")
    workflow = Workflow("flow", lambda wf: wf.execute("plain")).with_retention_policy(0)
    await register_wf_spec(stage.api.metadata, stage.api.programs, T, workflow.compile())
    spec = await stage.api.metadata.newest_of(T, "flow")
    async with working(stage.scheduler("s1")):
        await stage.api.advance(starting("r1", spec))
        (task,) = await stage.claim("plain")
        assert await stage.status("r1") == "RUNNING"
        await stage.report(task)
        await wait_until(lambda: nothing(stage))
    assert await stage.leftovers() == []


async def test_retention_deletes_runs_and_events_also_when_their_spec_is_gone(stage: Stage):
    workflow = Workflow("flow", lambda wf: wf.sleep(0)).with_retention_policy(0)
    spec = await stage.registered(workflow)
    waiting = await stage.spec(lambda wf: wf.sleep(1000), "waiting")
    await stage.start("over", spec)
    await stage.start("waits", waiting)
    event = ExternalEventPosted(now_ms(), nonce(), "first", "g1", 7, keep_ms=0)
    await stage.api.advance(Work(T, "waits", event))
    for version in (spec, waiting):
        await stage.api.metadata.delete_wf_spec(T, version)
    async with working(stage.scheduler("s1")):
        await wait_until(lambda: nothing_of(stage, "run:acme:over"))
        await wait_until(lambda: nothing_of(stage, "events:acme:waits"))
    assert await stage.quarantined() == []


async def nothing_of(stage: Stage, key: str) -> bool:
    return not any(key in one for one in await keys_left(stage))


async def test_what_comes_in_the_batch_of_a_deletion_meets_another_run(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    await stage.start("r1", spec)
    works = [deleted("r1"), starting("r1", spec), deleted("r1"), deleted("r1"), starting("r1", spec)]
    assert await stage.api.advance(*works) == [
        Outcome.COMMITTED,
        Outcome.COMMITTED,
        Outcome.COMMITTED,
        Outcome.MISSING,
        Outcome.COMMITTED,
    ]
    run = await stage.run("r1")
    assert (run.status.name, run.greatest_thread_number) == ("RUNNING", 0)
    assert await stage.quarantined() == []


async def test_a_task_that_was_given_back_goes_with_its_run_wherever_that_is_cached(stage: Stage):
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("plain")))
    (task,) = await stage.claim("plain")
    process = stage.process()
    await process.advance(Work(T, "r1", ExternalEventPosted(now_ms(), nonce(), "first", "g1", 7)))
    assert await release_task(stage.redis, "w1", task) is Release.RELEASED
    assert await process.advance(deleted("r1")) == [Outcome.COMMITTED]
    assert await stage.redis.xlen(keys.tasks(partition_of("r1"), T, "plain")) == 0
