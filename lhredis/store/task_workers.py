"""task_workers: task workers that registered through a front, forgotten when they have not for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.store import keys

FORGOTTEN_MS = 90_000
"""Workers register every minute."""


@dataclass(slots=True, frozen=True)
class TaskWorker:
    """A worker that polls at `host` and `port`, and last said so at `seen_ms`."""

    id: str
    host: str
    port: int
    seen_ms: int


async def put_heartbeat(redis: Redis, tenant: str, task_def: str, worker: TaskWorker) -> None:
    """The worker lives; those that have not said so for FORGOTTEN_MS are forgotten."""
    key = keys.task_workers(tenant, task_def)
    member = orjson.dumps([worker.id, worker.host, worker.port])
    pipeline = redis.pipeline(transaction=False)
    pipeline.zadd(key, {member: worker.seen_ms})
    pipeline.zremrangebyscore(key, "-inf", worker.seen_ms - FORGOTTEN_MS)
    pipeline.pexpire(key, FORGOTTEN_MS)
    await pipeline.execute()


async def task_workers(redis: Redis, tenant: str, task_def: str, now_ms: int) -> list[TaskWorker]:
    """Those that live, by id; of one that has changed its host, the newest."""
    key = keys.task_workers(tenant, task_def)
    rows: Any = await redis.zrangebyscore(key, now_ms - FORGOTTEN_MS, "+inf", withscores=True)
    found = {}
    for member, seen_ms in rows:
        name, host, port = orjson.loads(member)
        found[name] = TaskWorker(name, host, port, int(seen_ms))
    return [found[name] for name in sorted(found)]
