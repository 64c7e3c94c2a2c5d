"""search_check: whether everything that can be searched for stands in exactly the index entries that it
should."""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.engine.correlation import Waiter
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import Run
from lhredis.model.enums import LHStatus
from lhredis.stepper.programs import Programs
from lhredis.store import keys
from lhredis.store.correlations import load_correlations
from lhredis.store.events import load_events
from lhredis.store.index_words import index_word
from lhredis.store.runs import StoredRun, Unreadable, load_runs
from lhredis.store.schedules import index_entry, load_schedules
from tests.simulation.double import Double, ZSet

Entries = dict[tuple[str, str], float]
"""(key, member) → score."""


async def index_faults(
    double: Double, redis: Redis, programs: Programs, partitions: int, tenant: str, late: bool
) -> list[str]:
    """Where the indexes differ from what the runs, events and schedules that are there say, and which
    correlations count on what does not wait. Where commands may come `late`, twice, and after what they have
    made is gone again, some do: what is gone has no version that would tell."""
    expected: Entries = {}
    faults: list[str] = []
    names = [key.decode() for key in sorted(double.data)]
    for partition in range(partitions):
        for wf_run_id in _behind(keys.run(partition, tenant, ""), names):
            stored = await _load(redis, partition, tenant, wf_run_id)
            if isinstance(stored, StoredRun):
                expected |= await _of_run(redis, programs, partition, stored.run)
            else:
                faults.append(f"{wf_run_id} cannot be read")
        for place in _behind(keys.correlation(partition, tenant, "", "").removesuffix(":"), names):
            event_def, _, key = place.partition(":")
            (found,) = await load_correlations(redis, partitions, [(tenant, event_def, key)])
            event, index = found.correlation.event, keys.index_correlated_events(partition, tenant, event_def)
            if event is not None:
                expected[index, key] = event.created_ms
            faults += [
                f"{place} counts on {waiter}, which does not wait"
                for waiter in found.correlation.waiters
                if not late and not await _waits(redis, partitions, tenant, event_def, key, waiter)
            ]
        for schedule_id in _behind(keys.schedule(partition, tenant, ""), names):
            (there,) = await load_schedules(redis, partitions, [(tenant, schedule_id)])
            assert there.schedule is not None
            expected[keys.index_schedules(partition, tenant), index_entry(there.schedule)] = 0
    return faults + _differences(expected, _there(double))


def _behind(prefix: str, names: list[str]) -> list[str]:
    """What follows this in those of the names that start with it."""
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


async def _load(redis: Redis, partition: int, tenant: str, wf_run_id: str) -> StoredRun | Unreadable | None:
    return (await load_runs(redis, partition, [(tenant, wf_run_id)])).get((tenant, wf_run_id))


async def _waits(
    redis: Redis, partitions: int, tenant: str, event_def: str, key: str, waiter: Waiter
) -> bool:
    partition = keys.partition_of(waiter.wf_run_id, partitions)
    stored = await _load(redis, partition, tenant, waiter.wf_run_id)
    if not isinstance(stored, StoredRun) or stored.run.status is LHStatus.COMPLETED:
        return False
    thread = stored.run.threads.get(waiter.thread)
    state = thread.node.state if thread is not None and thread.node is not None else None
    if thread is None or thread.ended_ms is not None or thread.position != waiter.position:
        return False
    waits = isinstance(state, EventWait) and (state.event_def, state.correlation_key) == (event_def, key)
    return waits and state.guid is None


async def _of_run(redis: Redis, programs: Programs, partition: int, run: Run) -> Entries:
    """What has to lead to a run, its variables and its events."""
    tenant, expected = run.tenant, Entries()
    posted, thrown = await load_events(redis, partition, run)
    for event in posted:
        index = keys.index_external_events(partition, tenant, event.event_def, event.claimed)
        expected[index, f"{run.id}/{event.guid}"] = event.posted_ms
    for sent in thrown:
        index = keys.index_workflow_events(partition, tenant, sent.event_def)
        expected[index, f"{run.id}/{sent.number}"] = sent.thrown_ms
    if not run.threads:
        return expected
    places = [
        keys.index_runs(partition, tenant),
        keys.index_status(partition, tenant, run.followed, run.status.name),
    ]
    root, _, is_child = run.id.partition("_")
    if is_child:
        places.append(keys.index_tree(partition, tenant, root))
    for thread in run.threads.values():
        program = await programs.of(tenant, run.spec_of(thread))
        for name, find in program.threads[thread.spec_name].searchable.items():
            words = [index_word(*entry) for entry in find(thread.variables[name])]
            places += [keys.index_variable(partition, tenant, run.followed.name, word) for word in words]
    return expected | {(place, run.id): run.started_ms for place in places}


def _there(double: Double) -> Entries:
    return {
        (key.decode(), member.decode()): score
        for key, value in double.data.items()
        if isinstance(value, ZSet) and b":index:" in key
        for member, score in value.items()
    }


def _differences(expected: Entries, there: Entries) -> list[str]:
    lines = [f"{key} has {member}, and should not" for key, member in sorted(there.keys() - expected.keys())]
    lines += [f"{key} lacks {member}" for key, member in sorted(expected.keys() - there.keys())]
    return lines + [
        f"{key} has {member} at {there[key, member]}, and it is of {expected[key, member]}"
        for key, member in sorted(there.keys() & expected.keys())
        if there[key, member] != expected[key, member]
    ]
