"""messages: what an inbox holds: wake-ups, and messages to other partitions that its owner carries.

A message is written in the commit of what it tells, into the inbox of the same partition. The owner
carries it where it belongs and deletes it then: at least once, and each one twice does no harm.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.correlation import Delivery, Waiter
from lhredis.engine.run import SpecVersion
from lhredis.model.values import Value, decode_value, encode_value
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write


@dataclass(slots=True, frozen=True)
class Waits:
    """A NodeRun waits for a CorrelatedEvent, or (`waits` False) does not any more."""

    tenant: str
    event_def: str
    key: str
    waiter: Waiter
    waits: bool


@dataclass(slots=True, frozen=True)
class Delivers:
    """An ExternalEvent for a NodeRun that waits for a CorrelatedEvent."""

    tenant: str
    event_def: str
    guid: str
    content: Value
    waiter: Waiter


@dataclass(slots=True, frozen=True)
class Starts:
    """A WfRun that a ScheduledWfRun starts. `nonce` is that of its RunStarted, which tells the run that this
    message has started from any other of its id; with `tells`, success is told to the schedule, too."""

    tenant: str
    schedule_id: str
    wf_run_id: str
    spec: SpecVersion
    nonce: str
    variables: dict[str, Value]
    tells: bool


Message = Waits | Delivers | Starts


INBOX_READ_MAX = 1_000
"""Messages of an inbox that `starts_under_way` reads: it holds no more than a few, unless nobody carries
them."""


async def starts_under_way(redis: Redis, partition: int) -> set[tuple[str, str]] | None:
    """(tenant, id) of the schedules that have a start in the inbox; None when there is more in it than is
    read."""
    entries: Any = await redis.xrange(keys.inbox(partition), count=INBOX_READ_MAX + 1)
    if len(entries) > INBOX_READ_MAX:
        return None
    found = set()
    for _, fields in entries:
        for kind, data in fields.items():
            with suppress(ValueError):
                message = decode_message(kind, data)
                if isinstance(message, Starts):
                    found.add((message.tenant, message.schedule_id))
    return found


def wake(partition: int, due_ms: int) -> Write:
    """Tell the owner that a timer was set from outside."""
    return ("XADD", keys.inbox(partition), "*", "wake", due_ms)


def write_waits(partition: int, message: Waits) -> Write:
    """Have the owner of the partition carry this."""
    one = message.waiter
    form = [message.tenant, message.event_def, message.key, *_waiter_form(one), message.waits]
    return ("XADD", keys.inbox(partition), "*", "waits", orjson.dumps(form))


def write_delivers(partition: int, tenant: str, event_def: str, delivery: Delivery) -> Write:
    """Have the owner of the partition carry this."""
    content = encode_value(delivery.content)
    form = [tenant, event_def, delivery.guid, content, *_waiter_form(delivery.waiter)]
    return ("XADD", keys.inbox(partition), "*", "delivers", orjson.dumps(form))


def write_starts(partition: int, message: Starts) -> Write:
    """Have the owner of the partition carry this."""
    variables = {name: encode_value(value) for name, value in message.variables.items()}
    of = [message.tenant, message.schedule_id, message.wf_run_id]
    form = [*of, list(message.spec), message.nonce, variables, message.tells]
    return ("XADD", keys.inbox(partition), "*", "starts", orjson.dumps(form))


def _waiter_form(waiter: Waiter) -> tuple[str, int, int]:
    return waiter.wf_run_id, waiter.thread, waiter.position


def decode_message(kind: bytes, data: bytes) -> Message | None:
    """The message of an entry's field; None for a wake-up. ValueError when it is none."""
    if kind == b"wake":
        return None
    try:
        form = orjson.loads(data)
        if kind in _TYPES:
            _check_types(form, _TYPES[kind])
        if kind == b"waits":
            tenant, event_def, key, wf_run_id, thread, position, waits = form
            return Waits(tenant, event_def, key, Waiter(wf_run_id, thread, position), waits)
        if kind == b"delivers":
            tenant, event_def, guid, content, wf_run_id, thread, position = form
            waiter = Waiter(wf_run_id, thread, position)
            return Delivers(tenant, event_def, guid, decode_value(content), waiter)
        if kind == b"starts":
            tenant, schedule_id, wf_run_id, spec, nonce, variables, tells = form
            _check_types(spec, (str, int, int))
            values = {name: decode_value(value) for name, value in variables.items()}
            return Starts(tenant, schedule_id, wf_run_id, SpecVersion(*spec), nonce, values, tells)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"not a message: {error!r}") from None
    raise ValueError(f"not a message: {kind!r}")


_TYPES: dict[bytes, tuple[type, ...]] = {
    b"waits": (str, str, str, str, int, int, bool),
    b"delivers": (str, str, str, object, str, int, int),
    b"starts": (str, str, str, list, str, dict, bool),
}
"""What each kind is a list of. One that is damaged, or of another version, must not stop the others."""


def _check_types(form: Any, types: tuple[type, ...]) -> None:
    if type(form) is not list or len(form) != len(types):
        raise ValueError(f"not a message: expected {len(types)} items")
    for item, expected in zip(form, types, strict=True):
        if expected is not object and type(item) is not expected:
            raise ValueError(f"not a message: expected {expected.__name__}; got {item!r:.100}")
