"""relay: carries messages from the inboxes of our partitions to where they belong, at least once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from redis.asyncio import Redis

from lhredis.engine.correlation import Correlation, Delivery, Waiter, stop_waiting, wait
from lhredis.engine.events import ExternalEventPosted
from lhredis.engine.wakers import waits_by_key
from lhredis.scheduler.results import Carried
from lhredis.stepper.correlator import Apply, Change
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store.keys import partition_of
from lhredis.store.messages import Delivers, Waits
from lhredis.store.runs import Unreadable, load_runs


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
                changes.append(change_of(message))
            elif isinstance(message, Delivers):
                partition = partition_of(message.waiter.wf_run_id, self._partitions)
                works.setdefault(partition, []).append(_delivery(message, now_ms, word))
        return changes

    async def outdated(self, messages: Sequence[Waits]) -> list[Waits]:
        """What these should have said: what they tell of a NodeRun may have changed before they came, when
        another scheduler has carried the change already."""
        latest = {(one.tenant, one.event_def, one.key, one.waiter): one for one in messages}
        by_partition: dict[int, list[Waits]] = {}
        for one in latest.values():
            by_partition.setdefault(partition_of(one.waiter.wf_run_id, self._partitions), []).append(one)
        found = []
        for partition, of_partition in by_partition.items():
            ids = list({(one.tenant, one.waiter.wf_run_id): None for one in of_partition})
            loaded = await load_runs(self._redis, partition, ids)
            for one in of_partition:
                stored = loaded.get((one.tenant, one.waiter.wf_run_id))
                if isinstance(stored, Unreadable):
                    continue
                thread, position = one.waiter.thread, one.waiter.position
                where = (one.event_def, one.key, thread, position)
                is_so = stored is not None and waits_by_key(stored.run, *where)
                if is_so is not one.waits:
                    found.append(replace(one, waits=is_so))
        return found

    async def carried(self, carried: Sequence[Carried]) -> None:
        """They are where they belong."""
        by_inbox: dict[str, list[bytes]] = {}
        for one in carried:
            by_inbox.setdefault(one.inbox, []).append(one.entry)
        pipeline = self._redis.pipeline(transaction=False)
        for inbox, entries in by_inbox.items():
            pipeline.xdel(inbox, *entries)
        await pipeline.execute()


def change_of(message: Waits) -> Change:
    """What it asks of the correlation of its key."""
    apply = _waiting(message.waiter) if message.waits else _not_waiting(message.waiter)
    return Change(message.tenant, message.event_def, message.key, apply)


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
