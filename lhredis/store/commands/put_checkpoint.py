"""put_checkpoint: keep a value that an attempt computed, if its worker still holds it.

Mirror of scripts/lua/put_checkpoint.lua.
"""

from __future__ import annotations

from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.script import load
from lhredis.store.tasks import ScheduledTask, task_id_parts


async def put_checkpoint(
    redis: Redis, worker_id: str, task: ScheduledTask, number: int, json: bytes
) -> bytes | None:
    """What the number holds now: this JSON, or what it held before and keeps. None, and nothing is written,
    when the attempt is not this worker's any more."""
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
    if reply[0] == b"stop":
        return None
    return bytes(reply[1]) if reply[0] == b"exists" else json
