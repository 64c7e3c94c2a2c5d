"""correlator: the stepper of correlations: load, change, commit, again when stale.

A correlation (engine/correlation.py) lives in the partition of its key, the runs that wait in others:
what must be delivered is written into the inbox of the key's partition in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from lhredis.engine.correlation import Correlation, Delivery
from lhredis.errors import AlreadyExists
from lhredis.stepper.rounds import commit_changes
from lhredis.store.commands.commit_steps import Unit, Write
from lhredis.store.correlations import Stored, load_correlations, ttl_timer, write_correlation
from lhredis.store.keys import partition_of_key
from lhredis.store.messages import wake, write_delivers

Apply = Callable[[Correlation], list[Delivery]]


@dataclass(slots=True)
class Change:
    """Something that happens to a correlation. `done` is written with it, `ttl_due_ms` is when its event
    is to be forgotten. Afterwards `correlation` is as committed, or `error` says why it was refused."""

    tenant: str
    event_def: str
    key: str
    apply: Apply
    done: list[Write] = field(default_factory=list)
    ttl_due_ms: int | None = None
    correlation: Correlation | None = None
    error: Exception | None = None

    @property
    def address(self) -> tuple[str, str, str]:
        return self.tenant, self.event_def, self.key


class Correlator:
    """Changes correlations, from any process."""

    def __init__(self, redis: Redis, partitions: int) -> None:
        self._redis = redis
        self._partitions = partitions

    async def advance(self, changes: Sequence[Change], now_ms: int) -> None:
        """Make all changes, those of one key in their order. Unavailable when others do not let us."""

        async def make_units(groups: list[list[Change]]) -> list[tuple[int, Unit]]:
            stored = await load_correlations(
                self._redis, self._partitions, [one[0].address for one in groups]
            )
            return [self._unit(group, found, now_ms) for group, found in zip(groups, stored, strict=True)]

        await commit_changes(self._redis, changes, make_units, "a correlation")

    def _unit(self, group: list[Change], stored: Stored, now_ms: int) -> tuple[int, Unit]:
        """The partition of these changes of one correlation, and what they write."""
        partition = partition_of_key(group[0].event_def, group[0].key, self._partitions)
        return partition, Unit([(stored.key, stored.version)], _writes(partition, group, stored, now_ms))


def _writes(partition: int, group: list[Change], stored: Stored, now_ms: int) -> list[Write]:
    """What these changes write; their outcome is set."""
    tenant = group[0].tenant
    writes: list[Write] = []
    for change in group:
        writes.extend(change.done)
        change.error = None
        try:
            deliveries = change.apply(stored.correlation)
        except AlreadyExists as error:
            change.error = error
            continue
        change.correlation = stored.correlation
        writes.extend(write_delivers(partition, tenant, change.event_def, one) for one in deliveries)
        if change.ttl_due_ms is not None and stored.correlation.event is not None:
            writes.append(ttl_timer(partition, *change.address, change.ttl_due_ms))
            writes.append(wake(partition, change.ttl_due_ms))
    writes.extend(write_correlation(partition, tenant, stored, now_ms))
    return writes
