"""The story of what should never happen: keys go by hand, and the run goes on all the same."""

from __future__ import annotations

from lhredis.engine.user_tasks.events import UserTaskCompleted
from lhredis.model.enums import TaskStatus
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.stepper.stepper import nonce
from lhredis.stepper.user_task_registration import register_user_task_def
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.commands.release_task import Release, release_task
from lhredis.store.runs import load_run
from lhredis.store.tasks import ScheduledTask
from lhredis.workflow import ExponentialBackoffRetryPolicy, Workflow, WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of, reported, working
from tests.support import wait_until

PATIENT = ExponentialBackoffRetryPolicy(base_interval_ms=500_000, max_delay_ms=500_000, multiplier=1)


async def found_lost(stage: Stage) -> list[Outcome | None]:
    """One walk of the watchdog over everything: what became of each loss that it found."""
    scheduler = stage.scheduler("watch")
    outcomes: list[Outcome | None] = []
    partitions = list(range(PARTITIONS))
    for _ in range(3 * PARTITIONS):
        found = await scheduler.watchdog.run_once(partitions, now_ms())
        works = [work for of_partition in found.values() for work in of_partition]
        if works:
            outcomes += await stage.process().advance(*works)
    return outcomes


async def test_nothing_is_found_where_nothing_is_lost(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.sleep(1000), "sleeps")
        wf.spawn_thread(lambda wf: wf.execute("other"), "works")
        wf.execute("plain")

    await stage.start("r1", await stage.spec(story))
    await stage.claim("other")
    assert await found_lost(stage) == []


async def test_a_task_that_is_gone_from_its_queue_is_queued_again(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    await stage.start("r1", spec)
    (lost,) = await stage.claim("plain")
    await stage.redis.delete(keys.tasks(partition_of("r1"), T, "plain"))
    assert await found_lost(stage) == [Outcome.COMMITTED]
    assert await found_lost(stage) == []
    async with working(stage.scheduler("s1")):
        (task,) = await stage.claim("plain")
        assert task.id == lost.id and task.token != lost.token
        await stage.report(lost)  # it was at work all the time: late now
        await stage.report(task)
        await wait_until(lambda: completed(stage))


async def completed(stage: Stage) -> bool:
    return await stage.status("r1") == "COMPLETED"


async def test_a_timer_that_is_gone_is_set_again(stage: Stage):
    spec = await stage.spec(lambda wf: wf.sleep(1000))
    run = await stage.start("r1", spec)
    timers = keys.timers(partition_of("r1"))
    before = await stage.redis.zrange(timers, 0, -1, withscores=True)
    await stage.redis.delete(timers)
    assert await found_lost(stage) == [Outcome.COMMITTED]
    assert await stage.redis.zrange(timers, 0, -1, withscores=True) == before
    assert (await stage.run("r1")).threads[0].position == run.threads[0].position


async def test_a_retry_whose_timer_is_gone_starts_now(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain", retries=1, exponential_backoff=PATIENT))
    await stage.start("r1", spec)
    async with working(stage.scheduler("s1")):
        (task,) = await stage.claim("plain")
        await stage.report(task, "TASK_FAILED")
        await wait_until(lambda: has_timer(stage))
    await stage.redis.delete(keys.timers(partition_of("r1")))
    assert await found_lost(stage) == [Outcome.COMMITTED]
    (again,) = await stage.claim("plain")
    assert again.id.endswith("/1")


async def has_timer(stage: Stage) -> bool:
    return bool(await stage.redis.zcard(keys.timers(partition_of("r1"))))


async def test_a_run_that_moves_while_it_is_looked_at_has_lost_nothing(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        wf.execute("plain")
        wf.execute("plain")

    await stage.start("r1", await stage.spec(story))
    partition = partition_of("r1")
    before = await load_run(stage.redis, partition, T, "r1")
    assert before is not None
    async with working(stage.scheduler("s1")):
        (task,) = await stage.claim("plain")
        await stage.report(task)
        await stage.claim("plain")
    watchdog = stage.scheduler("watch").watchdog
    assert await watchdog._look_at(partition, before, now_ms()) == []
    assert stage.scheduler("watch").counters._counts["wakers_lost"] == 0


async def test_a_task_that_is_given_back_while_the_watchdog_looks_is_not_lost(stage: Stage):
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("plain")))
    (task,) = await stage.claim("plain", worker="w1")
    watchdog = stage.scheduler("watch").watchdog
    stored = await load_run(stage.redis, partition_of("r1"), T, "r1")
    assert stored is not None
    assert await release_task(stage.redis, "w1", task) is Release.RELEASED
    assert await watchdog._look_at(partition_of("r1"), stored, now_ms()) == []
    assert await found_lost(stage) == []
    (again,) = await stage.claim("plain")
    assert (again.id, again.token) == (task.id, task.token)
    async with working(stage.scheduler("s1")):
        await stage.report(again)
        await wait_until(lambda: completed(stage))


def asks(wf: WorkflowThread) -> None:
    form = wf.assign_user_task("form", "ann")
    wf.schedule_reminder_task(form, 0, "plain")


async def reminded(stage: Stage) -> ScheduledTask:
    """The reminder of a user task that a worker was given."""
    await register_user_task_def(stage.api.metadata, T, PutUserTaskDefRequest(name="form"))
    spec = await stage.registered(Workflow("asks", asks).with_retry_policy(1, PATIENT))
    await stage.start("r1", spec)
    async with working(stage.scheduler("s1")):
        (task,) = await stage.claim("plain")
    return task


async def test_a_reminder_that_is_gone_from_its_queue_is_queued_again(stage: Stage):
    lost = await reminded(stage)
    assert await found_lost(stage) == []
    await stage.redis.delete(keys.tasks(partition_of("r1"), T, "plain"))
    assert await found_lost(stage) == [Outcome.COMMITTED]
    assert await found_lost(stage) == []
    (task,) = await stage.claim("plain")
    assert task.id == lost.id and task.token != lost.token
    assert task.user_task is not None and task.user_task.user_id == "ann"


async def test_a_reminder_of_a_run_that_is_over_is_looked_after_too(stage: Stage):
    lost = await reminded(stage)
    done = UserTaskCompleted(now_ms(), nonce(), 0, 1, "ann", {})
    assert await stage.api.advance(Work(T, "r1", done)) == [Outcome.COMMITTED]
    assert await completed(stage)
    assert await found_lost(stage) == []
    await stage.redis.delete(keys.tasks(partition_of("r1"), T, "plain"))
    assert await found_lost(stage) == [Outcome.COMMITTED]
    (task,) = await stage.claim("plain")
    assert task.id == lost.id
    assert await stage.api.advance(reported(task)) == [Outcome.COMMITTED]
    assert not (await stage.run("r1")).reminders
    assert await found_lost(stage) == []


async def test_a_reminder_whose_retry_has_lost_its_timer_is_sent_now(stage: Stage):
    task = await reminded(stage)
    assert await stage.api.advance(reported(task, status=TaskStatus.TASK_FAILED)) == [Outcome.COMMITTED]
    assert await found_lost(stage) == []
    await stage.redis.delete(keys.timers(partition_of("r1")))
    assert await found_lost(stage) == [Outcome.COMMITTED]
    (again,) = await stage.claim("plain")
    assert again.id.endswith("/1")
