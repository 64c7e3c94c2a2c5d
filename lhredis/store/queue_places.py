"""queue_places: where a task stands in its queue, and who may take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.task_groups import fields_of, workers_of
from lhredis.store.tasks import Claim, claims_of_entries, decode_task
from lhredis.store.wire import exchange

AHEAD_MAX = 1_000
"""How many entries before one are counted."""

LISTENING_MS = 10_000
"""A worker that asked for tasks within this time listens."""


@dataclass(slots=True, frozen=True)
class Place:
    """A task's entry: `claim` is who holds it, for `timeout_ms` after he was last heard of; else `ahead` counts
    the entries that come before it (up to AHEAD_MAX). `there` is False when the stream has no such entry.
    `workers` listen to the stream; `claimed` entries of it are in the hands of workers, be they there or not."""

    there: bool
    claim: Claim | None
    ahead: int
    workers: int
    claimed: int
    timeout_ms: int


async def places_of(redis: Redis, entries: Sequence[tuple[str, str]]) -> list[Place]:
    """Where these entries of task streams, (stream, entry), are now; in three round trips, however many."""
    if not entries:
        return []
    claims = await claims_of_entries(redis, entries)
    streams = sorted({stream for stream, _ in entries})
    commands: list[tuple[Any, ...]] = [("XRANGE", stream, entry, entry) for stream, entry in entries]
    for stream in streams:
        commands.append(("XINFO", "GROUPS", stream))
        commands.append(("XINFO", "CONSUMERS", stream, keys.WORKERS))
    replies = await exchange(redis, commands, errors=False)
    found, told = replies[: len(entries)], replies[len(entries) :]
    groups, consumers = (
        dict(zip(streams, told[::2], strict=True)),
        dict(zip(streams, told[1::2], strict=True)),
    )
    commands = [
        ("XRANGE", stream, f"({workers_of(groups[stream]).delivered}", "+", "COUNT", AHEAD_MAX)
        for stream in streams
    ]
    waiting = dict(zip(streams, await exchange(redis, commands, errors=False), strict=True))
    places = []
    for (stream, entry), claim, rows in zip(entries, claims, found, strict=True):
        there = bool(rows) and not isinstance(rows, ResponseError)
        ahead = _before(waiting[stream], entry) if there and claim is None else 0
        timeout_ms = decode_task(fields_of(rows[0][1])[b"task"]).timeout_ms if there else 0
        claimed = workers_of(groups[stream]).claimed
        places.append(Place(there, claim, ahead, _listening(consumers[stream]), claimed, timeout_ms))
    return places


def _before(rows: Any, entry: str) -> int:
    """How many of these rows of a stream come before an entry."""
    return (
        0 if isinstance(rows, ResponseError) else sum(_order(row[0].decode()) < _order(entry) for row in rows)
    )


def _order(entry: str) -> tuple[int, int]:
    ms, _, sequence = entry.partition("-")
    return int(ms), int(sequence)


def _listening(consumers: Any) -> int:
    if isinstance(consumers, ResponseError):
        return 0
    return sum(int(fields_of(one)[b"idle"]) <= LISTENING_MS for one in consumers)
