"""figures: the deployment in numbers, as Redis has them now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.commands.accept_write import accept_write
from lhredis.store.counters import totals
from lhredis.store.live_schedulers import live_schedulers, server_ms
from lhredis.store.metadata import Metadata
from lhredis.store.metric_series import SeriesTotals, read_series
from lhredis.store.task_groups import workers_of
from lhredis.store.wire import exchange

COMMANDS_PER_TRIP_MAX = 1_000


@dataclass(slots=True)
class Queue:
    """A TaskDef's task streams of all partitions together: `waiting` for a worker, `claimed` by one. The one
    that waits longest was enqueued at `oldest_ms` (of Redis' clock)."""

    tenant: str
    task_def: str
    waiting: int = 0
    claimed: int = 0
    oldest_ms: int | None = None


@dataclass(slots=True)
class Figures:
    """Everything is summed over the partitions. `owners` tells how many partitions each scheduler works,
    `now_ms` is Redis' clock, `series_left_out` how many definitions METRIC_SERIES_MAX kept out of
    `series`."""

    totals: dict[str, int]
    now_ms: int = 0
    queues: list[Queue] = field(default_factory=list)
    quarantined: int = 0
    timers: int = 0
    partitions: int = 0
    owners: Counter[str] = field(default_factory=Counter)
    schedulers: int = 0
    series: list[SeriesTotals] = field(default_factory=list)
    series_left_out: int = 0
    takes_writes: bool = True


async def read_figures(redis: Redis, metadata: Metadata, partitions: int) -> Figures:
    """All figures, in a few round trips."""
    figures = Figures(await totals(redis), partitions=partitions)
    figures.queues = await task_queues(redis, await metadata.queues(), partitions)
    figures.series, figures.series_left_out = await read_series(redis)
    figures.takes_writes = await _takes_writes(redis)
    figures.now_ms = await server_ms(redis)
    figures.schedulers = len(await live_schedulers(redis))
    commands: list[tuple[Any, ...]] = []
    for partition in range(partitions):
        commands.append(("XLEN", keys.quarantine(partition)))
        commands.append(("ZCARD", keys.timers(partition)))
        commands.append(("GET", keys.owner(partition)))
    rest = await _send(redis, commands)
    figures.quarantined, figures.timers = sum(rest[::3]), sum(rest[1::3])
    figures.owners.update(owner.decode() for owner in rest[2::3] if owner is not None)
    return figures


async def _takes_writes(redis: Redis) -> bool:
    try:
        await accept_write(redis)
    except ResponseError:
        return False
    return True


async def waiting_tasks(redis: Redis, partitions: int, tenant: str, task_def: str) -> int:
    """How many tasks of a TaskDef no worker has taken yet."""
    (queue,) = await task_queues(redis, [(tenant, task_def)], partitions)
    return queue.waiting


async def task_queues(redis: Redis, names: list[tuple[str, str]], partitions: int) -> list[Queue]:
    """The queues of these (tenant, TaskDef name)."""
    queues = [Queue(tenant, task_def) for tenant, task_def in names]
    streams = [
        (queue, keys.tasks(partition, queue.tenant, queue.task_def))
        for queue in queues
        for partition in range(partitions)
    ]
    commands: list[tuple[Any, ...]] = []
    for _, stream in streams:
        commands.append(("XLEN", stream))
        commands.append(("XINFO", "GROUPS", stream))
    replies = await _send(redis, commands)
    behind: list[tuple[Queue, str, str]] = []
    for (queue, stream), length, groups in zip(streams, replies[::2], replies[1::2], strict=True):
        group = workers_of(groups)
        queue.claimed += group.claimed
        queue.waiting += max(0, length - group.claimed)
        if length > group.claimed:
            behind.append((queue, stream, group.delivered))
    commands = [("XRANGE", stream, f"({delivered}", "+", "COUNT", 1) for _, stream, delivered in behind]
    for (queue, _, _), found in zip(behind, await _send(redis, commands), strict=True):
        if found:
            added_ms = int(found[0][0].partition(b"-")[0])
            queue.oldest_ms = added_ms if queue.oldest_ms is None else min(queue.oldest_ms, added_ms)
    return queues


async def _send(redis: Redis, commands: list[tuple[Any, ...]]) -> list[Any]:
    """Replies in order; None where a stream does not exist yet."""
    replies: list[Any] = []
    for at in range(0, len(commands), COMMANDS_PER_TRIP_MAX):
        for reply in await exchange(redis, commands[at : at + COMMANDS_PER_TRIP_MAX], errors=False):
            if isinstance(reply, ResponseError) and "no such key" in str(reply):
                replies.append(None)
            elif isinstance(reply, Exception):
                raise reply
            else:
                replies.append(reply)
    return replies
