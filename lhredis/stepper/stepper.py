"""stepper: take work, step its runs, commit.

Everything that changes a WfRun goes through `Stepper.advance`, in the scheduler and in the API
alike. Safety is the version compare of the commit and nothing else: a run that another process
changed meanwhile is loaded and stepped again.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.engine.world import Need, RunOf, Unknown
from lhredis.errors import NotFound, Unavailable
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.family import Family, ask_for_duplicates, deletes, find_kept_events
from lhredis.stepper.programs import Programs
from lhredis.stepper.work import Work
from lhredis.store.commands.commit_steps import UNITS_MAX, CommitSteps
from lhredis.store.commands.commit_steps import script as commit_script
from lhredis.store.durability import Durability
from lhredis.store.messages import wake
from lhredis.store.runs import load_to_step
from lhredis.store.script import run_all

FETCHES_MAX = 1_000
"""How many things one tree's steps may ask for before they have all they need."""

ROUNDS_MAX = 50
"""How often a run is stepped again because others changed it meanwhile; then Unavailable. A round after
which work is set aside does not count: what is beside it starts over without it."""

UNITS_AT_ONCE_MAX = 16
"""Units of commits that go in one transaction, so that who waits for tasks is woken once. To queue more costs
Redis more than that saves: 7 µs a task with 40 of them."""

INSISTING_ROUNDS = frozenset((4, 8, 16, 32))
"""Rounds in which others are made to load the run again. Who has a run in its cache commits in one round
trip, and so comes first again and again while a task that takes no time is repeated; who always insists would
keep others from committing at all, as they would him."""


