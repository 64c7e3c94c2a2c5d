"""events: the ExternalEvents and WorkflowEvents of a WfRun, as they are kept and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.effects import ClaimEvent, ThrowEvent
from lhredis.engine.run import PostedEvent, Run
from lhredis.model.values import Value, decode_value, encode_value
from lhredis.store import keys

_THROWN = "thrown:"


@dataclass(slots=True, frozen=True)
class StoredEvent:
    """An ExternalEvent. `thread` and `position` are of the NodeRun that claimed it; of one that interrupted,
    or that nobody claimed, those that it was posted for."""

    event_def: str
    guid: str
    posted_ms: int
    content: Value
    thread: int | None
    position: int | None
    claimed: bool


@dataclass(slots=True, frozen=True)
class ThrownEvent:
    """A WorkflowEvent, and the NodeRun that threw it."""

    event_def: str
    number: int
    thrown_ms: int
    content: Value
    thread: int
    position: int


def claimed_field(event_def: str, guid: str) -> str:
    """Where a claimed ExternalEvent stands in the hash of events."""
    return f"{event_def}/{guid}"


def encode_claimed(effect: ClaimEvent) -> bytes:
    event = effect.event
    by = (event.thread, event.position) if effect.thread is None else (effect.thread, effect.position)
    return orjson.dumps([event.posted_ms, encode_value(event.content), *by])


def thrown_field(event_def: str, number: int) -> str:
    """Where a WorkflowEvent stands in the hash of events."""
    return f"{_THROWN}{event_def}/{number}"


def encode_thrown(effect: ThrowEvent) -> bytes:
    return orjson.dumps([effect.thrown_ms, encode_value(effect.content), effect.thread, effect.position])


async def load_events(redis: Redis, partition: int, run: Run) -> tuple[list[StoredEvent], list[ThrownEvent]]:
    """All events of a run, each kind the oldest first. The unclaimed ones are those of `run`."""
    raw: Any = await redis.hgetall(keys.events(partition, run.tenant, run.id))
    posted = [_unclaimed(event) for event in run.events.values()]
    thrown = []
    for name, data in raw.items():
        field, form = name.decode(), orjson.loads(data)
        if field.startswith(_THROWN):
            event_def, _, number = field.removeprefix(_THROWN).partition("/")
            thrown.append(
                ThrownEvent(event_def, int(number), form[0], decode_value(form[1]), form[2], form[3])
            )
        else:
            event_def, _, guid = field.partition("/")
            posted.append(_claimed(event_def, guid, form))
    posted.sort(key=lambda event: event.posted_ms)
    thrown.sort(key=lambda event: (event.thrown_ms, event.thread, event.position))
    return posted, thrown


async def load_claimed(
    redis: Redis, partition: int, tenant: str, wf_run_id: str, event_def: str, guid: str
) -> StoredEvent | None:
    """An ExternalEvent that was claimed; None when it was not, or is gone with its run."""
    data = await redis.hget(keys.events(partition, tenant, wf_run_id), claimed_field(event_def, guid))
    return _claimed(event_def, guid, orjson.loads(data)) if data is not None else None


async def kept_names(
    redis: Redis, partition: int, tenant: str, wf_run_id: str
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """(def, guid) of the ExternalEvents of a run that were claimed, and (def, number) of the WorkflowEvents
    that it threw."""
    raw: Any = await redis.hkeys(keys.events(partition, tenant, wf_run_id))
    claimed: list[tuple[str, str]] = []
    thrown: list[tuple[str, str]] = []
    for field in map(bytes.decode, raw):
        event_def, _, name = field.removeprefix(_THROWN).partition("/")
        (thrown if field.startswith(_THROWN) else claimed).append((event_def, name))
    return tuple(claimed), tuple(thrown)


def _claimed(event_def: str, guid: str, form: list[Any]) -> StoredEvent:
    posted_ms, content, thread, position = form
    return StoredEvent(event_def, guid, posted_ms, decode_value(content), thread, position, claimed=True)


def _unclaimed(event: PostedEvent) -> StoredEvent:
    return StoredEvent(
        event.event_def,
        event.guid,
        event.posted_ms,
        event.content,
        event.thread,
        event.position,
        claimed=False,
    )
