"""task_groups: the workers of task streams, and how far they have got, as XINFO tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.wire import exchange


class Workers(NamedTuple):
    """The group of a stream: the last entry that any worker was given, and how many they hold now."""

    delivered: str = "0-0"
    claimed: int = 0


def workers_of(groups: Any) -> Workers:
    """Of the reply to XINFO GROUPS; what is not there, a stream or its group, has given nothing away."""
    if groups is None or isinstance(groups, Exception):
        return Workers()
    for group in map(fields_of, groups):
        if group[b"name"] == keys.WORKERS.encode():
            return Workers(group[b"last-delivered-id"].decode(), int(group[b"pending"]))
    return Workers()


async def idle_consumers(redis: Redis, streams: Sequence[str], idle_ms_min: int) -> list[list[str]]:
    """For each stream the names of consumers that hold nothing and have asked for nothing for so long, in one
    round trip."""
    commands = [("XINFO", "CONSUMERS", stream, keys.WORKERS) for stream in streams]
    return [
        []
        if isinstance(reply, ResponseError)  # a stream or a group that is not there yet
        else [
            fields[b"name"].decode()
            for fields in map(fields_of, reply)
            if int(fields[b"pending"]) == 0 and int(fields[b"idle"]) >= idle_ms_min
        ]
        for reply in await exchange(redis, commands, errors=False)
    ]


def fields_of(row: Any) -> dict[bytes, Any]:
    """A reply's map, as the server or as redis-py gives it."""
    if isinstance(row, dict):
        return {name if isinstance(name, bytes) else name.encode(): value for name, value in row.items()}
    return dict(zip(row[::2], row[1::2], strict=True))
