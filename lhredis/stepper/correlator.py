"""correlator: the stepper of correlations: load, change, commit, again when stale.

A correlation (engine/correlation.py) lives in the partition of its key, the runs that wait in others:
what must be delivered is written into the inbox of the key's partition in the same commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from lhredis.engine.correlation import Correlation, Delivery
from lhredis.errors import AlreadyExists, Unavailable
from lhredis.store.commands.commit_steps import CommitSteps, Unit, Write
from lhredis.store.commands.commit_steps import script as commit_script
from lhredis.store.correlations import Stored, load_correlations, ttl_timer, write_correlation
from lhredis.store.keys import partition_of_key
from lhredis.store.messages import wake, write_delivers
from lhredis.store.script import run_all

ROUNDS_MAX = 50
"""How often a correlation is changed again because others changed it meanwhile; then Unavailable."""

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
        groups: dict[tuple[str, str, str], list[Change]] = {}
        for change in changes:
            groups.setdefault(change.address, []).append(change)
        left = list(groups.values())
        for _ in range(ROUNDS_MAX):
            left = await self._round(left, now_ms)
            if not left:
                return
        raise Unavailable(f"a correlation was changed by others {ROUNDS_MAX} times in a row")

    async def _round(self, groups: list[list[Change]], now_ms: int) -> list[list[Change]]:
        addresses = [group[0].address for group in groups]
        stored = await load_correlations(self._redis, self._partitions, addresses)
        commits: dict[int, CommitSteps] = {}
        members: dict[int, list[list[Change]]] = {}
        for group, found in zip(groups, stored, strict=True):
            partition = partition_of_key(group[0].event_def, group[0].key, self._partitions)
            commit = commits.setdefault(partition, CommitSteps(partition))
            commit.units.append(_unit(partition, group, found, now_ms))
            members.setdefault(partition, []).append(group)
        commands = [commit.command() for commit in commits.values()]
        replies = await run_all(self._redis, commands, [commit_script()])
        return [
            members[partition][i]
            for partition, reply in zip(commits, replies, strict=True)
            for i in CommitSteps.stale_units(reply)
        ]


def _unit(partition: int, group: list[Change], stored: Stored, now_ms: int) -> Unit:
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
    return Unit([(stored.key, stored.version)], writes)
