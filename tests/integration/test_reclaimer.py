"""The story of claims: a worker that holds a task for too long loses it, one that says so keeps it."""

from __future__ import annotations

from typing import Any

from lhredis.scheduler.reclaimer import PAGE_CLAIMS_MAX, STREAMS_MAX, Reclaimer
from lhredis.store import keys
from lhredis.store.tasks import ScheduledTask, ensure_groups
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, working
from tests.support import wait_until


def slow(retries: int) -> Any:
    def story(wf: WorkflowThread) -> None:
        wf.execute("slow", timeout_seconds=5, retries=retries)

    return story


async def age(stage: Stage, task: ScheduledTask, idle_ms: int) -> None:
    """Let the worker have held the task for so long already."""
    stream = keys.tasks(task.partition, T, task.task_def)
    await stage.redis.xclaim(stream, keys.WORKERS, "w1", 0, [task.entry], idle=idle_ms, justid=True)


async def heartbeat(stage: Stage, task: ScheduledTask) -> None:
    stream = keys.tasks(task.partition, T, task.task_def)
    await stage.redis.xclaim(stream, keys.WORKERS, "w1", 0, [task.entry], justid=True)


def streams(*task_defs: str) -> list[tuple[int, str]]:
    return [(p, keys.tasks(p, T, name)) for p in range(PARTITIONS) for name in task_defs]


async def found_by(reclaimer: Reclaimer, *task_defs: str) -> list[Any]:
    works = await reclaimer.run_once(streams(*task_defs), now_ms())
    return [work for of_partition in works.values() for work in of_partition]


async def test_a_task_that_is_held_for_too_long_is_tried_again_by_another_worker(stage: Stage):
    spec = await stage.spec(slow(retries=1))
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        (first,) = await stage.claim("slow", worker="w1")
        await age(stage, first, 6_000)
        (second,) = await stage.claim("slow", worker="w2")
        assert (second.id, second.inputs) == ("r1/0/1/1", first.inputs)
        assert second.token != first.token
        await stage.report(first, output="late")
        await stage.report(second)
        await wait_until(lambda: completed(stage, "r1"))
    attempts = (await stage.history("r1"))[0, 1].task.attempts
    assert [attempt.status.name for attempt in attempts] == ["TASK_TIMEOUT", "TASK_SUCCESS"]
    assert (attempts[0].worker_id, attempts[0].error[0]) == ("w1", "TIMEOUT")
    assert attempts[0].ended_ms - attempts[0].started_ms >= 5_000
    assert await stage.leftovers() == []


async def completed(stage: Stage, run: str) -> bool:
    return await stage.status(run) == "COMPLETED"


async def test_a_task_that_is_held_for_too_long_too_often_fails_its_run(stage: Stage):
    spec = await stage.spec(slow(retries=1))
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        for _ in range(2):
            (task,) = await stage.claim("slow")
            await age(stage, task, 6_000)
        await wait_until(lambda: failed(stage, "r1"))
    assert (await stage.history("r1"))[0, 1].failures[0].name == "TIMEOUT"
    assert await stage.leftovers() == []


async def failed(stage: Stage, run: str) -> bool:
    return await stage.status(run) == "ERROR"


async def test_a_heartbeat_keeps_the_task(stage: Stage):
    await stage.start("r1", await stage.spec(slow(retries=0)))
    (task,) = await stage.claim("slow")
    reclaimer = Reclaimer(stage.redis)
    await age(stage, task, 6_000)
    (work,) = await found_by(reclaimer, "slow")
    assert (work.wf_run_id, work.event.token, work.event.worker_id) == ("r1", task.token, "w1")
    await heartbeat(stage, task)
    assert await found_by(reclaimer, "slow") == []


async def test_a_task_that_is_held_for_less_than_its_timeout_is_left_alone(stage: Stage):
    await stage.start("r1", await stage.spec(slow(retries=0)))
    (task,) = await stage.claim("slow")
    await age(stage, task, 4_000)
    assert await found_by(Reclaimer(stage.redis), "slow") == []


async def test_a_task_that_nobody_has_taken_does_not_time_out(stage: Stage):
    await stage.start("r1", await stage.spec(slow(retries=0)))
    await ensure_groups(stage.redis, [stream for _, stream in streams("slow")])
    assert await found_by(Reclaimer(stage.redis), "slow") == []


async def test_nothing_is_found_where_there_is_nothing(stage: Stage):
    reclaimer = Reclaimer(stage.redis)
    assert await found_by(reclaimer) == []
    assert await found_by(reclaimer, "missing") == []


