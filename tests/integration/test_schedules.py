"""The story of ticks: each starts one run, whoever dies, and whatever is carried twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule, begin, pause, resume
from lhredis.model.enums import MissedTicks
from lhredis.scheduler.process import Scheduler
from lhredis.scheduler.schedule_watch import _started_again
from lhredis.scheduler.ticks import ticked
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.schedules import StoredSchedule, load_schedules, timer_member
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of, working
from tests.support import wait_until

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def hourly() -> str:
    """A cron expression whose last tick is a minute ago: the next one is not while a test runs."""
    return f"{(now_ms() - MINUTE_MS) // MINUTE_MS % 60} * * * *"


def ten_minutes_ago() -> int:
    """When schedules were made that have one tick due."""
    return now_ms() - 10 * MINUTE_MS


def instant(wf: WorkflowThread) -> None:
    wf.declare_int("n", 1)


class Died(Exception):
    """kill -9, as far as a test in one process can tell."""


class Town:
    """A stage with schedules on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.schedules = Schedules(stage.redis, PARTITIONS)

    async def schedule(
        self,
        id: str,
        spec: SpecVersion,
        cron: str | None = "hourly",
        created_ms: int | None = None,
        missed: MissedTicks = MissedTicks.SKIP,
        **more: Any,
    ) -> Schedule:
        """A schedule that was made at this time (now): ticks since then are due."""
        at_ms = created_ms if created_ms is not None else now_ms()
        variables, parent_id = more.get("variables", {}), more.get("parent_id")
        if cron == "hourly":
            cron = hourly()
        made = Schedule(id, spec, variables, parent_id, cron, more.get("start_ms"), "UTC", missed, at_ms)
        begin(made, UTC)
        await self.change(id, lambda _: made)
        return made

    async def change(self, id: str, change: Callable[[Any], Schedule | None]) -> None:
        one = ScheduleChange(T, id, lambda there: Changed(change(there)))
        await self.schedules.advance([one], now_ms())
        assert one.error is None

    async def stored(self, id: str) -> StoredSchedule:
        (found,) = await load_schedules(self.stage.redis, PARTITIONS, [(T, id)])
        return found

    async def now(self, id: str) -> Schedule:
        found = (await self.stored(id)).schedule
        assert found is not None, f"there is no schedule {id}"
        return found

    async def timer(self, id: str) -> float | None:
        score = await self.stage.redis.zscore(keys.timers(partition_of(id)), timer_member(T, id))
        return float(score) if score is not None else None

    async def runs(self) -> list[str]:
        pattern = f"lh:{{p*}}:run:{T}:*"
        return sorted([key.decode().rpartition(":")[2] async for key in self.stage.redis.scan_iter(pattern)])

    async def settled(self) -> bool:
        """No message is under way."""
        lengths = [await self.stage.redis.xlen(keys.inbox(partition)) for partition in range(PARTITIONS)]
        return sum(lengths) == 0


@pytest.fixture
def town(stage: Stage) -> Town:
    return Town(stage)


async def turns(scheduler: Scheduler, town: Town) -> None:
    """The scheduler works until nothing is due and nothing is under way."""
    await scheduler.ownership.run_once()

    async def done() -> bool:
        moved = await scheduler.run_once()
        return moved == 0 and await town.settled()

    await wait_until(done)


async def test_a_tick_that_is_due_starts_a_run_with_the_variables_of_the_schedule(town: Town):
    spec = await town.stage.spec(lambda wf: wf.complete(wf.declare_int("n", 1)))
    made = await town.schedule("nightly", spec, created_ms=ten_minutes_ago(), variables={"n": 7})
    assert await town.timer("nightly") == made.next_ms
    await turns(town.stage.scheduler("s1"), town)

    (wf_run_id,) = await town.runs()
    run = await town.stage.run(wf_run_id)
    assert (run.status.name, run.threads[0].output) == ("COMPLETED", 7)
    after = await town.now("nightly")
    assert after.last_wf_run_id == wf_run_id
    assert after.next_ms is not None and after.next_ms > now_ms()
    assert await town.timer("nightly") == after.next_ms


async def test_a_scheduler_sleeps_until_the_tick_and_fires_it_then(town: Town):
    spec = await town.stage.spec(instant)
    async with working(town.stage.scheduler("s1")):
        start_ms = now_ms() + 400
        await town.schedule("once", spec, cron=None, start_ms=start_ms)
        await wait_until(town.runs)
    run = await town.stage.run("once")
    assert 0 <= run.started_ms - start_ms < 500


