"""runs: WfRuns in Redis: loading them, listing them."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.run import NodeRun, Reminder, Run, SpecVersion, ThreadRun
from lhredis.model.enums import LHStatus
from lhredis.model.ids import REMINDERS_FROM
from lhredis.store import keys
from lhredis.store.codec import decode_archived_thread, decode_node_run, decode_reminder, decode_run
from lhredis.store.commands import outdate_run
from lhredis.store.script import run_all
from lhredis.store.wire import Command, exchange

ARCHIVED = "t"
"""In the history, the word before the number of an archived ThreadRun."""

INDEXED = "x"
"""In the run's hash, the word before the thread and name of a variable that the run is found by."""

REMINDER = "r"
"""In the history, the word before the number of a reminder."""

REMINDER_ENTRY = "reminder"
"""In the run's hash, the word before the number of a reminder whose attempt is in its queue."""

HALTS_SINCE = "halts_since_ms"
"""In the run's hash, when it last came to HALTING or HALTED."""

RUNS_PER_TRIP_MAX = 200
"""WfRuns whose whole state, with variables, is read in one go for people who look."""


@dataclass(slots=True)
class StoredRun:
    """A run and the version under which Redis has it; 0 when it does not exist yet.

    `claims` tells, for people who look, in which entry of its task stream each thread's latest
    attempt is, `reminder_entries` the same of reminders; both are as of loading. `listed` and `listed_spec`
    are the status and the version under which the indexes have it (None: they have not), `indexed` the words
    that they have it under because of (thread, variable), `next_version` what the unit under way gives it.
    `kept_events` and `kept_thrown` are those in its hash of events, (def, guid) and (def, number), when it is
    about to be deleted. `halts_since_ms` is when the run came to `listed`, if that is HALTING or HALTED.
    """

    run: Run
    version: int
    claims: dict[int, str]
    listed: LHStatus | None = None
    indexed: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    kept_events: tuple[tuple[str, str], ...] = ()
    kept_thrown: tuple[tuple[str, str], ...] = ()
    next_version: int = 0
    reminder_entries: dict[int, str] = field(default_factory=dict)
    listed_spec: SpecVersion | None = None
    halts_since_ms: int | None = None

    def entry_of(self, thread: int, position: int) -> str | None:
        """The entry of the attempt that a TaskRun's id leads to, be it of a thread or a reminder."""
        if position >= REMINDERS_FROM:
            return self.reminder_entries.get(position - REMINDERS_FROM)
        return self.claims.get(thread)


@dataclass(slots=True, frozen=True)
class Unreadable:
    """A run whose stored form could not be read; `traceback` tells why."""

    traceback: str


async def load_runs(
    redis: Redis, partition: int, ids: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredRun | Unreadable]:
    """The runs of these (tenant, wf_run_id) that exist, in one round trip."""
    return (await load_to_step(redis, partition, ids, ()))[0] if ids else {}


async def load_to_step(
    redis: Redis,
    partition: int,
    ids: Sequence[tuple[str, str]],
    questions: Sequence[Command],
    outdates: bool = False,
) -> tuple[dict[tuple[str, str], StoredRun | Unreadable], list[Any]]:
    """The same, and the answers to questions that go with them. With `outdates`, the runs have a version then
    that nobody else knows: who is at work on one has to load it again before he can commit."""
    run_keys = [keys.run(partition, tenant, wf_run_id) for tenant, wf_run_id in ids]
    loads = [outdate_run.command(key) if outdates else ("HGETALL", key) for key in run_keys]
    replies = await run_all(redis, [*questions, *loads], [outdate_run.script()])
    found: dict[tuple[str, str], StoredRun | Unreadable] = {}
    for (tenant, wf_run_id), raw in zip(ids, replies[len(questions) :], strict=True):
        if raw:
            found[tenant, wf_run_id] = _read(tenant, wf_run_id, raw)
    return found, replies[: len(questions)]


async def load_readable(redis: Redis, runs: Sequence[tuple[int, str, str]]) -> list[StoredRun | None]:
    """These runs, (partition, tenant, id), of any partitions, in this order; None for one that does not exist
    or cannot be read. RUNS_PER_TRIP_MAX in a round trip."""
    found: list[StoredRun | None] = []
    for at in range(0, len(runs), RUNS_PER_TRIP_MAX):
        part = runs[at : at + RUNS_PER_TRIP_MAX]
        replies = await exchange(redis, [("HGETALL", keys.run(*run)) for run in part])
        for (_, tenant, wf_run_id), raw in zip(part, replies, strict=True):
            stored = _read(tenant, wf_run_id, raw) if raw else None
            found.append(stored if isinstance(stored, StoredRun) else None)
    return found


