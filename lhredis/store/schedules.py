"""schedules: ScheduledWfRuns in Redis: their state, their timers, and where to find those of a WfSpec."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.events import TimerKind
from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule, StartRefused
from lhredis.model.enums import MissedTicks
from lhredis.model.values import decode_value, encode_value
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.run_writes import version_after
from lhredis.store.timers import member


@dataclass(slots=True)
class StoredSchedule:
    """A ScheduledWfRun (None: there is none), its key in Redis, and the version under which Redis has it;
    0 when it has not. `unreadable` is the traceback of a state that cannot be read."""

    schedule: Schedule | None
    key: str
    version: int
    unreadable: str | None = None


async def load_schedules(
    redis: Redis, partitions: int, addresses: Sequence[tuple[str, str]]
) -> list[StoredSchedule]:
    """The ScheduledWfRuns of these (tenant, id), in one round trip."""
    pipeline = redis.pipeline(transaction=False)
    places = []
    for tenant, schedule_id in addresses:
        partition = keys.partition_of(schedule_id, partitions)
        places.append(keys.schedule(partition, tenant, schedule_id))
        pipeline.hgetall(places[-1])
    replies: Any = await pipeline.execute() if places else []
    return [
        _stored(schedule_id, place, raw)
        for (_, schedule_id), place, raw in zip(addresses, places, replies, strict=True)
    ]


def _stored(schedule_id: str, place: str, raw: dict[bytes, bytes]) -> StoredSchedule:
    if not raw:
        return StoredSchedule(None, place, 0)
    version = int(raw[b"version"])
    try:
        return StoredSchedule(_decode(schedule_id, raw[b"state"]), place, version)
    except Exception:  # noqa: BLE001 - one damaged schedule must not stop the others
        return StoredSchedule(None, place, version, traceback.format_exc())


async def find_schedules(
    redis: Redis, partitions: int, tenant: str, prefix: str, after: str | None, count: int
) -> list[str]:
    """The first `count` entries of the index over all partitions that start with `prefix` and follow
    `after`, sorted."""
    low = f"({after}" if after is not None else f"[{prefix}"
    pipeline = redis.pipeline(transaction=False)
    for partition in range(partitions):
        index = keys.index_schedules(partition, tenant)
        pipeline.zrangebylex(index, low, f"({prefix}\x7f", start=0, num=count)
    return sorted(entry.decode() for rows in await pipeline.execute() for entry in rows)[:count]


def index_entry(schedule: Schedule) -> str:
    """How the index names a schedule."""
    spec = schedule.spec
    return f"{spec.name}/{spec.major}.{spec.revision}/{schedule.id}"


def id_in(entry: str) -> str:
    """The schedule's id in an entry of the index."""
    return entry.rpartition("/")[2]


def timer_member(tenant: str, schedule_id: str) -> str:
    """How the timers name the next tick of a schedule."""
    return member(TimerKind.SCHEDULE, tenant, schedule_id, 0, 0, 0)


def write_schedule(
    partition: int, tenant: str, stored: StoredSchedule, schedule: Schedule, now_ms: int
) -> list[Write]:
    """The writes of a schedule that is new or has changed. The timer is always as the state says."""
    version = version_after(stored.version, now_ms)
    writes: list[Write] = [("HSET", stored.key, "version", version, "state", _encode(schedule))]
    if not stored.version:
        writes.append(("ZADD", keys.index_schedules(partition, tenant), 0, index_entry(schedule)))
    timer = timer_member(tenant, schedule.id)
    if schedule.next_ms is None:
        writes.append(("ZREM", keys.timers(partition), timer))
    else:
        writes.append(("ZADD", keys.timers(partition), schedule.next_ms, timer))
    return writes


def write_gone(partition: int, tenant: str, stored: StoredSchedule, schedule: Schedule) -> list[Write]:
    """The writes of a schedule that goes."""
    return [
        ("DEL", stored.key),
        ("ZREM", keys.index_schedules(partition, tenant), index_entry(schedule)),
        ("ZREM", keys.timers(partition), timer_member(tenant, schedule.id)),
    ]


def _encode(schedule: Schedule) -> bytes:
    error = schedule.error
    return orjson.dumps(
        [
            list(schedule.spec),
            {name: encode_value(value) for name, value in schedule.variables.items()},
            schedule.parent_id,
            schedule.cron,
            schedule.start_ms,
            schedule.zone,
            int(schedule.missed),
            schedule.created_ms,
            schedule.next_ms,
            schedule.paused,
            schedule.last_ms,
            schedule.last_wf_run_id,
            [error.at_ms, error.wf_run_id, error.message] if error is not None else None,
        ]
    )


def _decode(schedule_id: str, data: bytes) -> Schedule:
    form: Any = orjson.loads(data)
    spec, variables, parent_id, cron, start_ms, zone, missed, created_ms, *state = form
    next_ms, paused, last_ms, last_wf_run_id, error = state
    return Schedule(
        schedule_id,
        SpecVersion(*spec),
        {name: decode_value(value) for name, value in variables.items()},
        parent_id,
        cron,
        start_ms,
        zone,
        MissedTicks(missed),
        created_ms,
        next_ms,
        paused,
        last_ms,
        last_wf_run_id,
        StartRefused(*error) if error is not None else None,
    )
