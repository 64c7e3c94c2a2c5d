"""correlation: one key of one ExternalEventDef: its CorrelatedEvent, and the NodeRuns that wait for one.

Pure, like `step`: each function changes the Correlation and returns what must be delivered. The rules
are semantics.md 8.5.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2s
from typing import NamedTuple

from lhredis.errors import AlreadyExists
from lhredis.model.values import Value


class Waiter(NamedTuple):
    """A NodeRun that waits for a key."""

    wf_run_id: str
    thread: int
    position: int


class Delivery(NamedTuple):
    """An ExternalEvent for a waiter. The same event for the same waiter always has the same guid."""

    waiter: Waiter
    guid: str
    content: Value


@dataclass(slots=True)
class CorrelatedEvent:
    """What was posted by the key. `delivered` are (wf_run_id, guid) of the ExternalEvents made of it; `born`
    is a random word of whoever posted it: it tells whose event it is, when the answer to a post got lost."""

    created_ms: int
    content: Value
    delete_after_first: bool
    born: str = ""
    delivered: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Correlation:
    """Everything about one key; forgotten when it holds neither an event nor a waiter."""

    event_def: str
    key: str
    event: CorrelatedEvent | None = None
    waiters: list[Waiter] = field(default_factory=list)


def post(correlation: Correlation, event: CorrelatedEvent) -> list[Delivery]:
    """A CorrelatedEvent came: everybody who waits gets it. AlreadyExists when the key has another one."""
    there = correlation.event
    if there is not None and there.born == event.born:
        return []
    if there is not None:
        raise AlreadyExists(
            f"there is a CorrelatedEvent of {correlation.event_def!r} with key {correlation.key!r} already"
        )
    waiters, correlation.waiters = correlation.waiters, []
    correlation.event = event
    deliveries = [_deliver(correlation, event, waiter) for waiter in waiters]
    _forget_if_done(correlation, event)
    return deliveries


def wait(correlation: Correlation, waiter: Waiter) -> list[Delivery]:
    """A NodeRun starts to wait; when the event is there, it gets it at once."""
    event = correlation.event
    if event is None:
        if waiter not in correlation.waiters:
            correlation.waiters.append(waiter)
        return []
    deliveries = [_deliver(correlation, event, waiter)]
    _forget_if_done(correlation, event)
    return deliveries


def stop_waiting(correlation: Correlation, waiter: Waiter) -> None:
    """A NodeRun got its event, or gave up."""
    if waiter in correlation.waiters:
        correlation.waiters.remove(waiter)


def forget_event(correlation: Correlation, created_ms: int | None = None) -> bool:
    """Forget the event (only the one made then, if that is given). False when there is none."""
    event = correlation.event
    if event is None or (created_ms is not None and event.created_ms != created_ms):
        return False
    correlation.event = None
    return True


def _deliver(correlation: Correlation, event: CorrelatedEvent, waiter: Waiter) -> Delivery:
    of = f"{correlation.event_def}/{correlation.key}/{event.created_ms}/" + "/".join(map(str, waiter))
    guid = blake2s(of.encode(), digest_size=8).hexdigest()
    if (waiter.wf_run_id, guid) not in event.delivered:
        event.delivered.append((waiter.wf_run_id, guid))
    return Delivery(waiter, guid, event.content)


def _forget_if_done(correlation: Correlation, event: CorrelatedEvent) -> None:
    if event.delete_after_first and event.delivered:
        correlation.event = None
