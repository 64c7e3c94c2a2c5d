"""queue_places: where a task stands in its queue, and who may take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.tasks import Claim, claim_of

AHEAD_MAX = 1_000
"""How many entries before one are counted."""

LISTENING_MS = 10_000
"""A worker that asked for tasks within this time listens."""


@dataclass(slots=True, frozen=True)
class Place:
    """A task's entry: `claim` is who holds it; else `ahead` counts the entries that come before it (up to
    AHEAD_MAX). `there` is False when the stream has no such entry. `workers` listen to the stream."""

    there: bool
    claim: Claim | None
    ahead: int
    workers: int


async def place_of(redis: Redis, stream: str, entry: str) -> Place:
    """Where this entry of a task stream is now."""
    claim = await claim_of(redis, stream, entry)
    pipeline = redis.pipeline(transaction=False)
    pipeline.xrange(stream, entry, entry)
    pipeline.execute_command("XINFO", "GROUPS", stream)
    pipeline.execute_command("XINFO", "CONSUMERS", stream, keys.WORKERS)
    found, groups, consumers = await pipeline.execute(raise_on_error=False)
    for reply in (found, groups, consumers):
        if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
            raise reply
    ahead = 0
    if claim is None and found and not isinstance(found, Exception):
        delivered = _delivered(groups)
        rows: Any = await redis.xrange(stream, f"({delivered}", f"({entry}", count=AHEAD_MAX)
        ahead = len(rows)
    return Place(bool(found) and not isinstance(found, Exception), claim, ahead, _listening(consumers))


def _delivered(groups: Any) -> str:
    """The last entry that any worker was given."""
    if isinstance(groups, Exception):
        return "0-0"
    for group in map(fields_of, groups):
        if group[b"name"] == keys.WORKERS.encode():
            return str(group[b"last-delivered-id"].decode())
    return "0-0"


def _listening(consumers: Any) -> int:
    if isinstance(consumers, Exception):
        return 0
    return sum(int(fields_of(one)[b"idle"]) <= LISTENING_MS for one in consumers)


def fields_of(row: Any) -> dict[bytes, Any]:
    """A reply's map, as the server or as redis-py gives it."""
    if isinstance(row, dict):
        return {name if isinstance(name, bytes) else name.encode(): value for name, value in row.items()}
    return dict(zip(row[::2], row[1::2], strict=True))
