"""correlations: the CorrelatedEvent of a key and who waits for one, in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Waiter
from lhredis.engine.events import TimerKind
from lhredis.model.values import decode_value, encode_value
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.run_writes import version_after


@dataclass(slots=True)
class Stored:
    """A correlation, its key in Redis, and the version under which Redis has it; 0 when it has not."""

    correlation: Correlation
    key: str
    version: int


async def load_correlations(
    redis: Redis, partitions: int, addresses: Sequence[tuple[str, str, str]]
) -> list[Stored]:
    """The correlations of these (tenant, ExternalEventDef, key), in one round trip."""
    pipeline = redis.pipeline(transaction=False)
    places = []
    for tenant, event_def, key in addresses:
        partition = keys.partition_of_key(event_def, key, partitions)
        places.append(keys.correlation(partition, tenant, event_def, key))
        pipeline.hgetall(places[-1])
    found = []
    for (_, event_def, key), place, raw in zip(addresses, places, await pipeline.execute(), strict=True):
        correlation = _decode(event_def, key, raw[b"state"]) if raw else Correlation(event_def, key)
        found.append(Stored(correlation, place, int(raw[b"version"]) if raw else 0))
    return found


def write_correlation(partition: int, tenant: str, stored: Stored, now_ms: int) -> list[Write]:
    """The writes of a changed correlation; one that holds nothing goes."""
    correlation = stored.correlation
    index = keys.index_correlated_events(partition, tenant, correlation.event_def)
    writes: list[Write] = []
    if correlation.event is not None:
        writes.append(("ZADD", index, correlation.event.created_ms, correlation.key))
    elif stored.version:
        writes.append(("ZREM", index, correlation.key))
    if correlation.event is None and not correlation.waiters:
        return [*writes, ("DEL", stored.key)] if stored.version else []
    version = version_after(stored.version, now_ms)
    return [*writes, ("HSET", stored.key, "version", version, "state", _encode(correlation))]


def ttl_timer(partition: int, tenant: str, event_def: str, key: str, due_ms: int) -> Write:
    """The write that has the event of a key forgotten when that is due."""
    member = f"{TimerKind.CORRELATED_TTL}/{tenant}/{event_def}~{key}/0/0/0"
    return ("ZADD", keys.timers(partition), due_ms, member)


def _encode(correlation: Correlation) -> bytes:
    event = correlation.event
    form = None
    if event is not None:
        content = encode_value(event.content)
        form = [event.created_ms, content, event.delete_after_first, event.born, event.delivered]
    return orjson.dumps([form, [list(waiter) for waiter in correlation.waiters]])


def _decode(event_def: str, key: str, data: bytes) -> Correlation:
    form: Any
    form, waiters = orjson.loads(data)
    event = None
    if form is not None:
        created_ms, content, delete_after_first, born, delivered = form
        pairs = [(wf_run_id, guid) for wf_run_id, guid in delivered]
        event = CorrelatedEvent(created_ms, decode_value(content), delete_after_first, born, pairs)
    return Correlation(event_def, key, event, [Waiter(*waiter) for waiter in waiters])
