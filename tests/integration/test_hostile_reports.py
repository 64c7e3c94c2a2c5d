"""Reports that no honest worker sends: each is seen, none stops the scheduler, and nobody's task is lost."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from lhredis.engine.events import MigrationApplied
from lhredis.engine.run import Migration, ThreadMigration
from lhredis.model.limits import WORKER_CHARS_MAX
from lhredis.scheduler.process import Scheduler
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.tasks import ScheduledTask
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, now_ms, partition_of
from tests.support import wait_until


@pytest.fixture
async def scheduler(stage: Stage) -> Scheduler:
    scheduler = stage.scheduler("s1")
    await scheduler.ownership.run_once()
    return scheduler


async def until_read(stage: Stage, scheduler: Scheduler) -> None:
    """Until no report and no message is left."""
    streams = [stream(p) for p in range(PARTITIONS) for stream in (keys.results, keys.inbox)]

    async def none_left() -> bool:
        await scheduler.run_once()
        return sum([await stage.redis.xlen(stream) for stream in streams]) == 0

    await wait_until(none_left)


def plain(wf: WorkflowThread) -> None:
    wf.execute("plain")


def form_of(task: ScheduledTask) -> dict[str, object]:
    of = {"task": task.id, "token": task.token, "tenant": T, "task_def": task.task_def, "entry": task.entry}
    return of | {"status": "TASK_SUCCESS"}


async def test_a_report_to_another_partition_is_set_aside_and_finishes_no_task_there(
    stage: Stage, scheduler: Scheduler
) -> None:
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    elsewhere = 1 - task.partition
    stream = keys.tasks(elsewhere, T, "plain")
    await stage.redis.xadd(stream, {"task": b"somebody's"}, id=task.entry)
    await stage.redis.xadd(keys.results(elsewhere), {"result": orjson.dumps(form_of(task))})
    await until_read(stage, scheduler)
    (aside,) = await stage.quarantined()
    assert f"is of partition {task.partition}; it was reported to {elsewhere}".encode() in aside[b"traceback"]
    assert await stage.redis.xlen(stream) == 1
    await stage.report(task)
    await until_read(stage, scheduler)
    assert await stage.status("r1") == "COMPLETED"


async def test_an_entry_that_holds_no_result_is_set_aside(stage: Stage, scheduler: Scheduler) -> None:
    await stage.join()
    await stage.redis.xadd(keys.results(0), {"rseult": b"{}"})
    await until_read(stage, scheduler)
    (aside,) = await stage.quarantined()
    assert (aside[b"event"], aside[b"traceback"]) == (b"rseult {}", b"an entry without a result field")
    assert scheduler.counters._counts["unreadable_results"] == 1


async def test_a_report_for_a_run_with_thousands_of_ancestors_is_set_aside(
    stage: Stage, scheduler: Scheduler
) -> None:
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    deep = "_".join(["r1"] * 10_000) + "/0/1/0"
    await stage.redis.xadd(
        keys.results(task.partition), {"result": orjson.dumps(form_of(task) | {"task": deep})}
    )
    await until_read(stage, scheduler)
    (aside,) = await stage.quarantined()
    assert b"WfRuns nest at most 32 levels deep (WF_RUN_DEPTH_MAX); got 10000" in aside[b"traceback"]


async def test_what_a_worker_calls_itself_is_kept_in_part(stage: Stage, scheduler: Scheduler) -> None:
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    await stage.report(task, status="TASK_FAILED", worker="w" * 5_000_000, worker_version="v" * 5_000_000)
    await until_read(stage, scheduler)
    (attempt,) = (await stage.history("r1"))[0, 1].task.attempts
    assert len(attempt.worker_id) <= WORKER_CHARS_MAX
    assert len(attempt.worker_version) <= WORKER_CHARS_MAX


async def test_a_forged_report_that_names_anothers_entry_loses_nothing(
    stage: Stage, scheduler: Scheduler
) -> None:
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    forged = form_of(task) | {"token": "forged"}
    await stage.redis.xadd(keys.results(task.partition), {"result": orjson.dumps(forged)})
    await until_read(stage, scheduler)
    assert scheduler.counters._counts["late_reports"] == 1
    scheduler._hand_over(await scheduler.watchdog.run_once([task.partition], 0))

    async def queued_again() -> bool:
        await scheduler.run_once()
        return await stage.redis.xlen(keys.tasks(task.partition, T, "plain")) == 1

    await wait_until(queued_again)
    (again,) = await stage.claim("plain")
    await stage.report(again)
    await until_read(stage, scheduler)
    assert await stage.status("r1") == "COMPLETED"


async def test_sixty_reports_of_a_tree_whose_spec_is_gone_do_not_stop_its_partition(
    stage: Stage, scheduler: Scheduler
) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.execute("plain")

    def many(wf: WorkflowThread) -> None:
        wf.wait_for_threads(*[wf.spawn_thread(child, f"child-{n}") for n in range(60)])

    spec = await stage.spec(many)
    await stage.start("r1", spec)
    tasks = await stage.claim("plain", count=60)
    assert len(tasks) == 60
    other = next(f"o{n}" for n in range(100) if partition_of(f"o{n}") == tasks[0].partition)
    await stage.start(other, await stage.spec(plain, "other"))
    tasks += await stage.claim("plain", count=1)
    await stage.api.metadata.delete_wf_spec(T, spec)
    fields = [part for task in tasks for part in (b"result", orjson.dumps(form_of(task)))]
    await stage.redis.execute_command("XADD", keys.results(tasks[0].partition), "*", *fields)
    await until_read(stage, scheduler)
    assert await stage.status(other) == "COMPLETED"
    assert len(await stage.quarantined()) == 60


async def test_a_run_whose_spec_is_gone_comes_into_quarantine_once(
    stage: Stage, scheduler: Scheduler
) -> None:
    spec = await stage.spec(plain)
    await stage.start("r1", spec)
    (task,) = await stage.claim("plain")
    await stage.api.metadata.delete_wf_spec(T, spec)
    await stage.report(task)
    await until_read(stage, scheduler)
    assert len(await stage.quarantined()) == 1
    for _ in range(5):
        assert await scheduler.watchdog.run_once([task.partition], 0) == {}


async def test_a_run_of_two_versions_is_left_alone_when_one_is_gone(
    stage: Stage, scheduler: Scheduler
) -> None:
    def until(seconds: int) -> Callable[[WorkflowThread], None]:
        def flow(wf: WorkflowThread) -> None:
            wf.spawn_thread(lambda wf: wf.sleep(seconds), "child")
            wf.execute("plain")

        return flow

    old, new = await stage.spec(until(1000)), await stage.spec(until(2000))
    await stage.start("r1", old)
    child = ThreadMigration("child", {"1-sleep-SLEEP": "1-sleep-SLEEP"}, ())
    migrated = MigrationApplied(now_ms(), nonce(), Migration("plan", old, new, {"child": child}))
    assert await stage.api.advance(Work(T, "r1", migrated)) == [Outcome.COMMITTED]
    assert (await stage.run("r1")).threads[1].spec == new
    await stage.api.metadata.delete_wf_spec(T, new)
    (task,) = await stage.claim("plain")
    await stage.report(task)
    await until_read(stage, scheduler)
    assert len(await stage.quarantined()) == 1
    for _ in range(5):
        assert await scheduler.watchdog.run_once([task.partition], 0) == {}


async def test_messages_that_nobody_can_carry_are_set_aside(stage: Stage, scheduler: Scheduler) -> None:
    await stage.start("r1", await stage.spec(plain))
    (task,) = await stage.claim("plain")
    bad: list[tuple[str, bytes]] = [
        ("waits", b"{}"),
        ("waits", b'["acme", "happened", null, "r1", 0, 1, true]'),
        ("waits", b'["acme", "happened", "key", "r1", "0", 1, true]'),
        ("waits", b'["acme", "happened", "key", "r1", 0, 1, 1]'),
        ("delivers", b'["acme", ["happened"], "guid", 1, "r1", 0, 1]'),
        ("delivers", b'["acme", "happened", "guid", {"$bytes": 1}, "r1", 0, 1]'),
        ("starts", b'["acme", "daily", 5, ["flow", 0, 0], "nonce", {}, true]'),
        ("starts", b'["acme", "daily", "r2", [[], 0, 0], "nonce", {}, true]'),
        ("starts", b'["acme", "daily", "r2", ["flow", 0], "nonce", {}, true]'),
        ("unheard-of", b"[]"),
    ]
    for kind, data in bad:
        await stage.redis.xadd(keys.inbox(task.partition), {kind: data})
    await stage.report(task)
    await until_read(stage, scheduler)
    assert await stage.status("r1") == "COMPLETED"
    assert [aside[b"event"] for aside in await stage.quarantined()] == [data for _, data in bad]
    assert await stage.leftovers() == []
