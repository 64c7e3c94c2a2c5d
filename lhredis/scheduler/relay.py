"""relay: carries messages from the inboxes of our partitions to where they belong, at least once."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.engine.correlation import Correlation, Delivery, Waiter, stop_waiting, wait
from lhredis.engine.events import ExternalEventPosted
from lhredis.scheduler.results import Carried
from lhredis.stepper.correlator import Apply, Change
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store.keys import partition_of
from lhredis.store.messages import Delivers, Waits


class Relay:
    """Makes work of messages; deletes them when that is committed."""

    def __init__(self, redis: Redis, partitions: int) -> None:
        self._redis = redis
        self._partitions = partitions

    def unpack(self, carried: Sequence[Carried], works: dict[int, list[Work]], now_ms: int) -> list[Change]:
        """What the messages ask of correlations; what they ask of runs that wait is added to `works`. Starts
        are scheduler/starts.py's."""
        changes = []
        word = nonce()
        for one in carried:
            message = one.message
            if isinstance(message, Waits):
                apply = _waiting(message.waiter) if message.waits else _not_waiting(message.waiter)
                changes.append(Change(message.tenant, message.event_def, message.key, apply))
            elif isinstance(message, Delivers):
                partition = partition_of(message.waiter.wf_run_id, self._partitions)
                works.setdefault(partition, []).append(_delivery(message, now_ms, word))
        return changes

    async def carried(self, carried: Sequence[Carried]) -> None:
        """They are where they belong."""
        by_inbox: dict[str, list[bytes]] = {}
        for one in carried:
            by_inbox.setdefault(one.inbox, []).append(one.entry)
        pipeline = self._redis.pipeline(transaction=False)
        for inbox, entries in by_inbox.items():
            pipeline.xdel(inbox, *entries)
        await pipeline.execute()


def _waiting(waiter: Waiter) -> Apply:
    return lambda correlation: wait(correlation, waiter)


def _not_waiting(waiter: Waiter) -> Apply:
    def apply(correlation: Correlation) -> list[Delivery]:
        stop_waiting(correlation, waiter)
        return []

    return apply


def _delivery(message: Delivers, now_ms: int, word: str) -> Work:
    waiter = message.waiter
    event = ExternalEventPosted(
        now_ms,
        word,
        message.event_def,
        message.guid,
        message.content,
        waiter.thread,
        waiter.position,
        correlated=True,
    )
    return Work(message.tenant, waiter.wf_run_id, event)
