"""runs: WfRuns in Redis: loading them, and the writes that one committed step makes."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from redis.asyncio import Redis

from lhredis.engine.effects import (
    ChangeStatus,
    ClearTimer,
    DropOutput,
    Effect,
    EnqueueTask,
    PutHistory,
    PutOutput,
    PutVariable,
    SetTimer,
)
from lhredis.engine.run import NodeRun, Run
from lhredis.model.enums import TERMINAL_STATUSES
from lhredis.store import keys
from lhredis.store.codec import decode_node_run, decode_run, encode_json_value, encode_node_run, encode_state
from lhredis.store.commands.commit_steps import WRITE_ARGS_MAX, Unit, Write
from lhredis.store.script import Argument
from lhredis.store.tasks import encode_task
from lhredis.store.timers import write_of

SAME_MS_RUNS_MAX = 10_000
"""Runs of one partition that started in the same millisecond, as far as listing goes."""

CHANGES_MAX = 10_000
"""Entries that a partition's changes stream keeps, about."""


@dataclass(slots=True)
class StoredRun:
    """A run and the version under which Redis has it; 0 when it does not exist yet.

    `claims` tells, for people who look, in which entry of its task stream each thread's latest
    attempt is; it is as of loading.
    """

    run: Run
    version: int
    claims: dict[int, str]


@dataclass(slots=True, frozen=True)
class Unreadable:
    """A run whose stored form could not be read; `traceback` tells why."""

    traceback: str


async def load_runs(
    redis: Redis, partition: int, ids: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredRun | Unreadable]:
    """The runs of these (tenant, wf_run_id) that exist, in one round trip."""
    if not ids:
        return {}
    pipeline = redis.pipeline(transaction=False)
    for tenant, wf_run_id in ids:
        pipeline.hgetall(keys.run(partition, tenant, wf_run_id))
    found: dict[tuple[str, str], StoredRun | Unreadable] = {}
    for (tenant, wf_run_id), raw in zip(ids, await pipeline.execute(), strict=True):
        if raw:
            try:
                found[tenant, wf_run_id] = _stored_run(tenant, wf_run_id, raw)
            except Exception:  # noqa: BLE001 - one damaged run must not stop the others
                found[tenant, wf_run_id] = Unreadable(traceback.format_exc())
    return found


async def load_run(redis: Redis, partition: int, tenant: str, wf_run_id: str) -> StoredRun | None:
    """One run, or None when there is none of this id."""
    raw: Any = await redis.hgetall(keys.run(partition, tenant, wf_run_id))
    return _stored_run(tenant, wf_run_id, raw) if raw else None


def _stored_run(tenant: str, wf_run_id: str, raw: dict[bytes, bytes]) -> StoredRun:
    fields = {name.decode(): value for name, value in raw.items()}
    claims = {int(name[6:]): value.decode() for name, value in fields.items() if name.startswith("claim:")}
    return StoredRun(decode_run(wf_run_id, tenant, fields), int(fields["version"]), claims)


async def load_history(
    redis: Redis, partition: int, tenant: str, wf_run_id: str
) -> dict[tuple[int, int], NodeRun]:
    """The NodeRuns that the run's threads have left, by (thread, position)."""
    raw: Any = await redis.hgetall(keys.history(partition, tenant, wf_run_id))
    history = {}
    for name, data in raw.items():
        thread, _, position = name.decode().partition(":")
        history[int(thread), int(position)] = decode_node_run(int(position), data)
    return history


async def newest_runs(
    redis: Redis, partitions: int, tenant: str, before: tuple[int, str] | None, count: int
) -> list[tuple[int, str]]:
    """(start time in epoch ms, id) of the newest runs over all partitions, the newest first; of those
    that started in the same millisecond, the greatest id first. `before` is the last one of the page
    before: runs that were started since do not move the pages."""
    pipeline = redis.pipeline(transaction=False)
    top = "+inf" if before is None else f"({before[0]}"
    for partition in range(partitions):
        key = keys.index_runs(partition, tenant)
        pipeline.zrevrangebyscore(key, top, "-inf", start=0, num=count, withscores=True)
        if before is not None:
            same_ms = (before[0], before[0])
            pipeline.zrevrangebyscore(key, *same_ms, start=0, num=SAME_MS_RUNS_MAX, withscores=True)
    found = [(int(score), member.decode()) for rows in await pipeline.execute() for member, score in rows]
    return sorted((row for row in found if before is None or row < before), reverse=True)[:count]


def unit_of(
    partition: int, stored: StoredRun, effects: Iterable[Effect], first: Sequence[Write], now_ms: int
) -> Unit:
    """What must be written when `effects` of the run are committed; `first` is written before them."""
    run, version = stored.run, stored.version
    run_key = keys.run(partition, run.tenant, run.id)
    writes = list(first)
    fields: dict[str, Argument] = {"version": version + 1, "state": encode_state(run)}
    history: dict[str, Argument] = {}
    dropped: list[str] = []
    for effect in effects:
        if type(effect) is PutHistory:
            history[f"{effect.thread}:{effect.node_run.position}"] = encode_node_run(effect.node_run)
        elif type(effect) is EnqueueTask:
            stream = keys.tasks(partition, run.tenant, effect.task_def)
            payload = encode_task(run.tenant, run.id, effect, now_ms)
            writes.append(("ENQUEUE", stream, run_key, f"claim:{effect.thread}", payload))
        elif type(effect) is PutVariable:
            fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif type(effect) is PutOutput:
            fields[f"o:{effect.thread}:{effect.node_name}"] = encode_json_value(effect.value)
        elif type(effect) is DropOutput:
            fields.pop(f"o:{effect.thread}:{effect.node_name}", None)
            dropped.append(f"o:{effect.thread}:{effect.node_name}")
        elif isinstance(effect, SetTimer | ClearTimer):
            writes.append(write_of(partition, run.tenant, run.id, effect))
        elif type(effect) is ChangeStatus:
            writes.append(_change(partition, run))
    if run.status in TERMINAL_STATUSES:
        dropped.extend(f"claim:{thread}" for thread in run.threads)
    if version == 0:
        writes.append(("ZADD", keys.index_runs(partition, run.tenant), run.started_ms, run.id))
    writes.extend(_hset(run_key, fields))
    if history:
        writes.extend(_hset(keys.history(partition, run.tenant, run.id), history))
    if dropped:
        writes.append(("HDEL", run_key, *dropped))
    return Unit([(run_key, version)], writes)


def _change(partition: int, run: Run) -> Write:
    return (
        "XADD",
        keys.changes(partition),
        "MAXLEN",
        "~",
        CHANGES_MAX,
        "*",
        "run",
        f"{run.tenant}/{run.id}",
        "status",
        run.status.name,
    )


def _hset(key: str, fields: dict[str, Argument]) -> list[Write]:
    """HSETs of at most WRITE_ARGS_MAX arguments each."""
    flat = tuple(chain.from_iterable(fields.items()))
    if len(flat) <= WRITE_ARGS_MAX:
        return [("HSET", key, *flat)]
    return [("HSET", key, *flat[at : at + WRITE_ARGS_MAX]) for at in range(0, len(flat), WRITE_ARGS_MAX)]
