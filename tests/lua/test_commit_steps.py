"""commit_steps: units are written whole or not at all, each for itself; entries go when all are."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.commands.commit_steps import UNITS_MAX, WRITE_ARGS_MAX, CommitSteps, Unit, script
from lhredis.store.script import run_all
from tests.lua.dump import everything

P = 5
RESULTS = keys.results(P)


def run(name: str) -> str:
    return keys.run(P, "acme", name)


def unit(name: str, version: int, **fields: Any) -> Unit:
    """What a step of the run makes: another version, and these fields."""
    flat = [part for pair in {"version": version + 1, **fields}.items() for part in pair]
    return Unit([(run(name), version)], [("KEEP", run(name), *flat)])


async def commit(redis: Redis, *units: Unit, consumed: list[str] | None = None) -> list[int]:
    """The indexes of the units that were stale."""
    command = CommitSteps(P, consumed or [], list(units)).command()
    (reply,) = await run_all(redis, [command], [script()])
    assert reply[0] in (b"committed", b"stale")
    return CommitSteps.stale_units(reply)


async def test_a_new_run_has_version_zero_before(cluster: Redis):
    assert await commit(cluster, unit("r1", 0, state="s")) == []
    assert await everything(cluster) == {run("r1"): ({b"version": b"1", b"state": b"s"}, False)}


async def test_a_run_at_its_version_is_written(cluster: Redis):
    await commit(cluster, unit("r1", 0))
    assert await commit(cluster, unit("r1", 1, state="s")) == []
    assert await cluster.hgetall(run("r1")) == {b"version": b"2", b"state": b"s"}


@pytest.mark.parametrize("version", [0, 1, 3, 20])
async def test_a_run_at_another_version_is_stale_and_nothing_of_it_is_written(cluster: Redis, version: int):
    await commit(cluster, unit("r1", 0), unit("r1", 1))
    before = await everything(cluster)
    wrong = unit("r1", version, state="s")
    wrong.writes.append(("ZADD", keys.timers(P), 5, "timer"))
    wrong.writes.append(("ENQUEUE", keys.tasks(P, "acme", "greet"), "claim:0", b"{}"))
    wrong.writes.append(("XADD", keys.changes(P), "*", "run", "acme/r1"))
    assert await commit(cluster, wrong) == [0]
    assert await everything(cluster) == before


async def test_a_run_that_does_not_exist_is_stale_at_any_version_but_zero(cluster: Redis):
    assert await commit(cluster, unit("r1", 1)) == [0]
    assert await everything(cluster) == {}


async def test_the_other_units_of_a_commit_are_written(cluster: Redis):
    await commit(cluster, unit("r2", 0))
    assert await commit(cluster, unit("r1", 0), unit("r2", 0), unit("r3", 0), unit("r4", 7)) == [1, 3]
    assert sorted(await everything(cluster)) == [run("r1"), run("r2"), run("r3")]


@pytest.mark.parametrize("versions", [(1, 2), (2, 1), (2, 2)])
async def test_a_unit_of_two_runs_needs_both(cluster: Redis, versions: tuple[int, int]):
    await commit(cluster, unit("r1", 0), unit("r2", 0))
    writes = [("HSET", run("r1"), "a", 1), ("HSET", run("r2"), "a", 1)]
    before = await everything(cluster)
    assert await commit(cluster, Unit([(run("r1"), versions[0]), (run("r2"), versions[1])], writes)) == [0]
    assert await everything(cluster) == before
    assert await commit(cluster, Unit([(run("r1"), 1), (run("r2"), 1)], writes)) == []
    assert await cluster.hget(run("r2"), "a") == b"1"


async def test_a_unit_without_checks_is_always_written(cluster: Redis):
    assert await commit(cluster, Unit([], [("SET", keys.inbox(P), "x")])) == []
    assert await cluster.get(keys.inbox(P)) == b"x"


async def test_a_unit_without_writes_only_compares(cluster: Redis):
    await commit(cluster, unit("r1", 0))
    before = await everything(cluster)
    assert await commit(cluster, Unit([(run("r1"), 1)], [])) == []
    assert await commit(cluster, Unit([(run("r1"), 2)], [])) == [0]
    assert await everything(cluster) == before


async def test_a_unit_sees_what_the_unit_before_it_wrote(cluster: Redis):
    assert await commit(
        cluster, unit("r1", 0), unit("r1", 0, state="twice"), unit("r1", 1, state="next")
    ) == [1]
    assert await cluster.hgetall(run("r1")) == {b"version": b"2", b"state": b"next"}


async def test_writes_are_redis_commands_in_their_order(cluster: Redis):
    timers = keys.timers(P)
    writes = [
        ("ZADD", timers, 7, "a"),
        ("ZADD", timers, 8, "b"),
        ("ZREM", timers, "a"),
        ("HSET", run("r1"), "x", 1, "y", b"\x00\xff", "z", "ü", "half", 0.5),
        ("HDEL", run("r1"), "x"),
    ]
    assert await commit(cluster, Unit([], writes)) == []
    assert await everything(cluster) == {
        timers: ({b"b": 8.0}, False),
        run("r1"): ({b"y": b"\x00\xff", b"z": "ü".encode(), b"half": b"0.5"}, False),
    }


async def test_enqueue_keeps_the_entry_of_the_task_in_the_run(cluster: Redis):
    stream = keys.tasks(P, "acme", "greet")
    units = [unit(name, 0) for name in ("r1", "r2")]
    for number, one in enumerate(units):
        one.writes.insert(0, ("ENQUEUE", stream, f"claim:{number}", b"{}"))
    assert await commit(cluster, *units) == []
    (first, _), (second, _) = await cluster.xrange(stream)
    assert await cluster.hgetall(run("r1")) == {b"version": b"1", b"claim:0": first}
    assert await cluster.hgetall(run("r2")) == {b"version": b"1", b"claim:1": second}


async def test_a_hash_that_is_not_the_runs_takes_no_entry(cluster: Redis):
    sent = unit("r1", 0)
    sent.writes.insert(0, ("ENQUEUE", keys.tasks(P, "acme", "greet"), "claim:0", b"{}"))
    sent.writes.insert(1, ("HSET", run("r2"), "a", 1))
    assert await commit(cluster, sent) == []
    assert await cluster.hgetall(run("r2")) == {b"a": b"1"}
    assert await cluster.hexists(run("r1"), "claim:0")


async def test_enqueue_keeps_the_entries_of_all_tasks_of_a_step(cluster: Redis):
    stream = keys.tasks(P, "acme", "greet")
    sent = unit("r1", 0)
    sent.writes.insert(0, ("ENQUEUE", stream, "claim:0", b'{"task":1}'))
    sent.writes.insert(1, ("ENQUEUE", stream, "claim:3", b'{"task":2}'))
    assert await commit(cluster, sent) == []
    entries = await cluster.xrange(stream)
    assert [fields for _, fields in entries] == [{b"task": b'{"task":1}'}, {b"task": b'{"task":2}'}]
    kept = await cluster.hgetall(run("r1"))
    assert kept == {b"version": b"1", b"claim:0": entries[0][0], b"claim:3": entries[1][0]}


async def test_finish_takes_an_entry_out_of_its_stream_and_its_group(cluster: Redis):
    stream = keys.tasks(P, "acme", "greet")
    first, second = [await cluster.xadd(stream, {"task": name}) for name in ("a", "b")]
    await cluster.xgroup_create(stream, keys.WORKERS, id="0")
    await cluster.xreadgroup(keys.WORKERS, "w1", {stream: ">"})
    assert await commit(cluster, Unit([], [("FINISH", stream, first)])) == []
    assert await everything(cluster) == {stream: (([(second, {b"task": b"b"})], {b"workers": 1}), False)}
    assert await commit(cluster, Unit([], [("FINISH", stream, first)])) == []
    assert await cluster.xlen(stream) == 1


async def test_finishing_an_entry_of_a_stream_that_is_gone_is_fine(cluster: Redis):
    assert await commit(cluster, Unit([], [("FINISH", keys.tasks(P, "acme", "x"), "1-1")])) == []
    assert await everything(cluster) == {}


async def fill(redis: Redis, count: int) -> list[str]:
    pipeline = redis.pipeline(transaction=False)
    for i in range(count):
        pipeline.xadd(RESULTS, {"result": i})
    return [entry.decode() for entry in await pipeline.execute()]


async def test_consumed_entries_go_when_every_unit_was_written(cluster: Redis):
    first, second, third = await fill(cluster, 3)
    assert await commit(cluster, unit("r1", 0), consumed=[first, third]) == []
    assert [entry.decode() for entry, _ in await cluster.xrange(RESULTS)] == [second]


async def test_no_consumed_entry_goes_when_one_unit_is_stale(cluster: Redis):
    entries = await fill(cluster, 3)
    assert await commit(cluster, unit("r1", 0), unit("r2", 9), consumed=entries) == [1]
    assert await cluster.xlen(RESULTS) == 3
    assert await cluster.exists(run("r1"))


async def test_entries_are_consumed_without_any_unit(cluster: Redis):
    entries = await fill(cluster, 2)
    assert await commit(cluster, consumed=entries) == []
    assert await cluster.xlen(RESULTS) == 0


async def test_an_empty_commit_does_nothing(cluster: Redis):
    assert await commit(cluster) == []
    assert await everything(cluster) == {}


async def test_entries_that_are_gone_already_are_fine(cluster: Redis):
    entries = await fill(cluster, 2)
    await commit(cluster, consumed=entries)
    assert await commit(cluster, unit("r1", 0), consumed=entries) == []


async def test_a_commit_that_is_sent_twice_is_stale_the_second_time(cluster: Redis):
    sent = unit("r1", 0)
    sent.writes.insert(0, ("ENQUEUE", keys.tasks(P, "acme", "greet"), "claim:0", b"{}"))
    assert await commit(cluster, sent) == []
    before = await everything(cluster)
    assert await commit(cluster, sent) == [0]
    assert await everything(cluster) == before


@pytest.mark.parametrize("fresh", [True, False])
async def test_as_many_units_as_there_may_be_fit_into_one_commit(cluster: Redis, fresh: bool):
    version = 0 if fresh else 9
    units = [unit(f"r{i}", version) for i in range(UNITS_MAX)]
    assert await commit(cluster, *units) == ([] if fresh else list(range(UNITS_MAX)))
    assert await cluster.dbsize() == (UNITS_MAX if fresh else 0)


def test_one_unit_more_is_refused_before_it_is_sent():
    with pytest.raises(AssertionError):
        CommitSteps(P, units=[unit("r", 0)] * (UNITS_MAX + 1)).command()


async def test_a_write_may_have_as_many_arguments_as_it_may_have(cluster: Redis):
    arguments = [part for i in range(WRITE_ARGS_MAX // 2) for part in (f"f{i}", i)]
    assert await commit(cluster, Unit([], [("HSET", run("r1"), *arguments)])) == []
    assert await cluster.hlen(run("r1")) == WRITE_ARGS_MAX // 2


def test_a_write_with_more_arguments_is_refused_before_it_is_sent():
    with pytest.raises(AssertionError):
        CommitSteps(P, units=[Unit([], [("HSET", run("r1"), *range(WRITE_ARGS_MAX + 2))])]).command()


@pytest.mark.parametrize("count", [999, 1000, 1001, 2500])
async def test_any_number_of_entries_is_consumed_at_once(cluster: Redis, count: int):
    entries = await fill(cluster, count + 1)
    assert await commit(cluster, unit("r1", 0), consumed=entries[:-1]) == []
    assert await cluster.xlen(RESULTS) == 1


async def test_a_key_of_another_partition_is_refused_by_a_cluster(cluster: Redis):
    stranger = Unit([], [("SET", keys.owner(P + 1), "x")])
    with pytest.raises(ResponseError, match="same slot"):
        await commit(cluster, unit("r1", 0), stranger)
    assert await everything(cluster) == {}


async def test_every_key_of_a_partition_is_in_one_slot(cluster: Redis):
    """What the script touches, and what may be touched by it some day."""
    every = [
        keys.results(P), keys.inbox(P), keys.tasks(P, "acme", "greet"), keys.run(P, "acme", "r_c"),
        keys.history(P, "acme", "r"), keys.timers(P), keys.changes(P), keys.quarantine(P), keys.owner(P),
        keys.index_runs(P, "acme"),
    ]  # fmt: skip
    slots = {await cluster.execute_command("CLUSTER KEYSLOT", key) for key in every}
    assert len(slots) == 1
    other = await cluster.execute_command("CLUSTER KEYSLOT", keys.results(P + 1))
    assert other not in slots
