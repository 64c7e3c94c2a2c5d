"""put_checkpoint: keep a value that an attempt computed, if its worker still holds it.

Mirror of scripts/lua/put_checkpoint.lua.
"""

from __future__ import annotations

from enum import StrEnum

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load
from lhredis.store.tasks import ScheduledTask, task_id_parts


class Put(StrEnum):
    """What became of it: the script's words."""

    PUT = "put"
    EXISTS = "exists"
    STOP = "stop"


async def put_checkpoint(
    redis: Redis, worker_id: str, task: ScheduledTask, number: int, json: bytes
) -> tuple[Put, bytes]:
    """And what the number holds now: EXISTS tells that it keeps what was there; with STOP nothing is written,
    because the attempt is not this worker's any more."""
    wf_run_id, thread, position, _ = task_id_parts(task.id)
    reply = await load("put_checkpoint").run(
        redis,
        {
            "run": keys.run(task.partition, task.tenant, wf_run_id),
            "checkpoints": keys.checkpoints(task.partition, task.tenant, wf_run_id),
            "tasks": keys.tasks(task.partition, task.tenant, task.task_def),
        },
        {
            "group": keys.WORKERS,
            "worker_id": worker_id,
            "entry": task.entry,
            "field": f"{thread}:{position}:{number}",
            "json": json,
        },
    )
    put = Put(reply[0].decode())
    return put, bytes(reply[1]) if put is Put.EXISTS else json