def _read(tenant: str, wf_run_id: str, raw: Sequence[bytes]) -> StoredRun | Unreadable:
    try:
        return _stored_run(tenant, wf_run_id, dict(zip(raw[::2], raw[1::2], strict=True)))
    except Exception:  # noqa: BLE001 - one damaged run must not stop the others
        return Unreadable(traceback.format_exc())


async def load_run(redis: Redis, partition: int, tenant: str, wf_run_id: str) -> StoredRun | None:
    """One run, or None when there is none of this id."""
    raw: Any = await redis.hgetall(keys.run(partition, tenant, wf_run_id))
    return _stored_run(tenant, wf_run_id, raw) if raw else None


def _stored_run(tenant: str, wf_run_id: str, raw: dict[bytes, bytes]) -> StoredRun:
    fields = {name.decode(): value for name, value in raw.items()}
    run = decode_run(wf_run_id, tenant, fields)
    stored = StoredRun(run, int(fields["version"]), {}, run.status if run.threads else None)
    stored.listed_spec = run.spec
    for name, value in fields.items():
        kind, _, rest = name.partition(":")
        if kind == "claim":
            stored.claims[int(rest)] = value.decode()
        elif kind == INDEXED:
            thread, _, variable = rest.partition(":")
            stored.indexed[int(thread), variable] = tuple(orjson.loads(value))
        elif kind == REMINDER_ENTRY:
            stored.reminder_entries[int(rest)] = value.decode()
        elif kind == HALTS_SINCE:
            stored.halts_since_ms = int(value)
    return stored


async def load_history(
    redis: Redis, partition: int, tenant: str, wf_run_id: str
) -> dict[tuple[int, int], NodeRun]:
    """The NodeRuns that the run's threads have left, by (thread, position)."""
    (history,) = await load_histories(redis, [(partition, tenant, wf_run_id)])
    return history


async def load_histories(
    redis: Redis, runs: Sequence[tuple[int, str, str]]
) -> list[dict[tuple[int, int], NodeRun]]:
    """The same of many runs, (partition, tenant, id), in one round trip."""
    pipeline = redis.pipeline(transaction=False)
    for run in runs:
        pipeline.hgetall(keys.history(*run))
    return [_history(raw) for raw in await pipeline.execute()]


async def history_keys(redis: Redis, runs: Sequence[tuple[int, str, str]]) -> list[set[tuple[int, int]]]:
    """(thread, position) of the NodeRuns in the history of many runs."""
    pipeline = redis.pipeline(transaction=False)
    for run in runs:
        pipeline.hkeys(keys.history(*run))
    return [{found for name in raw if (found := _place(name))} for raw in await pipeline.execute()]


def _history(raw: dict[bytes, bytes]) -> dict[tuple[int, int], NodeRun]:
    history = {}
    for name, data in raw.items():
        place = _place(name)
        if place is not None:
            history[place] = decode_node_run(place[1], data)
    return history


def _place(name: bytes) -> tuple[int, int] | None:
    """Thread and position of a NodeRun; None for what else is in a history."""
    thread, _, position = name.decode().partition(":")
    return (int(thread), int(position)) if thread.isdecimal() and position.isdecimal() else None


async def load_left_node_run(
    redis: Redis, partition: int, tenant: str, wf_run_id: str, thread: int, position: int
) -> NodeRun | None:
    """A NodeRun that its thread has left, or None when there is none."""
    key = keys.history(partition, tenant, wf_run_id)
    data: Any = await redis.hget(key, f"{thread}:{position}")
    return decode_node_run(position, data) if data is not None else None


async def load_reminders(redis: Redis, partition: int, run: Run) -> dict[int, Reminder]:
    """All reminders of a run by number, those at work and those that are through. Nothing is asked of
    Redis when there never was one."""
    gone = [number for number in range(run.reminders_made) if number not in run.reminders]
    found = dict(run.reminders)
    if gone:
        key = keys.history(partition, run.tenant, run.id)
        raw: Any = await redis.hmget(key, [f"{REMINDER}:{number}" for number in gone])
        found |= {
            number: decode_reminder(data) for number, data in zip(gone, raw, strict=True) if data is not None
        }
    return {number: found[number] for number in sorted(found)}


async def load_archived_threads(
    redis: Redis, partition: int, tenant: str, wf_run_id: str, numbers: Sequence[int]
) -> dict[int, ThreadRun]:
    """Those of these ThreadRuns that were archived, with their variables."""
    if not numbers:
        return {}
    fields = [f"{ARCHIVED}:{number}" for number in numbers]
    raw: Any = await redis.hmget(keys.history(partition, tenant, wf_run_id), fields)
    return {
        number: decode_archived_thread(data)
        for number, data in zip(numbers, raw, strict=True)
        if data is not None
    }
