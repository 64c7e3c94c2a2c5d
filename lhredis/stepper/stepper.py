"""stepper: take work, step its runs, commit.

Everything that changes a WfRun goes through `Stepper.advance`, in the scheduler and in the API
alike. Safety is the version compare of the commit and nothing else: a run that another process
changed meanwhile is loaded and stepped again.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.engine.effects import Effect, SetTimer
from lhredis.engine.program import Program
from lhredis.engine.run import Run
from lhredis.engine.step import step
from lhredis.errors import InvalidArgument, Unavailable
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.commands.commit_steps import UNITS_MAX, CommitSteps, Unit, Write
from lhredis.store.commands.commit_steps import script as commit_script
from lhredis.store.durability import Durability
from lhredis.store.quarantine import write_of as set_aside
from lhredis.store.runs import StoredRun, Unreadable, load_runs, unit_of
from lhredis.store.script import run_all

ROUNDS_MAX = 50
"""How often a run is stepped again because others changed it meanwhile; then Unavailable."""


def nonce() -> str:
    """A random word for the tokens of attempts: who does not hold the task cannot guess it."""
    return secrets.token_hex(6)


class Stepper:
    """Advances runs. Not for concurrent calls on one partition from one process: the caller orders."""

    def __init__(
        self,
        redis: Redis,
        programs: Programs,
        cache: RunCache,
        counters: Counters,
        on_timer: Callable[[int], None] | None = None,
    ) -> None:
        """`on_timer(due_ms)` is told of every timer set; without one, the partition's owner is told
        through its inbox, in the same commit."""
        self._on_timer = on_timer
        self._redis = redis
        self._programs = programs
        self._cache = cache
        self._counters = counters

    async def advance(
        self,
        batches: dict[int, list[Work]],
        consumed: dict[int, list[str]],
        now_ms: int,
        durability: Durability | None = None,
    ) -> None:
        """Step and commit all work, by partition; each Work tells its outcome afterwards.

        `consumed` are the ids of results entries that the work came from, deleted with the last
        commit that belongs to them. When this raises (Redis is away, say), what was not committed
        is still in its stream. `durability` is confirmed for every commit, if more is asked for than
        the server gives anyway.
        """
        left = {partition: list(works) for partition, works in batches.items()}
        for partition in consumed:
            left.setdefault(partition, [])
        for _ in range(ROUNDS_MAX):
            left = await self._round(left, consumed, now_ms, durability)
            if not left:
                return
        raise Unavailable(f"a run was changed by others {ROUNDS_MAX} times in a row")

    async def _round(
        self,
        batches: dict[int, list[Work]],
        consumed: dict[int, list[str]],
        now_ms: int,
        durability: Durability | None,
    ) -> dict[int, list[Work]]:
        """One load, step and commit; returns what has to be stepped again."""
        commits: list[CommitSteps] = []
        members: list[list[_Group]] = []
        left: dict[int, list[Work]] = {}
        for partition, works in batches.items():
            groups = _by_run(works)
            again = [work for group in groups[UNITS_MAX:] for work in group]
            stepped: list[_Group] = []
            for group in await self._fetch(partition, groups[:UNITS_MAX]):
                if not await self._prepare(partition, group, now_ms):
                    again.extend(group.works)
                elif group.unit is not None:
                    stepped.append(group)
            left[partition] = again
            ids = consumed.get(partition, ()) if not again else ()
            commits.append(
                CommitSteps(partition, ids, [group.unit for group in stepped if group.unit is not None])
            )
            members.append(stepped)
        replies = await self._commit(commits, durability)
        for commit, groups_of, reply in zip(commits, members, replies, strict=True):
            stale = set(CommitSteps.stale_units(reply))
            for i, group in enumerate(groups_of):
                if i in stale:
                    left[commit.partition].extend(self._stale(group.works))
                else:
                    self._committed(group)
        return {partition: works for partition, works in left.items() if works}

    async def _fetch(self, partition: int, groups: Sequence[list[Work]]) -> list[_Group]:
        """The runs of a partition's work: from the cache, else loaded together; new ones made."""
        found: list[_Group] = []
        missing: list[_Group] = []
        for works in groups:
            group = _Group(works, self._cache.take(works[0].key))
            found.append(group)
            if group.stored is None and works[0].starts is not None and not works[0].looks_again:
                group.stored = StoredRun(Run(works[0].wf_run_id, works[0].tenant, works[0].starts), 0, {})
            elif group.stored is None:
                missing.append(group)
        loaded = await load_runs(self._redis, partition, [group.works[0].key for group in missing])
        for group in missing:
            stored = loaded.get(group.works[0].key)
            if isinstance(stored, Unreadable):
                for work in group.works:
                    work.poisoned = stored.traceback
            else:
                group.stored = stored
        return found

    async def _prepare(self, partition: int, group: _Group, now_ms: int) -> bool:
        """Step the work of one run and make the unit to commit, if there is anything to commit. False
        when something raised: whose fault it was is marked, and all work of the run starts over."""
        stored, works = group.stored, group.works
        done = [write for work in works for write in work.done]
        for work in works:
            if work.poisoned is not None:
                work.outcome = Outcome.QUARANTINED
                done.append(set_aside(partition, *work.key, work.event_json(), work.poisoned, now_ms))
        alive = [work for work in works if work.outcome is None]
        if stored is None or not alive:
            for work in alive:
                work.outcome = Outcome.MISSING
            group.unit = Unit([], done)
            return True
        at_hand = alive
        try:
            program = await self._program(stored.run)
            effects: list[Effect] = []
            for work in alive:
                at_hand = [work]
                effects.extend(_step(program, stored, work, is_first=work is works[0]))
            at_hand = alive
            group.stepped = bool(effects)
            if effects:
                group.unit = self._unit(partition, stored, effects, done, now_ms)
            elif stored.version:
                run_key = keys.run(partition, stored.run.tenant, stored.run.id)
                group.unit = Unit([(run_key, stored.version)], done)
            elif done:
                group.unit = Unit([], done)
        except (RedisError, OSError):
            raise
        except Exception:  # noqa: BLE001 - whatever raises is set aside with its traceback
            for work in at_hand:
                work.poisoned = traceback.format_exc()
            for work in works:
                work.outcome = None
            return False
        return True

    def _unit(
        self, partition: int, stored: StoredRun, effects: list[Effect], done: list[Write], now_ms: int
    ) -> Unit:
        """The writes of a step. Who waits for timers is told of the earliest that was set."""
        unit = unit_of(partition, stored, effects, done, now_ms)
        due_ms = min((effect.due_ms for effect in effects if type(effect) is SetTimer), default=None)
        if due_ms is not None and self._on_timer is not None:
            self._on_timer(due_ms)
        elif due_ms is not None:
            unit.writes.append(("XADD", keys.inbox(partition), "*", "wake", due_ms))
        return unit

    async def _commit(self, commits: list[CommitSteps], durability: Durability | None) -> list[Any]:
        """All commits in one round trip, and behind them one wait for their durability."""
        commands = [commit.command() for commit in commits]
        confirmation = durability.confirmation() if durability is not None else None
        if durability is None or confirmation is None:
            return await run_all(self._redis, commands, [commit_script()])
        *replies, reply = await run_all(
            self._redis, [*commands, confirmation], [commit_script()], errors=False
        )
        for error in replies:
            if isinstance(error, Exception):
                raise error
        durability.check(reply)
        return replies

    async def _program(self, run: Run) -> Program:
        cached = self._programs.cached(run.tenant, run.spec)
        return cached if cached is not None else await self._programs.of(run.tenant, run.spec)

    def _committed(self, group: _Group) -> None:
        self._counters.count(group.works)
        stored = group.stored
        if stored is None:
            return
        if group.stepped:
            stored.version += 1
            self._counters.count_end(stored.run.status)
        for work in group.works:
            work.run = stored.run
        if stored.version:
            self._cache.put(group.works[0].key, stored)

    def _stale(self, works: list[Work]) -> list[Work]:
        """What is to be stepped again after another process changed the run. A start that met a run
        looks whose that is: its own, if the connection broke and the commit was sent twice."""
        self._counters.add("stale_commits", 1)
        for work in works:
            work.outcome, work.looks_again = None, True
        return works


@dataclass(slots=True)
class _Group:
    """The work of one run in one round."""

    works: list[Work]
    stored: StoredRun | None
    unit: Unit | None = None
    stepped: bool = False


def _step(program: Program, stored: StoredRun, work: Work, is_first: bool) -> list[Effect]:
    """Step one piece of work and give it its outcome."""
    if work.starts is not None and stored.run.threads:
        ours = is_first and stored.version != 0 and stored.run.born == work.event.nonce
        work.outcome = Outcome.COMMITTED if ours else Outcome.EXISTS
        return []
    try:
        effects = step(program, stored.run, work.event)
    except InvalidArgument as error:
        work.outcome, work.error = Outcome.REFUSED, error
        return []
    work.outcome = Outcome.COMMITTED if effects else Outcome.IGNORED
    return effects


def _by_run(works: Iterable[Work]) -> list[list[Work]]:
    groups: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        groups.setdefault(work.key, []).append(work)
    return list(groups.values())
