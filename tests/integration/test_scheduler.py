"""The story of schedulers: they carry results and timers to the runs, one after the other or side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis.exceptions import ConnectionError

from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition
from lhredis.scheduler.ownership import preferred
from lhredis.scheduler.process import Scheduler
from lhredis.scheduler.service import serve
from lhredis.scheduler.timers import LOOK_MS_MAX, Timers
from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.counters import Counters
from lhredis.store import keys, outage
from lhredis.store.counters import totals
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, divide_again, now_ms, partition_of, working
from tests.support import wait_until


def plain(wf: WorkflowThread) -> None:
    wf.execute("plain")


async def ended(stage: Stage, *runs: str) -> bool:
    return all([await stage.status(run) != "RUNNING" for run in runs])


async def until_ended(stage: Stage, scheduler: Scheduler, *runs: str) -> None:
    """Let the scheduler do one batch after the other."""

    async def one_more() -> bool:
        await scheduler.run_once()
        return await ended(stage, *runs)

    await wait_until(one_more)


async def test_a_run_goes_from_task_to_task_and_leaves_nothing_behind(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        for _ in range(3):
            n.assign(wf.execute("double", n))
        wf.complete(n)

    await stage.task("double", "INT", x="INT")
    spec = await stage.spec(story)
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        for _ in range(3):
            (task,) = await stage.claim("double")
            await stage.report(task, output=task.inputs["x"] * 2)
        await wait_until(lambda: ended(stage, "r1"))
    run = await stage.run("r1")
    assert (run.status.name, run.threads[0].output) == ("COMPLETED", 8)
    assert await stage.leftovers() == []


async def test_one_entry_may_bring_many_results(stage: Stage):
    spec = await stage.spec(plain)
    runs = [f"r{i}" for i in range(10)]
    for run in runs:
        await stage.start(run, spec)
    tasks = await stage.claim("plain", count=10)
    for partition in range(PARTITIONS):
        fields: list[bytes] = []
        for task in tasks:
            if task.partition == partition:
                form = {
                    "task": task.id,
                    "token": task.token,
                    "tenant": T,
                    "task_def": "plain",
                    "entry": task.entry,
                }
                fields += [b"result", orjson.dumps(form | {"status": "TASK_SUCCESS"})]
        await stage.redis.execute_command("XADD", keys.results(partition), "*", *fields)
    scheduler = stage.scheduler("s1")
    await scheduler.ownership.run_once()
    await until_ended(stage, scheduler, *runs)
    assert await stage.leftovers() == []


async def test_two_schedulers_share_the_partitions_and_all_runs_end(stage: Stage):
    spec = await stage.spec(plain)
    first, second = names_that_share()
    schedulers = stage.scheduler(first, 1_000), stage.scheduler(second, 1_000)
    runs = [f"r{i}" for i in range(20)]
    async with working(*schedulers):
        await wait_until(lambda: [len(s.ownership.held) for s in schedulers] == [1, 1])
        for run in runs:
            await stage.start(run, spec)
        for _ in runs:
            (task,) = await stage.claim("plain")
            await stage.report(task)
        await wait_until(lambda: ended(stage, *runs))
    assert await stage.leftovers() == []


def names_that_share() -> tuple[str, str]:
    """Two ids of which each is preferred for one of the two partitions."""
    pairs = (("a", f"b{i}") for i in range(1000))
    return next(pair for pair in pairs if {preferred(0, [*pair]), preferred(1, [*pair])} == set(pair))


async def test_a_service_that_asks_redis_nothing_does_not_say_that_redis_works(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """A lane whose leases are over has nothing to ask, and succeeds at it."""
    monkeypatch.setattr(outage, "WORKS_S_MIN", 0.0)
    stopping = asyncio.Event()
    passes = 0

    async def fails_once() -> int:
        nonlocal passes
        passes += 1
        if passes == 1:
            raise ConnectionError("gone")
        if passes == 4:
            stopping.set()
        return 1

    await serve("steps", fails_once, 0, stopping, asks=lambda: False)
    assert (passes, caplog.messages) == (4, ["steps waits for Redis: gone"])
    stopping.clear()
    passes = 0
    await serve("steps", fails_once, 0, stopping, asks=lambda: passes >= 4)
    assert caplog.messages[-1].startswith("steps: Redis works again") and len(caplog.messages) == 3


@pytest.mark.parametrize(
    "member", ["no timer", "newer/acme/r1/0/1/0", "node/acme/r1/0/x/0", b"node/acme/\xff/0/1/0"]
)
async def test_what_is_no_timer_is_set_aside_and_those_behind_it_fire(stage: Stage, member: str | bytes):
    spec = await stage.spec(lambda wf: wf.sleep(1))
    await stage.redis.zadd(keys.timers(partition_of("r1")), {member: 1})
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        await wait_until(lambda: ended(stage, "r1"))
    (aside,) = await stage.quarantined()
    assert aside[b"event"] == (member if isinstance(member, bytes) else member.encode())
    assert (await totals(stage.redis))["unreadable_timers"] == 1
    assert await stage.leftovers() == []


async def test_a_scheduler_that_leaves_hands_over_at_once(stage: Stage):
    """Its lease is an hour: without a hand-over nobody would take it."""
    first, second = stage.scheduler("s1", 3_600_000), stage.scheduler("s2", 3_600_000)
    async with working(first):
        await wait_until(lambda: len(first.ownership.held) == PARTITIONS)
    assert not any([await stage.redis.exists(keys.owner(p)) for p in range(PARTITIONS)])
    assert await stage.redis.zcard(keys.schedulers()) == 0
    await second.ownership.run_once()
    assert second.ownership.held == list(range(PARTITIONS))


async def test_a_scheduler_that_dies_is_followed_when_its_lease_is_over(stage: Stage):
    """The dead one has claimed everything and never says another word; its results are worked on."""
    spec = await stage.spec(plain)
    dead = stage.scheduler("dead", lease_ms=300)
    await dead.ownership.run_once()
    await dead.run_once()
    assert dead.ownership.held == list(range(PARTITIONS))
    runs = ["r1", "r2", "r3", "r4"]
    for run in runs:
        await stage.start(run, spec)
    for task in await stage.claim("plain", count=4):
        await stage.report(task)
    async with working(stage.scheduler("alive", lease_ms=300)):
        await wait_until(lambda: ended(stage, *runs))
    assert await stage.leftovers() == []
    assert dead.ownership.held == []


async def test_a_scheduler_ends_when_redis_was_emptied_and_divided_in_another_way(stage: Stage):
    """It would go on with partitions that nobody else knows."""
    await stage.join()
    running = asyncio.create_task(stage.scheduler("s1").run(asyncio.Event()))
    await wait_until(lambda: owned(stage))
    await divide_again(stage.redis, PARTITIONS + 1)
    with pytest.raises(FailedPrecondition, match="Start this process again"):
        await asyncio.wait_for(running, 20)
    assert not await owned(stage), "it has handed over"


async def owned(stage: Stage) -> bool:
    return bool(await stage.redis.exists(keys.owner(0)))


async def test_nobody_takes_a_partition_whose_lease_runs(stage: Stage):
    first, second = stage.scheduler("s1"), stage.scheduler("s2")
    await first.ownership.run_once()
    await stage.redis.zrem(keys.schedulers(), "s1")  # nobody sees it, but its leases run
    await second.ownership.run_once()
    assert second.ownership.held == []
    assert await second.run_once() == 0


async def test_two_schedulers_that_both_think_they_own_a_partition_stay_correct(stage: Stage):
    """Leases are for order and speed; that each result counts once is the commit's matter."""

    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 0)
        for _ in range(5):
            n.assign(n + wf.execute("give"))
        wf.complete(n)

    await stage.task("give", "INT")
    spec = await stage.spec(story)
    twins = [stage.scheduler("s1"), stage.scheduler("s1")]
    runs = [f"r{i}" for i in range(6)]
    async with working(*twins):
        for run in runs:
            await stage.start(run, spec)
        for _ in range(5 * len(runs)):
            (task,) = await stage.claim("give")
            await stage.report(task, output=1)
        await wait_until(lambda: ended(stage, *runs))
    assert [(await stage.run(run)).threads[0].output for run in runs] == [5] * len(runs)
    assert await stage.leftovers() == []


