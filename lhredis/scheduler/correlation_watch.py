"""correlation_watch: looks whether the correlation of each key knows the NodeRuns that wait for it.

A commit writes the wait of a run and the message that tells of it together; what nobody knows of is put back
by telling it once more, which does no harm where it was known after all.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from lhredis.engine.correlation import Waiter
from lhredis.engine.wakers import counts_on_key, waits_for_keys
from lhredis.stepper.counters import Counters
from lhredis.store import keys
from lhredis.store.correlations import load_correlations
from lhredis.store.messages import Waits, write_waits
from lhredis.store.runs import StoredRun, load_runs
from lhredis.store.wire import exchange

log = logging.getLogger("lhredis.scheduler")


class _Unknown(NamedTuple):
    """A wait that its correlation does not know, and the partition of that."""

    message: Waits
    partition: int


class CorrelationWatch:
    """Looks at the waits of the runs that the watchdog has at hand."""

    def __init__(self, redis: Redis, partitions: int, counters: Counters) -> None:
        self._redis = redis
        self._partitions = partitions
        self._counters = counters

    async def look_at(self, partition: int, page: Sequence[StoredRun]) -> int:
        """How many waits of these runs, all of one partition, were lost and are told of again.

        A message that is under way has not got lost: nothing is looked for while one may be. What the runs
        told was carried if their inbox is empty; what was delivered to them, if that of the correlation is.
        """
        messages = [
            Waits(one.run.tenant, event_def, key, Waiter(one.run.id, thread, position), True)
            for one in page
            for event_def, key, thread, position in waits_for_keys(one.run)
        ]
        if not messages or not await self._are_empty([partition]):
            return 0
        unknown = await self._unknown(messages)
        if not unknown or not await self._are_empty(sorted({one.partition for one in unknown})):
            return 0
        lost = await self._still_waiting(partition, [one.message for one in unknown])
        for message in lost:
            log.warning(
                "watchdog: WfRun %s, thread %d: nobody knows that it waits for a CorrelatedEvent %s",
                message.waiter.wf_run_id,
                message.waiter.thread,
                message.event_def,
            )
        if lost:
            self._counters.add("wakers_lost", len(lost))
            await exchange(self._redis, [write_waits(partition, message) for message in lost])
        return len(lost)

    async def _are_empty(self, partitions: Sequence[int]) -> bool:
        return not any(await exchange(self._redis, [("XLEN", keys.inbox(one)) for one in partitions]))

    async def _unknown(self, messages: Sequence[Waits]) -> list[_Unknown]:
        addresses = [(one.tenant, one.event_def, one.key) for one in messages]
        stored = await load_correlations(self._redis, self._partitions, addresses)
        return [
            _Unknown(one, keys.partition_of_key(one.event_def, one.key, self._partitions))
            for one, found in zip(messages, stored, strict=True)
            if one.waiter not in found.correlation.waiters
        ]

    async def _still_waiting(self, partition: int, messages: Sequence[Waits]) -> list[Waits]:
        """Those whose runs wait after we have looked, too: the others have their event."""
        ids = list({(one.tenant, one.waiter.wf_run_id): None for one in messages})
        loaded = await load_runs(self._redis, partition, ids)
        found = []
        for one in messages:
            stored = loaded.get((one.tenant, one.waiter.wf_run_id))
            where = (one.event_def, one.key, one.waiter.thread, one.waiter.position)
            if isinstance(stored, StoredRun) and counts_on_key(stored.run, *where):
                found.append(one)
        return found
