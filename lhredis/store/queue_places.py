"""queue_places: where a task stands in its queue, and who may take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.task_groups import fields_of, workers_of
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
        delivered = workers_of(groups).delivered
        rows: Any = await redis.xrange(stream, f"({delivered}", f"({entry}", count=AHEAD_MAX)
        ahead = len(rows)
    return Place(bool(found) and not isinstance(found, Exception), claim, ahead, _listening(consumers))


def _listening(consumers: Any) -> int:
    if isinstance(consumers, Exception):
        return 0
    return sum(int(fields_of(one)[b"idle"]) <= LISTENING_MS for one in consumers)