@pytest.mark.parametrize("arrives", [True, False], ids=["after the commit", "before the commit"])
async def test_a_connection_that_breaks_loses_nothing_and_does_nothing_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, arrives: bool
):
    true_run_all = stepper_module.run_all
    calls = []

    async def run_all(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) % 2:
            if arrives:
                await true_run_all(*args, **options)
            raise ConnectionError("the connection broke")
        return await true_run_all(*args, **options)

    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 0)
        for _ in range(4):
            n.assign(n + wf.execute("give"))
        wf.sleep(0)
        wf.complete(n)

    await stage.task("give", "INT")
    spec = await stage.spec(story)
    for run in ("r1", "r2"):
        await stage.start(run, spec)
    monkeypatch.setattr(stepper_module, "run_all", run_all)
    async with working(stage.scheduler("s1")):
        for _ in range(8):
            (task,) = await stage.claim("give")
            await stage.report(task, output=1)
        await wait_until(lambda: ended(stage, "r1", "r2"))
    assert len(calls) >= 3
    assert [(await stage.run(run)).threads[0].output for run in ("r1", "r2")] == [4, 4]
    assert await stage.leftovers() == []


async def test_results_that_cannot_be_read_are_set_aside_and_the_others_count(stage: Stage):
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    bad: list[bytes] = [b"nonsense", b"[]", b"{}", orjson.dumps({"task": task.id, "status": "TASK_SUCCESS"})]
    good = {"task": task.id, "token": task.token, "tenant": T, "task_def": "plain", "status": "TASK_SUCCESS"}
    for entry in ("abc", "", None, 5, "99999999999999999999999-0"):
        bad.append(orjson.dumps(good | {"entry": entry}))
    for data in bad:
        await stage.redis.xadd(keys.results(task.partition), {"result": data, "other": "field"})
    await stage.redis.xadd(keys.results(task.partition), {"unknown": "field"})
    bad.append(b"unknown field")
    await stage.report(task, output={"$timestamp": "0001-01-01T00:00:00+14:00"})
    scheduler = stage.scheduler("s1")
    await scheduler.ownership.run_once()
    await until_ended(stage, scheduler, "r1")
    assert (await stage.history("r1"))[0, 1].failures[0].name == "VAR_MUTATION_ERROR"
    assert [aside[b"event"] for aside in await stage.quarantined()] == bad
    assert all(
        b"Error" in aside[b"traceback"] or b"an entry without a result" in aside[b"traceback"]
        for aside in await stage.quarantined()
    )
    assert scheduler.counters._counts["unreadable_results"] == len(bad)
    assert await stage.leftovers() == []


