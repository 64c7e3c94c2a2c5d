"""figures: the deployment in numbers, as Redis has them now."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.counters import totals
from lhredis.store.metadata import Metadata
from lhredis.store.wire import exchange

COMMANDS_PER_TRIP_MAX = 1_000


@dataclass(slots=True)
class Queue:
    """A TaskDef's task streams of all partitions together: `waiting` for a worker, `claimed` by one."""

    tenant: str
    task_def: str
    waiting: int = 0
    claimed: int = 0


@dataclass(slots=True)
class Figures:
    """Everything is summed over the partitions."""

    totals: dict[str, int]
    queues: list[Queue] = field(default_factory=list)
    quarantined: int = 0
    timers: int = 0
    partitions: int = 0
    partitions_owned: int = 0
    schedulers: int = 0


async def read_figures(redis: Redis, metadata: Metadata, partitions: int) -> Figures:
    """All figures, in a few round trips."""
    figures = Figures(await totals(redis), partitions=partitions)
    figures.queues = await task_queues(redis, await metadata.queues(), partitions)
    commands: list[tuple[Any, ...]] = [("ZCOUNT", keys.schedulers(), time.time_ns() // 1_000_000, "+inf")]
    for partition in range(partitions):
        commands.append(("XLEN", keys.quarantine(partition)))
        commands.append(("ZCARD", keys.timers(partition)))
        commands.append(("EXISTS", keys.owner(partition)))
    figures.schedulers, *rest = await _send(redis, commands)
    figures.quarantined, figures.timers, figures.partitions_owned = (
        sum(rest[::3]),
        sum(rest[1::3]),
        sum(rest[2::3]),
    )
    return figures


async def waiting_tasks(redis: Redis, partitions: int, tenant: str, task_def: str) -> int:
    """How many tasks of a TaskDef no worker has taken yet."""
    (queue,) = await task_queues(redis, [(tenant, task_def)], partitions)
    return queue.waiting


async def task_queues(redis: Redis, names: list[tuple[str, str]], partitions: int) -> list[Queue]:
    """The queues of these (tenant, TaskDef name)."""
    queues = [Queue(tenant, task_def) for tenant, task_def in names]
    owners: list[Queue] = []
    commands: list[tuple[Any, ...]] = []
    for queue in queues:
        for partition in range(partitions):
            stream = keys.tasks(partition, queue.tenant, queue.task_def)
            commands.append(("XLEN", stream))
            commands.append(("XPENDING", stream, keys.WORKERS))
            owners.append(queue)
    replies = await _send(redis, commands)
    for queue, length, pending in zip(owners, replies[::2], replies[1::2], strict=True):
        claimed = 0 if pending is None else int(pending[0])
        queue.claimed += claimed
        queue.waiting += max(0, length - claimed)
    return queues


async def _send(redis: Redis, commands: list[tuple[Any, ...]]) -> list[Any]:
    """Replies in order; None where a stream or its group does not exist yet."""
    replies: list[Any] = []
    for at in range(0, len(commands), COMMANDS_PER_TRIP_MAX):
        for reply in await exchange(redis, commands[at : at + COMMANDS_PER_TRIP_MAX], errors=False):
            if isinstance(reply, ResponseError) and "NOGROUP" in str(reply):
                replies.append(None)
            elif isinstance(reply, Exception):
                raise reply
            else:
                replies.append(reply)
    return replies
