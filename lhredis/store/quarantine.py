"""quarantine: events that were set aside: their step raised, or they cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write

QUARANTINE_MAX = 10_000
"""Entries that a partition's quarantine stream keeps, about."""

LOOKED_AT_MAX = 200
"""Entries that are looked at for those of one run: each may have 16 KiB."""

EVENT_BYTES_MAX = 16 * 1024
"""How much is kept of an event that cannot be read."""


@dataclass(slots=True, frozen=True)
class SetAside:
    """An event in quarantine. `tenant` and `wf_run_id` are empty when it does not tell whose it is."""

    partition: int
    tenant: str
    wf_run_id: str
    event: str
    traceback: str
    at_ms: int


def write_of(partition: int, tenant: str, wf_run_id: str, event: bytes, traceback: str, now_ms: int) -> Write:
    """The write that sets an event aside."""
    run = f"{tenant}/{wf_run_id}" if wf_run_id else ""
    limit = ("MAXLEN", "~", QUARANTINE_MAX, "*")
    fields = ("run", run, "event", event[:EVENT_BYTES_MAX], "traceback", traceback, "at_ms", now_ms)
    return ("XADD", keys.quarantine(partition), *limit, *fields)


async def set_aside_of(redis: Redis, partition: int, tenant: str, wf_run_id: str) -> int:
    """How many of the last LOOKED_AT_MAX events that were set aside in a partition are this run's."""
    entries: Any = await redis.xrevrange(keys.quarantine(partition), count=LOOKED_AT_MAX)
    whose = f"{tenant}/{wf_run_id}".encode()
    return sum(fields.get(b"run") == whose for _, fields in entries)


async def newest(redis: Redis, partitions: int, count: int) -> list[SetAside]:
    """The events that were set aside last, of all partitions, the newest first."""
    pipeline = redis.pipeline(transaction=False)
    for partition in range(partitions):
        pipeline.xrevrange(keys.quarantine(partition), count=count)
    found = [
        _read(partition, fields)
        for partition, entries in enumerate(await pipeline.execute())
        for _, fields in entries
    ]
    return sorted(found, key=lambda aside: aside.at_ms, reverse=True)[:count]


def _read(partition: int, fields: dict[bytes, Any]) -> SetAside:
    def text(name: bytes) -> str:
        return str(fields.get(name, b"").decode(errors="replace"))

    tenant, _, wf_run_id = text(b"run").partition("/")
    return SetAside(
        partition, tenant, wf_run_id, text(b"event"), text(b"traceback"), int(text(b"at_ms") or 0)
    )