async def test_a_sleep_ends_and_never_early(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        wf.sleep_until(wf.declare_int("until").required())

    spec = await stage.spec(story)
    due = {f"r{i}": now_ms() + 50 * i for i in range(1, 9)}
    async with working(stage.scheduler("s1")):
        for run, due_ms in due.items():
            await stage.start(run, spec, until=due_ms)
        await wait_until(lambda: ended(stage, *due))
    for run, due_ms in due.items():
        ended_ms = (await stage.run(run)).ended_ms
        assert ended_ms is not None and ended_ms >= due_ms
    assert await stage.leftovers() == []


async def test_a_timer_that_was_set_from_outside_wakes_a_scheduler_that_waits(stage: Stage):
    spec = await stage.spec(lambda wf: wf.sleep(1))
    scheduler = stage.scheduler("s1")
    async with working(scheduler):
        await wait_until(lambda: len(scheduler.ownership.held) == PARTITIONS)
        await stage.start("r1", spec)
        await wait_until(lambda: inbox_is_empty(stage))
        await wait_until(lambda: ended(stage, "r1"))


async def inbox_is_empty(stage: Stage) -> bool:
    return not any([await stage.redis.xlen(keys.inbox(p)) for p in range(PARTITIONS)])


async def test_a_retry_waits_for_its_time(stage: Stage):
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=200, multiplier=1, max_delay_ms=200)
    spec = await stage.spec(lambda wf: wf.execute("plain", retries=1, exponential_backoff=policy))
    async with working(stage.scheduler("s1")):
        await stage.start("r1", spec)
        (first,) = await stage.claim("plain")
        await stage.report(first, "TASK_FAILED", error="broken")
        (second,) = await stage.claim("plain")
        assert second.id == "r1/0/1/1" and second.token != first.token
        attempts = (await stage.run("r1")).threads[0].node.task.attempts
        assert attempts[1].scheduled_ms >= attempts[0].ended_ms + 200
        await stage.report(first)
        await stage.report(second)
        await wait_until(lambda: ended(stage, "r1"))
    assert await stage.status("r1") == "COMPLETED"
    assert await stage.leftovers() == []


