"""The story of where things are: partitions, timers and changes."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from redis.asyncio import Redis

from lhredis.engine.effects import ClearTimer, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.model.enums import LHStatus
from lhredis.store import keys
from lhredis.store.changes import Change, ChangeReader
from lhredis.store.connect import connect
from lhredis.store.timers import due_timers, member_of, write_of


def test_runs_spread_over_the_partitions():
    for partitions in (2, 8, 64):
        counts = Counter(keys.partition_of(f"run-{i}", partitions) for i in range(partitions * 1000))
        assert set(counts) == set(range(partitions))
        assert max(counts.values()) < 1.5 * min(counts.values())


def test_a_tree_of_runs_lives_in_one_partition():
    roots = [f"run-{i}" for i in range(50)]
    for root in roots:
        assert keys.partition_of(f"{root}_child_grandchild", 8) == keys.partition_of(root, 8)


def test_the_partition_of_a_run_never_changes():
    """These numbers are in databases: another function would lose every run."""
    assert keys.partition_of("run-1", 1024) == 407
    assert keys.partition_of("run-1", 8) == 407 % 8


def test_every_key_of_a_partition_carries_its_tag():
    tagged = [
        keys.results(3), keys.inbox(3), keys.tasks(3, "t", "d"), keys.run(3, "t", "r"), keys.history(3, "t", "r"),
        keys.timers(3), keys.changes(3), keys.quarantine(3), keys.owner(3), keys.index_runs(3, "t"),
    ]  # fmt: skip
    assert all(key.startswith("lh:{p3}:") for key in tagged)
    assert len(set(tagged)) == len(tagged)
    of_tenant = [
        keys.metadata_epoch("t"),
        keys.task_defs("t"),
        keys.wf_specs("t"),
        keys.wf_spec("t", "n"),
        keys.deleted_wf_specs("t"),
    ]
    assert all(key.startswith("lh:{meta:t}:") for key in of_tenant)


SLEEP = SetTimer(TimerKind.NODE_DUE, 0, 3, 0, 1000)
RETRY = SetTimer(TimerKind.RETRY, 1, 2, 5, 2000)


@pytest.fixture
async def client(redis_url: str):
    redis = connect(redis_url)
    yield redis
    await redis.aclose()


async def put(redis: Redis, *timers: SetTimer | ClearTimer, run: str = "r_c", partition: int = 0) -> None:
    for timer in timers:
        await redis.execute_command(*write_of(partition, "acme", run, timer))


async def test_a_timer_is_due_at_its_millisecond_and_not_before(client: Redis):
    await put(client, SLEEP)
    assert await due_timers(client, [0], 999, 10) == ({}, 1000)
    due, upcoming = await due_timers(client, [0], 1000, 10)
    (timer,) = due[0]
    assert (timer.tenant, timer.wf_run_id, timer.kind) == ("acme", "r_c", TimerKind.NODE_DUE)
    assert (timer.thread, timer.position, timer.attempt, timer.due_ms) == (0, 3, 0, 1000)
    assert timer.member == member_of("acme", "r_c", SLEEP)
    assert upcoming is None


async def test_a_timer_that_is_set_again_moves(client: Redis):
    await put(client, SLEEP, SetTimer(TimerKind.NODE_DUE, 0, 3, 0, 5000))
    assert await due_timers(client, [0], 4999, 10) == ({}, 5000)


async def test_a_cleared_timer_is_gone(client: Redis):
    await put(client, SLEEP, RETRY, ClearTimer(TimerKind.NODE_DUE, 0, 3, 0))
    due, _ = await due_timers(client, [0], 9999, 10)
    assert [timer.kind for timer in due[0]] == [TimerKind.RETRY]


async def test_timers_of_all_partitions_are_looked_at_in_order(client: Redis):
    await put(client, SLEEP, RETRY, partition=0)
    await put(client, SetTimer(TimerKind.NODE_DUE, 0, 1, 0, 1500), partition=2)
    due, upcoming = await due_timers(client, [0, 1, 2], 1700, 10)
    assert {partition: [timer.due_ms for timer in timers] for partition, timers in due.items()} == {
        0: [1000],
        2: [1500],
    }
    assert upcoming == 2000


async def test_more_timers_than_fit_into_one_look_are_told_as_upcoming(client: Redis):
    await put(client, *(SetTimer(TimerKind.NODE_DUE, 0, i, 0, 100 + i) for i in range(5)))
    due, upcoming = await due_timers(client, [0], 9999, 3)
    assert ([timer.due_ms for timer in due[0]], upcoming) == ([100, 101, 102], 103)
    due, upcoming = await due_timers(client, [0], 9999, 5)
    assert (len(due[0]), upcoming) == (5, None)


async def test_a_due_time_of_this_century_is_exact(client: Redis):
    late = 4_000_000_000_123
    await put(client, SetTimer(TimerKind.NODE_DUE, 0, 1, 0, late))
    assert await due_timers(client, [0], late - 1, 1) == ({}, late)
    due, _ = await due_timers(client, [0], late, 1)
    assert due[0][0].due_ms == late


async def change(redis: Redis, partition: int, run: str, status: LHStatus) -> None:
    await redis.xadd(keys.changes(partition), {"run": f"acme/{run}", "status": status.name})


async def test_changes_are_read_from_the_start_of_the_reader_on(client: Redis):
    await change(client, 0, "old", LHStatus.RUNNING)
    reader = ChangeReader(client, 3)
    await reader.start()
    assert await reader.read(1) == []
    await change(client, 0, "a", LHStatus.COMPLETED)
    await change(client, 2, "b_c", LHStatus.ERROR)
    found = await reader.read(1000)
    assert sorted(found, key=lambda each: each.wf_run_id) == [
        Change("acme", "a", LHStatus.COMPLETED),
        Change("acme", "b_c", LHStatus.ERROR),
    ]
    assert await reader.read(1) == []


async def test_a_reader_that_waits_is_woken_by_a_change(client: Redis):
    reader = ChangeReader(client, 2)
    await reader.start()
    reading = asyncio.create_task(reader.read(10_000))
    await change(client, 1, "a", LHStatus.COMPLETED)
    assert await reading == [Change("acme", "a", LHStatus.COMPLETED)]
