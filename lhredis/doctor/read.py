"""read: reads from Redis all that the doctor judges, and changes nothing there."""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.doctor.facts import Clock, Facts, Partition, Process, Queue
from lhredis.store import keys
from lhredis.store.commands.accept_write import accept_write
from lhredis.store.connect import process_of
from lhredis.store.figures import task_queues
from lhredis.store.listeners import listeners
from lhredis.store.live_schedulers import live_schedulers
from lhredis.store.metadata import Metadata
from lhredis.store.outage import what_redis_said
from lhredis.store.wire import exchange

OVERDUE_MS = 5_000
"""A timer that is still there so long after it was due is overdue."""

_SETTINGS = ("append*", "auto-aof-*", "no-appendfsync-on-rewrite", "save", "maxmemory*", "stop-writes-*")


async def read_facts(redis: Redis) -> Facts:
    """Everything, in a few round trips. RedisError, OSError."""
    info: dict[str, Any] = await redis.info("everything")
    clock = await _clock(redis)
    now_ms = time.time_ns() // 1_000_000 + int(clock.ahead_ms)
    settings, processes = await _settings(redis), await _processes(redis)
    refused = await _writes_refused(redis)
    number = await redis.hget(keys.cluster(), "partitions")
    if number is None:
        return Facts(info, settings, clock, processes=processes, writes_refused=refused)
    return Facts(
        info,
        settings,
        clock,
        await _partitions(redis, int(number), now_ms),
        await live_schedulers(redis),
        await _queues(redis, int(number), now_ms),
        processes,
        refused,
    )


async def _writes_refused(redis: Redis) -> str:
    try:
        await accept_write(redis)
    except ResponseError as error:
        return what_redis_said(error)
    return ""


async def _clock(redis: Redis) -> Clock:
    await redis.time()  # so that the next one finds a connection
    before = time.time()
    seconds, microseconds = await redis.time()
    after = time.time()
    ahead_s = int(seconds) + int(microseconds) / 1e6 - (before + after) / 2
    return Clock(ahead_s * 1000, (after - before) * 1000)


async def _settings(redis: Redis) -> dict[str, str] | None:
    try:
        found = await redis.config_get(*_SETTINGS)
    except ResponseError:
        return None
    return {str(name): str(value) for name, value in found.items()}


async def _processes(redis: Redis) -> list[Process] | None:
    try:
        clients: Any = await redis.client_list()
    except ResponseError:
        return None
    found = {process for client in clients if (process := process_of(client.get("name", ""))) is not None}
    return sorted((Process(*process) for process in found), key=lambda one: (one.role, one.name))


async def _partitions(redis: Redis, count: int, now_ms: int) -> list[Partition]:
    commands: list[tuple[Any, ...]] = []
    for number in range(count):
        commands.append(("GET", keys.owner(number)))
        commands.append(("XLEN", keys.results(number)))
        commands.append(("ZCOUNT", keys.timers(number), "-inf", now_ms - OVERDUE_MS))
        commands.append(("XLEN", keys.quarantine(number)))
    replies = await exchange(redis, commands)
    return [
        Partition(number, None if owner is None else owner.decode(), results, overdue, quarantined)
        for number, (owner, results, overdue, quarantined) in enumerate(
            zip(replies[::4], replies[1::4], replies[2::4], replies[3::4], strict=True)
        )
    ]


async def _queues(redis: Redis, partitions: int, now_ms: int) -> list[Queue]:
    names = await Metadata(redis).queues()
    found = await listeners(redis, names, partitions, now_ms)
    return [
        Queue(one.tenant, one.task_def, one.waiting, one.claimed, found[one.tenant, one.task_def])
        for one in await task_queues(redis, names, partitions)
    ]
