"""release_task: give a claimed task back to its queue, where any worker can take it at once.

Mirror of scripts/lua/release_task.lua.
"""

from __future__ import annotations

from enum import StrEnum

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load
from lhredis.store.tasks import ScheduledTask, claim_field, task_id_parts


class Release(StrEnum):
    """What became of it: the script's words."""

    RELEASED = "released"
    DROPPED = "dropped"
    GONE = "gone"


async def release_task(redis: Redis, consumer: str, task: ScheduledTask) -> Release:
    """The task is at the end of its queue again, the same attempt with the same token; it is not when
    nobody counts on it any more (DROPPED), or when it is not this consumer's (GONE)."""
    reply = await load("release_task").run(
        redis,
        {
            "run": keys.run(task.partition, task.tenant, task_id_parts(task.id)[0]),
            "tasks": keys.tasks(task.partition, task.tenant, task.task_def),
        },
        {
            "group": keys.WORKERS,
            "consumer": consumer,
            "entry": task.entry,
            "claim_field": claim_field(task.id),
        },
    )
    return Release(reply[0].decode())