async def test_a_single_start_runs_under_the_id_of_the_schedule_which_then_is_gone(town: Town):
    spec = await town.stage.spec(instant)
    await town.schedule("once", spec, cron=None, start_ms=now_ms() - 1)
    await turns(town.stage.scheduler("s1"), town)
    assert await town.runs() == ["once"]
    assert (await town.stored("once")).version == 0
    assert await town.stage.leftovers() == []
    assert not [key async for key in town.stage.redis.scan_iter("lh:{p*:*schedule*")]


async def test_two_schedulers_that_see_the_same_tick_start_one_run(town: Town):
    spec = await town.stage.spec(instant)
    made = await town.schedule("nightly", spec, created_ms=ten_minutes_ago())
    assert made.next_ms is not None
    for _ in range(2):
        other = Schedules(town.stage.client(), PARTITIONS)
        await other.advance([ticked(T, "nightly", made.next_ms, now_ms())], now_ms())
    await turns(town.stage.scheduler("s1"), town)
    assert len(await town.runs()) == 1
    assert await town.timer("nightly") == (await town.now("nightly")).next_ms


async def test_ticks_at_the_same_moment_from_two_processes_commit_once(town: Town):
    """The second one has loaded before the first commits: its commit is stale."""
    spec = await town.stage.spec(instant)
    made = await town.schedule("nightly", spec, created_ms=ten_minutes_ago())
    due_ms = made.next_ms
    assert due_ms is not None
    slow, rounds = ticked(T, "nightly", due_ms, now_ms()), 0
    slow_apply, late = slow.apply, []

    def apply(schedule: Schedule | None) -> Changed:
        nonlocal rounds
        rounds += 1
        changed = slow_apply(schedule)
        late.append(len(changed.starts))
        return changed

    slow.apply = apply
    mine = Schedules(town.stage.client(), PARTITIONS)
    stored, load = await town.stored("nightly"), load_schedules
    await Schedules(town.stage.client(), PARTITIONS).advance(
        [ticked(T, "nightly", due_ms, now_ms())], now_ms()
    )

    async def first_as_it_was(*args: Any) -> list[StoredSchedule]:
        return [stored] if rounds == 0 else await load(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lhredis.stepper.schedules.load_schedules", first_as_it_was)
        await mine.advance([slow], now_ms())
    assert late == [1, 0]
    await turns(town.stage.scheduler("s1"), town)
    assert len(await town.runs()) == 1


DEATHS = {
    "before its commit": ("_schedules", "advance"),
    "with the message still to be carried": ("_starter", "begin"),
    "after the start, before the schedule hears of it": ("_starter", "outcomes"),
    "before the message is deleted": ("_relay", "carried"),
}


@pytest.mark.parametrize("moment", DEATHS)
@pytest.mark.parametrize("cron", ["hourly", None])
async def test_a_scheduler_dies_in_the_middle_of_a_tick_and_its_run_starts_once(
    town: Town, moment: str, cron: str | None, monkeypatch: pytest.MonkeyPatch
):
    spec = await town.stage.spec(lambda wf: wf.execute("plain"))
    then_ms = ten_minutes_ago()
    await town.schedule("nightly", spec, cron=cron, created_ms=then_ms, start_ms=None if cron else then_ms)

    async def die(*args: Any) -> None:
        raise Died

    dying, died = town.stage.scheduler("s1", lease_ms=60_000), False
    for lane in dying.lanes:
        monkeypatch.setattr(getattr(lane, DEATHS[moment][0]), DEATHS[moment][1], die)
    await dying.ownership.run_once()

    async def has_died() -> bool:
        nonlocal died
        try:
            await dying.run_once()
        except Died:
            died = True
        return died

    await wait_until(has_died)
    await dying.ownership.leave()
    await turns(town.stage.scheduler("s2"), town)
    assert len(await town.runs()) == 1
    assert len(await town.stage.claim("plain", count=10)) == 1
    if cron is not None:
        assert (await town.now("nightly")).error is None
    else:
        assert (await town.stored("nightly")).schedule is None


async def test_a_message_that_comes_again_while_the_run_goes_on_is_no_error(town: Town):
    spec = await town.stage.spec(lambda wf: wf.execute("plain"))
    await town.schedule("nightly", spec, created_ms=ten_minutes_ago())
    inbox = keys.inbox(partition_of("nightly"))
    first, second = town.stage.scheduler("s1"), town.stage.scheduler("s2")
    await first.ownership.run_once()
    await wait_until(lambda: _messages(first, town, inbox))
    (fields,) = await _starts(town, inbox)
    await turns(first, town)
    (wf_run_id,) = await town.runs()
    (task,) = await town.stage.claim("plain")
    await town.stage.report(task)
    await town.stage.redis.xadd(inbox, fields)
    await first.ownership.leave()
    await turns(second, town)
    assert await town.runs() == [wf_run_id]
    assert (await town.stage.status(wf_run_id)) == "COMPLETED"
    assert (await town.now("nightly")).error is None


async def _starts(town: Town, inbox: str) -> list[dict[Any, Any]]:
    entries = await town.stage.redis.xrange(inbox)
    return [fields for _, fields in entries if b"starts" in fields]


async def _messages(scheduler: Scheduler, town: Town, inbox: str) -> bool:
    """One turn; is the message of a tick in the inbox now?"""
    await scheduler.run_once()
    return bool(await _starts(town, inbox))


async def test_a_run_of_somebody_else_that_has_the_id_refuses_the_start(town: Town):
    spec = await town.stage.spec(instant)
    await town.stage.start("once", spec)
    await town.schedule("once", spec, cron=None, start_ms=now_ms())
    await turns(town.stage.scheduler("s1"), town)
    error = (await town.now("once")).error
    assert error is not None and "already exists" in error.message


async def test_a_start_of_a_spec_that_is_gone_shows_on_the_schedule_which_goes_on(town: Town):
    spec = await town.stage.spec(instant)
    await town.schedule("nightly", spec, created_ms=ten_minutes_ago())
    await town.stage.api.metadata.delete_wf_spec(T, spec)
    await turns(town.stage.scheduler("s1"), town)
    after = await town.now("nightly")
    assert after.error is not None and "there is no WfSpec" in after.error.message
    assert after.error.wf_run_id == after.last_wf_run_id
    assert after.next_ms is not None and after.next_ms > now_ms()
    assert await town.runs() == []
    assert await town.stage.quarantined() == []


async def test_a_start_that_the_engine_refuses_shows_on_the_schedule_until_one_succeeds(town: Town):
    spec = await town.stage.spec(lambda wf: wf.declare_int("n").required())
    await town.schedule("nightly", spec, created_ms=ten_minutes_ago())
    scheduler = town.stage.scheduler("s1")
    await turns(scheduler, town)
    error = (await town.now("nightly")).error
    assert error is not None and "'n' is required" in error.message

    def mend(schedule: Schedule) -> Schedule:
        schedule.variables, schedule.next_ms = {"n": 1}, now_ms()
        return schedule

    await town.change("nightly", mend)
    await turns(scheduler, town)
    assert (await town.now("nightly")).error is None
    assert len(await town.runs()) == 1


async def test_after_a_long_night_skip_starts_one_run_and_catch_up_every_one(town: Town):
    spec = await town.stage.spec(instant)
    night_ms = ten_minutes_ago() - 39 * HOUR_MS
    await town.schedule("skips", spec, created_ms=night_ms)
    await town.schedule("catches-up", spec, created_ms=night_ms, missed=MissedTicks.CATCH_UP)
    await turns(town.stage.scheduler("s1"), town)
    runs = await town.runs()
    assert len([run for run in runs if run.startswith("skips-")]) == 1
    assert len([run for run in runs if run.startswith("catches-up-")]) == 40
    assert len(runs) == len(set(runs))


async def test_a_paused_schedule_has_no_timer_until_it_is_resumed(town: Town):
    spec = await town.stage.spec(instant)
    await town.schedule("nightly", spec, created_ms=ten_minutes_ago())

    def resumed(schedule: Schedule) -> Schedule:
        resume(schedule, UTC, now_ms())
        return schedule

    await town.change("nightly", _paused)
    assert await town.timer("nightly") is None
    await turns(town.stage.scheduler("s1"), town)
    assert await town.runs() == []
    await town.change("nightly", resumed)
    timer = await town.timer("nightly")
    assert timer is not None and timer > now_ms() - 1000


async def test_the_timer_of_a_schedule_that_is_gone_goes_without_a_trace(town: Town):
    timers = keys.timers(partition_of("gone"))
    await town.stage.redis.zadd(timers, {timer_member(T, "gone"): 1})
    await turns(town.stage.scheduler("s1"), town)
    assert await town.stage.leftovers() == []


async def test_a_schedule_whose_time_zone_is_gone_is_paused_and_the_others_go_on(town: Town):
    spec = await town.stage.spec(instant)
    for name in ("lost", "fine"):
        await town.schedule(name, spec, created_ms=ten_minutes_ago())

    def lose(schedule: Schedule) -> Schedule:
        schedule.zone = "Europe/Atlantis"
        return schedule

    await town.change("lost", lose)
    await turns(town.stage.scheduler("s1"), town)
    lost = await town.now("lost")
    assert lost.paused and lost.error is not None and "Atlantis" in lost.error.message
    (run,) = await town.runs()
    assert run.startswith("fine-")


async def test_a_schedule_that_cannot_be_read_does_not_stop_the_others(town: Town):
    spec = await town.stage.spec(instant)
    for name in ("damaged", "fine"):
        await town.schedule(name, spec, created_ms=ten_minutes_ago())
    key = keys.schedule(partition_of("damaged"), T, "damaged")
    await town.stage.redis.hset(key, "state", "[")
    await turns(town.stage.scheduler("s1"), town)
    (run,) = await town.runs()
    assert run.startswith("fine-")
    assert await town.timer("damaged") is None


async def test_a_child_of_a_parent_that_is_gone_is_refused(town: Town):
    parent = await town.stage.spec(lambda wf: wf.sleep(1000), "parent")

    def child(wf: WorkflowThread) -> None:
        pass

    spec = await town.stage.spec(child, "orphan")
    await town.schedule("nightly", spec, created_ms=ten_minutes_ago(), parent_id="p")
    await turns(town.stage.scheduler("s1"), town)
    error = (await town.now("nightly")).error
    assert error is not None and "there is no WfRun 'p' to be the parent" in error.message
    assert parent.name == "parent"


async def test_the_timer_of_a_schedule_that_is_gone_from_its_partition_is_set_again(town: Town):
    spec = await town.stage.spec(instant)
    names = [f"s{number}" for number in range(6)]
    for name in names:
        await town.schedule(name, spec, "5 0 1 8 *")
    await town.change("s0", _paused)
    watch = town.stage.scheduler("s1").schedule_watch
    partitions = list(range(PARTITIONS))
    assert [await watch.run_once(partitions, now_ms()) for _ in partitions] == [0] * PARTITIONS
    for partition in partitions:
        await town.stage.redis.delete(keys.timers(partition))
    assert sum([await watch.run_once(partitions, now_ms()) for _ in partitions]) == 5
    for name in names[1:]:
        assert await town.timer(name) == (await town.now(name)).next_ms
    assert await town.timer("s0") is None


async def test_a_single_start_whose_message_is_gone_is_written_again(town: Town):
    spec = await town.stage.spec(instant)
    made = await town.schedule("once", spec, cron=None, start_ms=now_ms() - 1)
    assert made.next_ms is not None
    await town.schedules.advance([ticked(T, "once", made.next_ms, now_ms())], now_ms())
    inbox = keys.inbox(partition_of("once"))
    scheduler = town.stage.scheduler("s1")
    assert await watched(scheduler) == 0  # its message is there
    await town.stage.redis.delete(inbox)
    assert await watched(scheduler) == 1
    assert await watched(scheduler) == 0
    await turns(scheduler, town)
    assert await town.runs() == ["once"]
    assert (await town.stored("once")).version == 0
    assert await town.stage.leftovers() == []


async def test_a_single_start_that_two_watchdogs_write_again_starts_one_run(town: Town):
    spec = await town.stage.spec(instant)
    made = await town.schedule("once", spec, cron=None, start_ms=now_ms() - 1)
    assert made.next_ms is not None
    await town.schedules.advance([ticked(T, "once", made.next_ms, now_ms())], now_ms())
    await town.stage.redis.delete(keys.inbox(partition_of("once")))
    watch = town.stage.scheduler("s1").schedule_watch
    assert await watch._unstarted(partition_of("once"), T, [await town.now("once")]) == ["once"]
    for _ in range(2):
        await town.schedules.advance([ScheduleChange(T, "once", _started_again)], now_ms())
    await turns(town.stage.scheduler("s2"), town)
    assert await town.runs() == ["once"]
    assert (await town.stored("once")).version == 0


async def watched(scheduler: Scheduler) -> int:
    """What one walk over all schedules found lost."""
    partitions = list(range(PARTITIONS))
    return sum([await scheduler.schedule_watch.run_once(partitions, now_ms()) for _ in partitions])


def _paused(schedule: Schedule) -> Schedule:
    pause(schedule)
    return schedule