async def test_more_claims_than_fit_into_one_pass_are_found_page_by_page(stage: Stage):
    spec = await stage.spec(slow(retries=0))
    count = 3 * PAGE_CLAIMS_MAX
    works = [f"r{i}" for i in range(count)]
    for run in works:
        await stage.start(run, spec)
    tasks: list[ScheduledTask] = []
    while len(tasks) < count:
        tasks += await stage.claim("slow", count=count)
    for task in tasks:
        await age(stage, task, 6_000)
    reclaimer = Reclaimer(stage.redis)
    pages = [await found_by(reclaimer, "slow") for _ in range(4)]
    assert max(map(len, pages)) <= PAGE_CLAIMS_MAX * PARTITIONS
    assert {work.wf_run_id for page in pages for work in page} == set(works)


async def test_more_streams_than_fit_into_one_pass_take_turns(stage: Stage):
    names = [f"t{i}" for i in range(STREAMS_MAX)]  # in two partitions: twice as many streams
    for name in (names[0], names[-1]):
        for partition in range(PARTITIONS):
            stream = keys.tasks(partition, T, name)
            await ensure_groups(stage.redis, [stream])
            payload = (
                f'{{"task":"{name}-{partition}/0/1/0","token":"t","tenant":"{T}","task_def":"{name}","node":"n",'
                f'"inputs":{{}},"timeout_ms":1000,"scheduled_ms":1}}'
            )
            entry = await stage.redis.xadd(stream, {"task": payload})
            await stage.redis.execute_command(
                "XREADGROUP", "GROUP", keys.WORKERS, "w1", "STREAMS", stream, ">"
            )
            await stage.redis.xclaim(stream, keys.WORKERS, "w1", 0, [entry], idle=9_000, justid=True)
    reclaimer = Reclaimer(stage.redis)
    first, second = [await found_by(reclaimer, *names) for _ in range(2)]
    assert len(first) == len(second) == 2
    assert {work.wf_run_id for work in first + second} == {
        f"{name}-{partition}" for name in (names[0], names[-1]) for partition in range(PARTITIONS)
    }


async def test_a_claim_whose_entry_is_gone_or_holds_no_task_is_dropped(stage: Stage):
    stream = keys.tasks(0, T, "slow")
    await ensure_groups(stage.redis, [stream])
    gone, no_task = [await stage.redis.xadd(stream, {"task": "nonsense"}) for _ in range(2)]
    await stage.redis.execute_command("XREADGROUP", "GROUP", keys.WORKERS, "w1", "STREAMS", stream, ">")
    for entry in (gone, no_task):
        await stage.redis.xclaim(stream, keys.WORKERS, "w1", 0, [entry], idle=9_000, justid=True)
    await stage.redis.xdel(stream, gone)
    assert await found_by(Reclaimer(stage.redis), "slow") == []
    (group,) = await stage.redis.xinfo_groups(stream)
    assert group["pending"] == 0


async def test_a_retry_has_a_timeout_of_its_own(stage: Stage):
    """LittleHorse's issue 2339: the timeout of a retry got lost, and the run hung for ever. Here each
    attempt but the first one is reached in another way: by a failure, after a wait, by a timeout."""

    def story(wf: WorkflowThread) -> None:
        backoff = ExponentialBackoffRetryPolicy(base_interval_ms=1, max_delay_ms=1, multiplier=1)
        wf.execute("slow", timeout_seconds=5, retries=1)
        wf.execute("slow", timeout_seconds=5, retries=2, exponential_backoff=backoff)

    async with working(stage.scheduler("s1")):
        await stage.start("r1", await stage.spec(story))
        for status in ("TASK_FAILED", "TASK_SUCCESS", "TASK_FAILED"):
            (task,) = await stage.claim("slow")
            await stage.report(task, status=status)
        for attempt in (1, 2):
            (task,) = await stage.claim("slow")
            assert task.id == f"r1/0/2/{attempt}"
            await age(stage, task, 6_000)
        await wait_until(lambda: failed(stage, "r1"))
    attempts = (await stage.history("r1"))[0, 2].task.attempts
    assert [one.status.name for one in attempts] == ["TASK_FAILED", "TASK_TIMEOUT", "TASK_TIMEOUT"]
    assert await stage.leftovers() == []


async def test_timeouts_of_partitions_that_were_handed_over_do_not_hold_up_the_others(stage: Stage):
    """Nobody looks for timeouts while some wait for a batch: they must not wait for one that never comes.
    Seed 12556 of the simulation."""
    spec = await stage.spec(slow(retries=1))
    await stage.start("r1", spec)
    (task,) = await stage.claim("slow")
    await age(stage, task, 6000)
    scheduler = stage.scheduler("s1")
    lane = scheduler.lanes[task.partition % len(scheduler.lanes)]
    lane.add_works(await Reclaimer(stage.redis).run_once(streams("slow"), now_ms()))
    assert lane.has_works
    await lane.run_once()
    assert not lane.has_works
    assert len(await found_by(Reclaimer(stage.redis), "slow")) == 1