async def test_the_timers_of_a_dead_scheduler_fire_at_its_successor(stage: Stage):
    spec = await stage.spec(lambda wf: wf.sleep(1))
    dead = stage.scheduler("dead", lease_ms=200)
    await dead.ownership.run_once()
    await stage.start("r1", spec)
    await dead.run_once()
    async with working(stage.scheduler("alive", lease_ms=200)):
        await wait_until(lambda: ended(stage, "r1"))
    assert await stage.status("r1") == "COMPLETED"


async def test_a_scheduler_learns_of_a_deleted_task_def(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        wf.execute("plain")
        wf.execute("doomed")

    spec = await stage.spec(story)
    scheduler = stage.scheduler("s1")
    async with working(scheduler):
        for run in ("r1", "r2"):
            await stage.start(run, spec)
        tasks = await stage.claim("plain", count=2)
        if len(tasks) < 2:
            tasks += await stage.claim("plain")
        await stage.report(tasks[0])
        await stage.claim("doomed")
        await stage.api.metadata.delete_task_def(T, "doomed")
        await wait_until(lambda: spec not in scheduler.programs.world(T).programs)
        await stage.report(tasks[1])
        name = tasks[1].id.split("/")[0]
        await wait_until(lambda: ended(stage, name))
    assert (await stage.history(name))[0, 2].failures[0].name == "TASK_ERROR"


async def test_a_scheduler_without_partitions_does_nothing(stage: Stage):
    assert await stage.scheduler("s1").run_once() == 0


async def test_a_service_goes_on_after_any_error():
    stopping = asyncio.Event()
    passes: list[int] = []

    async def run_once() -> int:
        passes.append(1)
        if len(passes) == 1:
            raise ConnectionError("Redis is away")
        if len(passes) == 2:
            raise ZeroDivisionError("a bug")
        stopping.set()
        return 0

    await asyncio.wait_for(serve("test", run_once, 0, stopping), 10)
    assert len(passes) == 3


async def test_a_service_that_pauses_stops_at_once():
    stopping = asyncio.Event()

    async def nothing() -> int:
        return 0

    running = asyncio.create_task(serve("test", nothing, 3600, stopping))
    await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(running, 10)


async def test_a_scheduler_outlives_a_server_that_is_killed(tmp_path: Path):
    with EmbeddedServer(tmp_path, durability="fsync") as server:
        stage = Stage(server.url)
        spec = await stage.spec(lambda wf: [wf.execute("plain"), wf.sleep(1), wf.execute("plain")])
        async with working(stage.scheduler("s1", lease_ms=500)):
            await stage.start("r1", spec)
            (task,) = await stage.claim("plain")
            await stage.report(task)
            await wait_until(lambda: moved(stage, "r1", 2))
            server.kill()
            server.start()
            (task,) = await stage.claim("plain")
            await stage.report(task)
            await wait_until(lambda: ended(stage, "r1"))
        assert await stage.status("r1") == "COMPLETED"
        assert await stage.leftovers() == []
        await stage.close()


async def moved(stage: Stage, run: str, position: int) -> bool:
    return (await stage.run(run)).threads[0].position >= position


async def test_timers_are_looked_at_when_the_next_one_is_due_and_not_before(stage: Stage):
    timers = Timers(stage.redis, Counters())
    assert timers.wait_ms(1000) == 0
    assert await timers.due([0], 1000) == {}
    assert timers.wait_ms(1000) == LOOK_MS_MAX
    await stage.redis.zadd(keys.timers(0), {"node/acme/r1/0/1/0": 1040, "node/acme/r2/0/1/0": 1100})
    assert await timers.due([0], 1040) == {}  # nobody told it
    timers.look_by(1040)
    assert (timers.wait_ms(1030), timers.wait_ms(1040)) == (10, 0)
    (work,) = (await timers.due([0], 1040))[0]
    assert (work.wf_run_id, work.event.due_ms, work.event.now_ms) == ("r1", 1040, 1040)
    assert work.done == [("ZREM", keys.timers(0), "node/acme/r1/0/1/0")]
    assert timers.wait_ms(1041) == 59  # the next one
    timers.look_by(1200)
    assert timers.wait_ms(1041) == 59
    timers.look_now()
    assert timers.wait_ms(1041) == 0
