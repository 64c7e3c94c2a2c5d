"""The story of the stepper: it loads, steps and commits, and starts over when others were faster."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from redis.exceptions import ConnectionError

from lhredis.engine.effects import PutVariable
from lhredis.engine.events import ExternalEventPosted, TaskReported, TimerFired, TimerKind
from lhredis.errors import Unavailable
from lhredis.model.enums import TaskStatus
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.stepper import family as family_module
from lhredis.stepper import stepper as stepper_module
from lhredis.stepper.stepper import ROUNDS_MAX, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.commands.commit_steps import UNITS_MAX
from lhredis.store.counters import DESCRIPTIONS, totals
from lhredis.workflow import WorkflowThread
from tests.integration.stage import Stage, T, now_ms, partition_of, reported, starting
from tests.lua.dump import everything


def two_tasks(wf: WorkflowThread) -> None:
    wf.execute("plain")
    wf.execute("plain")


async def test_a_started_run_is_stored_indexed_announced_and_its_task_is_sent(stage: Stage):
    run = await stage.start("r1", await stage.spec(two_tasks))
    assert (run.status.name, await stage.run("r1")) == ("RUNNING", run)
    p = partition_of("r1")
    held = await everything(stage.redis)
    assert set(held) == {
        keys.run(p, T, "r1"), keys.history(p, T, "r1"), keys.tasks(p, T, "plain"), keys.changes(p),
        keys.index_runs(p, T), keys.index_status(p, T, run.followed, "RUNNING"), keys.queues(),
        keys.task_defs(T), keys.wf_specs(T), keys.wf_spec(T, "flow"), keys.metadata_epoch(T),
        keys.tenants(),
    }  # fmt: skip
    assert held[keys.index_runs(p, T)][0] == {b"r1": float(run.started_ms)}
    ((entry, fields),), _ = held[keys.tasks(p, T, "plain")][0]
    assert held[keys.run(p, T, "r1")][0][b"claim:0"] == entry
    assert orjson.loads(fields[b"task"])["task"] == "r1/0/1/0"
    ((_, change),), _ = held[keys.changes(p)][0]
    assert change == {b"run": b"acme/r1", b"status": b"RUNNING"}


async def test_a_run_that_has_ended_keeps_its_history_and_no_claim(stage: Stage):
    spec = await stage.spec(two_tasks)
    await stage.start("r1", spec)
    for _ in range(2):
        (task,) = await stage.claim("plain")
        assert await stage.api.advance(reported(task)) == [Outcome.COMMITTED]
    assert await stage.status("r1") == "COMPLETED"
    assert [position for _, position in sorted(await stage.history("r1"))] == [0, 1, 2, 3]
    fields = await stage.redis.hkeys(keys.run(partition_of("r1"), T, "r1"))
    assert sorted(fields) == [b"state", b"version"]
    assert await stage.leftovers() == []


async def test_a_taken_id_starts_nothing(stage: Stage):
    spec = await stage.spec(two_tasks)
    await stage.start("r1", spec)
    before = await everything(stage.redis)
    process = stage.process()
    assert await stage.api.advance(starting("r1", spec)) == [Outcome.EXISTS]
    assert await process.advance(starting("r1", spec)) == [Outcome.EXISTS]
    assert await process.advance(starting("r1", spec)) == [Outcome.EXISTS]
    assert await everything(stage.redis) == before


async def test_of_many_starts_with_one_id_one_is_taken(stage: Stage):
    spec = await stage.spec(two_tasks)
    processes = [stage.process() for _ in range(4)]
    works = [starting("r1", spec) for _ in range(8)]
    await asyncio.gather(*(process.advance(*works[2 * i : 2 * i + 2]) for i, process in enumerate(processes)))
    assert sorted(work.outcome for work in works) == [Outcome.COMMITTED] + [Outcome.EXISTS] * 7
    winner = next(work for work in works if work.outcome is Outcome.COMMITTED)
    assert (await stage.run("r1")).born == winner.event.nonce
    assert len(await stage.claim("plain", count=9)) == 1


async def test_a_start_with_wrong_variables_is_refused_and_leaves_nothing(stage: Stage):
    spec = await stage.spec(lambda wf: wf.declare_int("n").required())
    before = await everything(stage.redis)
    works = [starting("r1", spec), starting("r2", spec, n="text"), starting("r3", spec, n=1)]
    assert await stage.api.advance(*works) == [Outcome.REFUSED, Outcome.REFUSED, Outcome.COMMITTED]
    assert "'n' is required" in str(works[0].error) and "STR" in str(works[1].error)
    left = set(await everything(stage.redis)) - set(before)
    assert not [key for key in left if "r1" in key or "r2" in key]


async def test_a_refused_start_leaves_the_id_for_the_next_in_the_same_batch(stage: Stage):
    spec = await stage.spec(lambda wf: wf.declare_int("n").required())
    works = [starting("r1", spec), starting("r1", spec, n=1), starting("r1", spec, n=2)]
    assert await stage.api.advance(*works) == [Outcome.REFUSED, Outcome.COMMITTED, Outcome.EXISTS]
    assert (await stage.run("r1")).threads[0].variables == {"n": 1}


async def test_an_event_for_a_run_that_does_not_exist_is_consumed(stage: Stage):
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    task.id = task.id.replace("r1", "gone")
    task.partition = partition_of("gone")
    p = partition_of("gone")
    entry = (await stage.redis.xadd(keys.results(p), {"result": "x"})).decode()
    assert await stage.api.advance(reported(task), consumed={p: [entry]}) == [Outcome.MISSING]
    assert await stage.redis.xlen(keys.results(p)) == 0
    assert not await stage.redis.exists(keys.run(p, T, "gone"))


async def test_a_double_report_is_consumed_and_changes_nothing(stage: Stage):
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    process = stage.process()
    assert await process.advance(reported(task), reported(task)) == [Outcome.COMMITTED, Outcome.IGNORED]
    before = await everything(stage.redis)
    assert await process.advance(reported(task)) == [Outcome.IGNORED]
    assert await everything(stage.redis) == before
    assert process.counters._counts["late_reports"] == 2


async def test_two_steppers_with_caches_take_turns_on_one_run(stage: Stage):
    def ten(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 0)
        for _ in range(10):
            n.assign(n + wf.execute("give"))

    await stage.task("give", "INT")
    first, second = stage.process(), stage.process()
    await stage.start("r1", await stage.spec(ten))
    for i in range(10):
        (task,) = await stage.claim("give")
        process = (first, second)[i % 2]
        assert await process.advance(reported(task, i)) == [Outcome.COMMITTED]
    run = await stage.run("r1")
    assert (run.status.name, run.threads[0].variables) == ("COMPLETED", {"n": 45})
    assert first.counters._counts["stale_commits"] + second.counters._counts["stale_commits"] >= 8


async def test_two_steppers_that_get_the_same_report_at_once_count_it_once(stage: Stage):
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    processes = [stage.process() for _ in range(4)]
    outcomes = await asyncio.gather(*(process.advance(reported(task)) for process in processes))
    assert sorted(outcome for (outcome,) in outcomes) == [Outcome.COMMITTED] + [Outcome.IGNORED] * 3
    assert len(await stage.claim("plain", count=9)) == 1


async def test_an_event_that_only_a_stale_cache_ignores_is_not_lost(stage: Stage):
    """The cached run waits for task 1 while the true one waits for task 2: it must be loaded."""
    await stage.start("r1", await stage.spec(two_tasks))
    behind, ahead = stage.process(), stage.process()
    (first,) = await stage.claim("plain")
    forged = reported(first)
    forged.event.token, forged.done = "forged", []
    assert await behind.advance(forged) == [Outcome.IGNORED]
    assert behind.cache.take((T, "r1")) is not None
    assert await behind.advance(forged) == [Outcome.IGNORED]
    assert await ahead.advance(reported(first)) == [Outcome.COMMITTED]
    (second,) = await stage.claim("plain")
    assert await behind.advance(reported(second)) == [Outcome.COMMITTED]
    assert await stage.status("r1") == "COMPLETED"
    assert await stage.leftovers() == []


async def test_a_run_that_has_ended_leaves_the_cache(stage: Stage):
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("plain")))
    process = stage.process()
    (task,) = await stage.claim("plain")
    assert await process.advance(reported(task)) == [Outcome.COMMITTED]
    assert process.cache.take((T, "r1")) is None


async def test_a_step_that_raises_is_set_aside_with_its_traceback_while_others_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    true_step = family_module.step

    def step(world: Any, runs: Any, wf_run_id: str, event: Any) -> Any:
        effects = true_step(world, runs, wf_run_id, event)
        if wf_run_id == "bad" and isinstance(event, TaskReported):
            raise RuntimeError("a bug in the engine")
        return effects

    spec = await stage.spec(two_tasks)
    for name in ("bad", "good-1", "good-2", "good-3"):
        await stage.start(name, spec)
    before = await stage.run("bad")
    tasks = await stage.claim("plain", count=4)
    monkeypatch.setattr(family_module, "step", step)
    process = stage.process()
    consumed: dict[int, list[str]] = {}
    for task in tasks:
        entry = await stage.redis.xadd(keys.results(task.partition), {"result": "x"})
        consumed.setdefault(task.partition, []).append(entry.decode())
    works = [reported(task) for task in tasks]
    await process.advance(*works, consumed=consumed)
    assert {work.wf_run_id: work.outcome for work in works} == {
        "bad": Outcome.QUARANTINED,
        "good-1": Outcome.COMMITTED,
        "good-2": Outcome.COMMITTED,
        "good-3": Outcome.COMMITTED,
    }
    assert await stage.run("bad") == before
    (aside,) = await stage.quarantined()
    assert aside[b"run"] == b"acme/bad"
    assert b"a bug in the engine" in aside[b"traceback"] and b"Traceback" in aside[b"traceback"]
    event = orjson.loads(aside[b"event"])
    assert (event["kind"], event["position"], event["status"]) == ("TaskReported", 1, TaskStatus.TASK_SUCCESS)
    assert int(aside[b"at_ms"]) > 0
    assert await stage.redis.xlen(keys.results(0)) + await stage.redis.xlen(keys.results(1)) == 0
    assert process.counters._counts["quarantined"] == 1


async def test_of_two_events_of_one_run_only_the_one_that_raises_is_set_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    true_step = family_module.step

    def step(world: Any, runs: Any, wf_run_id: str, event: Any) -> Any:
        if getattr(event, "log", None) == "poison":
            raise RuntimeError("poison")
        return true_step(world, runs, wf_run_id, event)

    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    monkeypatch.setattr(family_module, "step", step)
    poison = reported(task)
    poison.event.log = "poison"
    assert await stage.process().advance(poison, reported(task)) == [Outcome.QUARANTINED, Outcome.COMMITTED]
    assert (await stage.run("r1")).threads[0].position == 2


async def test_a_start_that_raises_is_set_aside_and_its_id_stays_free(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    def step(world: Any, runs: Any, wf_run_id: str, event: Any) -> Any:
        raise RuntimeError("a bug in the engine")

    spec = await stage.spec(two_tasks)
    with monkeypatch.context() as patch:
        patch.setattr(family_module, "step", step)
        assert await stage.api.advance(starting("r1", spec)) == [Outcome.QUARANTINED]
    assert await stage.api.advance(starting("r1", spec)) == [Outcome.COMMITTED]


async def test_effects_that_cannot_be_written_are_set_aside_while_others_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    true_step = family_module.step

    def step(world: Any, runs: Any, wf_run_id: str, event: Any) -> Any:
        effects = true_step(world, runs, wf_run_id, event)
        if wf_run_id == "bad":
            effects[wf_run_id].append(PutVariable(0, "x", object()))
        return effects

    spec = await stage.spec(two_tasks)
    monkeypatch.setattr(family_module, "step", step)
    works = [starting("bad", spec), starting("good", spec)]
    assert await stage.api.advance(*works) == [Outcome.QUARANTINED, Outcome.COMMITTED]


async def test_a_damaged_run_is_set_aside_while_others_go_on(stage: Stage):
    spec = await stage.spec(two_tasks)
    for name in ("bad", "good"):
        await stage.start(name, spec)
    works = [reported(task) for task in await stage.claim("plain", count=2)]
    await stage.redis.hset(keys.run(partition_of("bad"), T, "bad"), "state", b"nonsense")
    await stage.process().advance(*works)
    assert {work.wf_run_id: work.outcome for work in works} == {
        "bad": Outcome.QUARANTINED,
        "good": Outcome.COMMITTED,
    }


async def test_an_event_of_a_run_whose_spec_is_gone_is_set_aside(stage: Stage):
    spec = await stage.spec(two_tasks)
    await stage.start("r1", spec)
    (task,) = await stage.claim("plain")
    await stage.api.metadata.delete_wf_spec(T, spec)
    assert await stage.process().advance(reported(task)) == [Outcome.QUARANTINED]
    assert b"NotFound" in (await stage.quarantined())[0][b"traceback"]


async def test_a_run_outlives_a_task_def_that_came_back_with_another_signature(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        wf.execute("plain")
        text.assign(wf.execute("say"))

    await stage.task("say", "STR")
    await stage.start("r1", await stage.spec(story))
    await stage.api.metadata.delete_task_def(T, "say")
    await stage.task("say", "JSON_OBJ")
    (task,) = await stage.claim("plain")
    assert await stage.process().advance(reported(task)) == [Outcome.COMMITTED]
    run = await stage.run("r1")
    assert (run.status.name, (await stage.history("r1"))[0, 2].failures[0].name) == ("ERROR", "TASK_ERROR")


async def test_more_runs_than_fit_into_one_commit_are_all_committed(stage: Stage):
    spec = await stage.spec(lambda wf: wf.sleep(0))
    count = 2 * UNITS_MAX + 500
    works = [starting(f"r{i}", spec) for i in range(count)]
    outcomes = await stage.api.advance(*works)
    assert outcomes == [Outcome.COMMITTED] * count
    assert sum([await stage.redis.zcard(keys.index_runs(p, T)) for p in (0, 1)]) == count


async def test_a_commit_whose_answer_is_lost_is_found_out(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """The commit happened, the caller does not know it and does it again: nothing happens twice."""
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    p = partition_of("r1")
    entry = (await stage.redis.xadd(keys.results(p), {"result": "x"})).decode()
    process = stage.process()
    true_run_all = stepper_module.run_all

    async def run_all(*args: Any, **options: Any) -> Any:
        await true_run_all(*args, **options)
        raise ConnectionError("the answer is lost")

    with monkeypatch.context() as patch:
        patch.setattr(stepper_module, "run_all", run_all)
        with pytest.raises(ConnectionError):
            await process.advance(reported(task), consumed={p: [entry]})
    assert await process.advance(reported(task), consumed={p: [entry]}) == [Outcome.IGNORED]
    (run, waiting) = (await stage.run("r1"), await stage.claim("plain", count=9))
    assert (run.threads[0].position, len(waiting)) == (2, 1)


async def test_entries_are_consumed_with_the_last_commit_of_their_batch_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """One step raises and waits for a second round; when that one breaks, its entry is still there."""
    true_step, true_run_all, rounds = family_module.step, stepper_module.run_all, []

    def step(world: Any, runs: Any, wf_run_id: str, event: Any) -> Any:
        if wf_run_id == names[0]:
            raise RuntimeError("poison")
        return true_step(world, runs, wf_run_id, event)

    async def run_all(*args: Any, **options: Any) -> Any:
        rounds.append(1)
        if len(rounds) == 2:
            raise ConnectionError("Redis is away")
        return await true_run_all(*args, **options)

    spec = await stage.spec(two_tasks)
    names = [name for name in (f"r{i}" for i in range(50)) if partition_of(name) == 0][:2]
    for name in names:
        await stage.start(name, spec)
    works = [reported(task) for task in await stage.claim("plain", count=2)]
    entry = (await stage.redis.xadd(keys.results(0), {"result": "x"})).decode()
    process = stage.process()
    with monkeypatch.context() as patch:
        patch.setattr(family_module, "step", step)
        patch.setattr(stepper_module, "run_all", run_all)
        with pytest.raises(ConnectionError):
            await process.advance(*works, consumed={0: [entry]})
    assert await stage.redis.xlen(keys.results(0)) == 1
    assert (await stage.run(names[1])).threads[0].position == 2
    again = [work for work in works if work.wf_run_id == names[0]]
    again[0].poisoned = again[0].outcome = None
    assert await process.advance(*again, consumed={0: [entry]}) == [Outcome.COMMITTED]
    assert await stage.redis.xlen(keys.results(0)) == 0


async def test_a_commit_that_never_arrives_changes_nothing_and_can_be_done_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    before = await everything(stage.redis)
    process = stage.process()

    async def run_all(*args: Any, **options: Any) -> Any:
        raise ConnectionError("Redis is away")

    with monkeypatch.context() as patch:
        patch.setattr(stepper_module, "run_all", run_all)
        with pytest.raises(ConnectionError):
            await process.advance(reported(task))
    assert await everything(stage.redis) == before
    assert await process.advance(reported(task)) == [Outcome.COMMITTED]


async def test_a_start_that_was_sent_twice_is_told_as_started(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """The client repeats a command whose connection broke; the second answer says that it is stale."""
    true_run_all = stepper_module.run_all

    async def run_all(*args: Any, **options: Any) -> Any:
        await true_run_all(*args, **options)
        return await true_run_all(*args, **options)

    spec = await stage.spec(two_tasks)
    with monkeypatch.context() as patch:
        patch.setattr(stepper_module, "run_all", run_all)
        work = starting("r1", spec)
        assert await stage.api.advance(work) == [Outcome.COMMITTED]
    assert work.run == await stage.run("r1")
    assert len(await stage.claim("plain", count=9)) == 1
    assert await stage.api.advance(starting("r1", spec)) == [Outcome.EXISTS]


async def test_a_start_that_was_sent_twice_together_with_an_event_is_told_as_started(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """The event was posted first, and made the run that the start found. Seed 12636 of the simulation."""
    true_run_all = stepper_module.run_all

    async def run_all(*args: Any, **options: Any) -> Any:
        await true_run_all(*args, **options)
        return await true_run_all(*args, **options)

    spec = await stage.spec(two_tasks)
    posted = Work(T, "r1", ExternalEventPosted(now_ms(), nonce(), "paid", "guid"))
    work, late = starting("r1", spec), starting("r1", spec)
    with monkeypatch.context() as patch:
        patch.setattr(stepper_module, "run_all", run_all)
        await stage.api.advance(posted, work, late)
    assert (work.outcome, late.outcome) == (Outcome.COMMITTED, Outcome.EXISTS)


async def test_a_run_that_others_change_all_the_time_is_given_up_for_now(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    await stage.start("r1", await stage.spec(two_tasks))
    (task,) = await stage.claim("plain")
    true_run_all, rounds = stepper_module.run_all, []

    async def run_all(*args: Any, **options: Any) -> Any:
        rounds.append(1)
        await stage.redis.hincrby(keys.run(partition_of("r1"), T, "r1"), "version", 1)
        return await true_run_all(*args, **options)

    monkeypatch.setattr(stepper_module, "run_all", run_all)
    with pytest.raises(Unavailable, match=str(ROUNDS_MAX)):
        await stage.process().advance(reported(task))
    assert len(rounds) == ROUNDS_MAX


async def test_a_timer_that_a_process_sets_wakes_the_owner_of_its_partition(stage: Stage):
    await stage.start("r1", await stage.spec(lambda wf: wf.sleep(3600)))
    p = partition_of("r1")
    ((_, fields),) = await stage.redis.xrange(keys.inbox(p))
    ((member, due_ms),) = await stage.redis.zrevrange(keys.timers(p), 0, -1, withscores=True)
    assert member == b"node/acme/r1/0/1/0"
    assert int(fields[b"wake"]) == int(due_ms) > now_ms() + 3_500_000


async def test_an_old_timer_that_fires_does_not_take_the_new_one_with_it(stage: Stage):
    def flow(wf: WorkflowThread) -> None:
        until = wf.declare_int("until").required()
        with wf.spawn("mover") as mover:
            mover.wait_for_event("later")
            until.assign(until + 3_600_000)
        wf.sleep_until(until)

    await stage.api.metadata.put_external_event_def(T, PutExternalEventDefRequest(name="later"))
    p, first_ms = partition_of("r1"), now_ms() + 60_000
    await stage.start("r1", await stage.spec(flow), until=first_ms)
    ((timers, member),) = [(keys.timers(p), one) for one in await stage.redis.zrange(keys.timers(p), 0, -1)]
    position = int(member.split(b"/")[4])
    fired = TimerFired(first_ms, nonce(), TimerKind.NODE_DUE, 0, position, 0, first_ms)
    old = Work(T, "r1", fired, done=[("ZREM", timers, member)])
    await stage.api.advance(Work(T, "r1", ExternalEventPosted(now_ms(), nonce(), "later", "g1")))
    assert await stage.process().advance(old) == [Outcome.IGNORED]
    assert await stage.redis.zscore(timers, member) == first_ms + 3_600_000


async def test_counters_add_up_over_processes(stage: Stage):
    spec = await stage.spec(lambda wf: wf.execute("plain"))
    for i in range(3):
        await stage.start(f"r{i}", spec)
    processes = [stage.process() for _ in range(3)]
    tasks = await stage.claim("plain", count=3)
    for process, task in zip(processes, tasks, strict=True):
        await process.advance(reported(task))
    for process in (*processes, stage.api):
        await process.counters.flush(stage.redis)
        await process.counters.flush(stage.redis)
    found = await totals(stage.redis)
    assert set(found) == set(DESCRIPTIONS)
    assert (found["runs_started"], found["tasks_reported"], found["runs_completed"]) == (3, 3, 3)
    assert found["runs_error"] == found["quarantined"] == 0


async def test_nobody_can_guess_a_nonce():
    assert len({nonce() for _ in range(1000)}) == 1000
    assert all(len(nonce()) >= 12 for _ in range(10))
