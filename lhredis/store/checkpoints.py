"""checkpoints: what the attempts of a TaskRun stored on their way, so that a retry need not do it again.

The JSON is public: docs/worker-protocol.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.model.limits import CHECKPOINTS_PER_TASK_RUN_MAX
from lhredis.model.values import Value, decode_value
from lhredis.store import keys
from lhredis.store.tasks import ScheduledTask, task_id_parts


@dataclass(slots=True, frozen=True)
class Checkpoint:
    """One stored value. `attempt` is the number of the attempt that computed it."""

    number: int
    value: Value
    attempt: int
    created_ms: int
    logs: str | None = None


def encode_checkpoint(form: Any, attempt: int, created_ms: int, logs: str | None) -> bytes:
    """The JSON of a checkpoint; `form` is the JSON form of its value. TypeError when it is no JSON."""
    checkpoint = {"value": form, "attempt": attempt, "created_ms": created_ms}
    return orjson.dumps(checkpoint | {"logs": logs} if logs else checkpoint)


def decode_checkpoint(number: int, data: bytes) -> Checkpoint:
    """Read the JSON of a checkpoint. ValueError when it is none."""
    try:
        form = orjson.loads(data)
        value = decode_value(form.get("value"))
        return Checkpoint(number, value, form["attempt"], form["created_ms"], form.get("logs"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a checkpoint: {error!r}") from None


async def find_checkpoint(redis: Redis, task: ScheduledTask, number: int) -> Checkpoint | None:
    """What an earlier attempt stored under this number."""
    wf_run_id, thread, position, _ = task_id_parts(task.id)
    return await checkpoint_at(redis, task.partition, task.tenant, wf_run_id, thread, position, number)


async def checkpoint_at(
    redis: Redis, partition: int, tenant: str, wf_run_id: str, thread: int, position: int, number: int
) -> Checkpoint | None:
    """The checkpoint of this number of the TaskRun of a (thread, position)."""
    key = keys.checkpoints(partition, tenant, wf_run_id)
    data: Any = await redis.hget(key, f"{thread}:{position}:{number}")
    return decode_checkpoint(number, data) if data is not None else None


async def checkpoint_counts(
    redis: Redis, partition: int, tenant: str, wf_run_id: str
) -> Counter[tuple[int, int]]:
    """How many checkpoints the TaskRun of each (thread, position) has."""
    fields: Any = await redis.hkeys(keys.checkpoints(partition, tenant, wf_run_id))
    numbers = [field.decode().split(":") for field in fields]
    return Counter((int(thread), int(position)) for thread, position, _ in numbers)


async def load_checkpoints(
    redis: Redis, partition: int, tenant: str, wf_run_id: str, thread: int, position: int
) -> list[Checkpoint]:
    """The checkpoints of one TaskRun, by number."""
    key = keys.checkpoints(partition, tenant, wf_run_id)
    prefix = f"{thread}:{position}:".encode()
    fields: Any = await redis.hkeys(key)
    found = sorted(int(field.removeprefix(prefix)) for field in fields if field.startswith(prefix))
    if not found:
        return []
    found = found[:CHECKPOINTS_PER_TASK_RUN_MAX]
    raw: Any = await redis.hmget(key, [f"{thread}:{position}:{number}" for number in found])
    pairs = zip(found, raw, strict=True)
    return [decode_checkpoint(number, data) for number, data in pairs if data is not None]
