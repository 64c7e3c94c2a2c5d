"""listeners: how many workers there are for the tasks of a queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.consumers import consumer_named
from lhredis.store.queue_places import LISTENING_MS
from lhredis.store.task_groups import fields_of
from lhredis.store.task_workers import task_workers
from lhredis.store.wire import exchange

COMMANDS_PER_TRIP_MAX = 1_000


async def listeners(
    redis: Redis, queues: Sequence[tuple[str, str]], partitions: int, now_ms: int
) -> dict[tuple[str, str], int]:
    """By (tenant, TaskDef name): workers that have asked for such tasks lately, hold some, or have registered
    through a front."""
    ids: dict[tuple[str, str], set[str]] = {queue: set() for queue in queues}
    streams = [(queue, partition) for queue in queues for partition in range(partitions)]
    for at in range(0, len(streams), COMMANDS_PER_TRIP_MAX):
        part = streams[at : at + COMMANDS_PER_TRIP_MAX]
        commands = [("XINFO", "CONSUMERS", keys.tasks(p, *queue), keys.WORKERS) for queue, p in part]
        for (queue, _), reply in zip(part, await exchange(redis, commands, errors=False), strict=True):
            ids[queue] |= _at_work(reply)
    for tenant, task_def in queues:
        ids[tenant, task_def] |= {one.id for one in await task_workers(redis, tenant, task_def, now_ms)}
    return {queue: len(found) for queue, found in ids.items()}


def _at_work(consumers: Any) -> set[str]:
    """A stream or a group that is not there yet has none."""
    if isinstance(consumers, ResponseError):
        return set()
    return {
        consumer_named(fields[b"name"].decode()).worker_id
        for fields in map(fields_of, consumers)
        if int(fields[b"idle"]) <= LISTENING_MS or int(fields[b"pending"]) > 0
    }
