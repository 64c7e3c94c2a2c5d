"""rounds: changes of what has a version of its own: load, change, commit, again when stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Protocol, TypeVar

from redis.asyncio import Redis

from lhredis.errors import Unavailable
from lhredis.store.commands.commit_steps import UNITS_MAX, CommitSteps, Unit
from lhredis.store.commands.commit_steps import script as commit_script
from lhredis.store.script import run_all

ROUNDS_MAX = 50
"""How often something is changed again because others changed it meanwhile; then Unavailable."""


class Addressed(Protocol):
    """A change, which tells of what it is one."""

    @property
    def address(self) -> Hashable: ...


C = TypeVar("C", bound=Addressed)

MakeUnits = Callable[[list[list[C]]], Awaitable[list[tuple[int, Unit]]]]
"""Loads what groups of changes are of, makes the changes, and gives for each group its partition and unit."""


async def commit_changes(redis: Redis, changes: Sequence[C], make_units: MakeUnits[C], what: str) -> None:
    """Make all changes, those of one address in their order. Unavailable, which tells `what` was changed,
    when others do not let us."""
    groups: dict[Hashable, list[C]] = {}
    for change in changes:
        groups.setdefault(change.address, []).append(change)
    together = list(groups.values())
    for at in range(0, len(together), UNITS_MAX):
        left = together[at : at + UNITS_MAX]
        for _ in range(ROUNDS_MAX):
            left = await _round(redis, left, make_units)
            if not left:
                break
        else:
            raise Unavailable(f"{what} was changed by others {ROUNDS_MAX} times in a row")


async def _round(redis: Redis, groups: list[list[C]], make_units: MakeUnits[C]) -> list[list[C]]:
    """One load, change and commit; returns the groups that have to be changed again."""
    commits: dict[int, CommitSteps] = {}
    members: dict[int, list[list[C]]] = {}
    for group, (partition, unit) in zip(groups, await make_units(groups), strict=True):
        commits.setdefault(partition, CommitSteps(partition)).units.append(unit)
        members.setdefault(partition, []).append(group)
    commands = [commit.command() for commit in commits.values()]
    replies = await run_all(redis, commands, [commit_script()])
    return [
        members[partition][i]
        for partition, reply in zip(commits, replies, strict=True)
        for i in CommitSteps.stale_units(reply)
    ]
