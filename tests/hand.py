"""hand: works on tasks with nothing but Redis commands, so that a story decides when and how."""

from __future__ import annotations

from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.tasks import ScheduledTask, decode_task, ensure_groups
from lhredis.store.wire import execute
from tests.support import wait_until


class Hand:
    """A worker's hand, in one tenant of a cluster."""

    def __init__(self, redis: Redis, tenant: str, partitions: int) -> None:
        self._redis = redis
        self._tenant = tenant
        self._partitions = partitions

    async def claim(self, task_def: str, worker: str = "w1", count: int = 1) -> list[ScheduledTask]:
        """Take up to `count` tasks; wait for the first one."""
        streams = [keys.tasks(partition, self._tenant, task_def) for partition in range(self._partitions)]
        await ensure_groups(self._redis, streams)
        found: list[ScheduledTask] = []

        async def take() -> bool:
            for partition, stream in enumerate(streams):
                if len(found) < count:
                    command = ("XREADGROUP", "GROUP", keys.WORKERS, worker, "COUNT", count - len(found))
                    for _, entries in await execute(self._redis, *command, "STREAMS", stream, ">") or ():
                        for entry, fields in entries:
                            task = decode_task(fields[1])
                            task.entry, task.partition = entry.decode(), partition
                            found.append(task)
            return bool(found)

        await wait_until(take)
        return found

    async def report(self, task: ScheduledTask, status: str = "TASK_SUCCESS", **more: Any) -> None:
        form = {
            "task": task.id,
            "token": task.token,
            "tenant": task.tenant,
            "task_def": task.task_def,
            "entry": task.entry,
            "status": status,
            "worker": "w1",
        }
        await self._redis.xadd(keys.results(task.partition), {"result": orjson.dumps(form | more)})