def nonce() -> str:
    """A random word that the tokens of attempts are made of: too long for somebody who has one of them to
    find."""
    return secrets.token_hex(10)


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
        await self._programs.before_steps()
        for partition in consumed:
            left.setdefault(partition, [])
        rounds = 0
        while rounds < ROUNDS_MAX or rounds < ROUNDS_MAX + _set_aside(batches):
            left = await self._round(left, consumed, now_ms, durability, rounds in INSISTING_ROUNDS)
            if not left:
                return
            rounds += 1
        raise Unavailable(f"a run was changed by others {ROUNDS_MAX} times in a row")

    async def _round(
        self,
        batches: dict[int, list[Work]],
        consumed: dict[int, list[str]],
        now_ms: int,
        durability: Durability | None,
        insists: bool,
    ) -> dict[int, list[Work]]:
        """One load, step and commit; returns what has to be stepped again."""
        commits: list[CommitSteps] = []
        members: list[list[Family]] = []
        left: dict[int, list[Work]] = {}
        for partition, works in batches.items():
            again: list[Work] = []
            families = [Family(partition, _until_deletion(of_tree, again)) for of_tree in _by_tree(works)]
            again.extend(work for family in families[UNITS_MAX:] for work in family.works)
            families = families[:UNITS_MAX]
            await self._fetch(partition, families, insists)
            stepped: list[Family] = []
            for family in families:
                need = self._prepare(family, now_ms)
                if need is not None:
                    await self._prepare_asking(family, now_ms, need, insists)
                if family.starts_over:
                    again.extend(family.works)
                elif family.unit is not None:
                    stepped.append(family)
            left[partition] = again
            ids = consumed.get(partition, ()) if not again else ()
            commits.append(
                CommitSteps(partition, ids, [family.unit for family in stepped if family.unit is not None])
            )
            members.append(stepped)
        replies = await self._commit(commits, durability)
        self._counters.begin(now_ms)
        for commit, families, reply in zip(commits, members, replies, strict=True):
            stale = set(CommitSteps.stale_units(reply))
            for i, family in enumerate(families):
                if i in stale:
                    left[commit.partition].extend(self._stale(family.works))
                else:
                    self._committed(family, now_ms)
        return {partition: works for partition, works in left.items() if works}

    async def _fetch(self, partition: int, families: Sequence[Family], insists: bool) -> None:
        """The runs that a partition's work is for, and their parents: from the cache, else loaded
        together; new ones made. `insists` makes others who are at work on them load them again."""
        missing: list[tuple[str, str]] = []
        for family in families:
            for key in family.wanted():
                stored = self._cache.take(key)
                family.stored[key[1]] = stored
                if stored is None and not family.make_new(key[1]):
                    missing.append(key)
        questions = ask_for_duplicates(partition, families)
        if missing or questions:
            asked = [question.command for question in questions]
            loaded, answers = await load_to_step(self._redis, partition, missing, asked, insists)
            for family in families:
                family.take_loaded(loaded)
            for question, answer in zip(questions, answers, strict=True):
                question.take(answer)
        await find_kept_events(self._redis, partition, families)

    def _prepare(self, family: Family, now_ms: int) -> Need | None:
        """Step the work of one tree of runs and make the unit to commit, if there is anything to commit.
        Returns what has to be found out first. When something raised, whose fault it was is marked."""
        try:
            family.step_all(self._programs.world(family.tenant))
            due_ms = family.make_unit(now_ms)
        except Unknown as unknown:
            family.forget_steps()
            return unknown.need
        except Exception:  # noqa: BLE001 - whatever raises is set aside with its traceback
            family.poison(traceback.format_exc())
            return None
        if due_ms is not None:
            self._tell_of_timer(family, due_ms)
        return None

    async def _prepare_asking(self, family: Family, now_ms: int, need: Need, insists: bool) -> None:
        """Find out what it needs until there is nothing left to ask for."""
        for _ in range(FETCHES_MAX):
            if not await self._find_out(family, need):
                return
            await self._fetch(family.partition, [family], insists)
            asked = self._prepare(family, now_ms)
            if asked is None:
                return
            need = asked
        raise RuntimeError(f"a step asked for more than {FETCHES_MAX} things that were not fetched")

    async def _find_out(self, family: Family, need: Need) -> bool:
        """Fetch what a step asked for. False when it cannot be had: then the work at hand is poisoned."""
        if isinstance(need, RunOf):
            family.more_ids += (need.wf_run_id,)
            return True
        try:
            await self._programs.fetch(family.tenant, need)
        except (RedisError, OSError):
            raise
        except NotFound as error:
            family.lack_spec(error, traceback.format_exc())
            return False
        except Exception:  # noqa: BLE001 - as above
            family.poison(traceback.format_exc())
            return False
        return True

    def _tell_of_timer(self, family: Family, due_ms: int) -> None:
        """Who waits for timers is told of the earliest that was set."""
        if self._on_timer is not None:
            self._on_timer(due_ms)
        else:
            assert family.unit is not None
            family.unit.writes.append(wake(family.partition, due_ms))

    async def _commit(self, commits: list[CommitSteps], durability: Durability | None) -> list[Any]:
        """All commits in one round trip, and behind them one wait for their durability."""
        commands = [commit.command() for commit in commits]
        confirmation = durability.confirmation() if durability is not None else None
        if durability is None or confirmation is None:
            at_once = sum(len(commit.units) for commit in commits) <= UNITS_AT_ONCE_MAX
            return await run_all(self._redis, commands, [commit_script()], at_once=at_once)
        *replies, reply = await run_all(
            self._redis, [*commands, confirmation], [commit_script()], errors=False
        )
        for error in replies:
            if isinstance(error, Exception):
                raise error
        durability.check(reply)
        return replies

    def _committed(self, family: Family, now_ms: int) -> None:
        self._counters.count(family)
        for wf_run_id in family.effects:
            stored = family.stored[wf_run_id]
            assert stored is not None
            stored.version = stored.next_version
            status = stored.run.status if stored.run.threads else None
            if stored.listed is not status:
                if status is not None:
                    since_ms = stored.halts_since_ms
                    self._counters.count_move(stored.run, stored.listed, status, since_ms, now_ms)
                stored.listed, stored.halts_since_ms = status, now_ms
            stored.listed_spec = stored.run.spec
        for wf_run_id, stored in family.stored.items():
            if stored is not None and stored.version:
                self._cache.put((family.tenant, wf_run_id), stored)
        for work in family.works:
            stored = family.stored[work.wf_run_id]
            work.run = stored.run if stored is not None else None

    def _stale(self, works: list[Work]) -> list[Work]:
        """What is to be stepped again after another process changed a run. A start that met a run
        looks whose that is: its own, if the connection broke and the commit was sent twice."""
        self._counters.add("stale_commits", 1)
        for work in works:
            work.outcome, work.error, work.looks_again = None, None, True
        return works


def _set_aside(batches: dict[int, list[Work]]) -> int:
    """How much of this work cannot be stepped at all."""
    return sum(work.is_set_aside for works in batches.values() for work in works)


def _by_tree(works: Iterable[Work]) -> list[list[Work]]:
    """Work grouped by the root of the run that it is for: parents and children change together."""
    groups: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        groups.setdefault((work.tenant, work.wf_run_id.partition("_")[0]), []).append(work)
    return list(groups.values())


def _until_deletion(works: list[Work], later: list[Work]) -> list[Work]:
    """The work up to the first deletion of a run; what comes after it meets another run, in a commit of
    its own: it is added to `later`."""
    if len(works) == 1:
        return works
    for i, work in enumerate(works[:-1]):
        if deletes(work.event):
            later.extend(works[i + 1 :])
            return works[: i + 1]
    return works
