"""bulk_jobs: what bulk jobs are to do, and how far each partition is with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.store import keys
from lhredis.store.commands.save_portion import save_portion
from lhredis.store.walk import Place


@dataclass(slots=True)
class Portion:
    """A job's part in one partition: delete the runs of a WfSpec that began in a time (epoch ms, both ends
    included); `status`, `major` and `revision` name the only ones meant, and `words` what their searchable
    variables hold (store/index_words.py). With a `migration` (as store/codec.py writes it) have those that
    follow its old version migrated instead, and with `rescue_skips` those in ERROR rescued: it tells whether
    they go on behind the node that failed. `after` is the last run that was dealt with. `seen` is how Redis
    had it when it was read."""

    wf_spec_name: str
    between_ms: tuple[int, int]
    status: str | None
    major: int | None = None
    revision: int | None = None
    words: list[str] = field(default_factory=list)
    after: Place | None = None
    migration: list[Any] | None = None
    rescue_skips: bool | None = None
    deleted: int = 0
    migrated: int = 0
    rescued: int = 0
    failed: int = 0
    done: bool = False
    seen: bytes = b""


async def create(
    redis: Redis, partitions: int, tenant: str, job_id: str, definition: bytes, portion: Portion
) -> bytes:
    """Make a job, and return the definition that it has: another one when there was such a job before."""
    key = keys.bulk_jobs(tenant)
    await redis.hsetnx(key, job_id, definition)
    kept: Any = await redis.hget(key, job_id)
    if kept == definition:
        pipeline = redis.pipeline(transaction=False)
        for partition in range(partitions):
            pipeline.hsetnx(keys.bulk_portions(partition), f"{tenant}/{job_id}", _encode(portion))
        await pipeline.execute()
    return bytes(kept)


async def definition(redis: Redis, tenant: str, job_id: str) -> bytes | None:
    """What a job is to do (JSON); None when there is none of this id."""
    raw: Any = await redis.hget(keys.bulk_jobs(tenant), job_id)
    return bytes(raw) if raw is not None else None


async def count(redis: Redis, tenant: str) -> int:
    """How many jobs a tenant has, done or not."""
    return int(await redis.hlen(keys.bulk_jobs(tenant)))


async def definitions(redis: Redis, tenant: str) -> dict[str, bytes]:
    """All jobs of a tenant by id."""
    raw: Any = await redis.hgetall(keys.bulk_jobs(tenant))
    return {name.decode(): data for name, data in raw.items()}


async def portions_of(
    redis: Redis, partitions: int, tenant: str, job_ids: Sequence[str]
) -> dict[str, list[Portion | None]]:
    """How far these jobs are, by partition; None where nobody knows of it."""
    fields = [f"{tenant}/{job_id}" for job_id in job_ids]
    if not fields:
        return {}
    pipeline = redis.pipeline(transaction=False)
    for partition in range(partitions):
        pipeline.hmget(keys.bulk_portions(partition), fields)
    replies = await pipeline.execute()
    return {
        job_id: [_decode(reply[i]) if reply[i] is not None else None for reply in replies]
        for i, job_id in enumerate(job_ids)
    }


async def delete(redis: Redis, partitions: int, tenant: str, job_id: str) -> None:
    pipeline = redis.pipeline(transaction=False)
    for partition in range(partitions):
        pipeline.hdel(keys.bulk_portions(partition), f"{tenant}/{job_id}")
    pipeline.hdel(keys.bulk_jobs(tenant), job_id)
    await pipeline.execute()


async def open_portions(redis: Redis, partitions: Sequence[int]) -> list[tuple[int, str, str, Portion]]:
    """(partition, tenant, job id, portion) of what is left to do in these partitions."""
    pipeline = redis.pipeline(transaction=False)
    for partition in partitions:
        pipeline.hgetall(keys.bulk_portions(partition))
    found = []
    for partition, raw in zip(partitions, await pipeline.execute(), strict=True):
        for name, data in raw.items():
            tenant, _, job_id = name.decode().partition("/")
            portion = _decode(data)
            if not portion.done:
                found.append((partition, tenant, job_id, portion))
    return found


async def save(redis: Redis, partition: int, tenant: str, job_id: str, portion: Portion) -> bool:
    """Note how far it is. False, and nothing changed, when another has done so since it was read, or the job
    is gone: whoever comes back late must not open again what is done."""
    return await save_portion(redis, partition, f"{tenant}/{job_id}", portion.seen, _encode(portion))


def _encode(portion: Portion) -> bytes:
    return orjson.dumps({name: getattr(portion, name) for name in Portion.__slots__ if name != "seen"})


def _decode(data: bytes) -> Portion:
    form = orjson.loads(data)
    after = form.pop("after")
    low, high = form.pop("between_ms")
    place = (after[0], after[1]) if after is not None else None
    return Portion(**form, between_ms=(low, high), after=place, seen=data)
