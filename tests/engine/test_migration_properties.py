"""What holds for every migration: random versions of random workflows, plans applied in the middle of random
histories, also one after the other and back. As tests/engine/test_model.py, with what a migration
promises."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine import migrations
from lhredis.engine.effects import Effect, PutHistory
from lhredis.engine.events import Event, MigrationApplied, RunRescued, RunStarted
from lhredis.engine.language.values import coerce
from lhredis.engine.migration_forecast import forecast
from lhredis.engine.migration_plan import migration_of, plan_of
from lhredis.engine.migrations import LEFT_AT_ONCE
from lhredis.engine.run import Migration, NodeRun, Run, ThreadMigration, ThreadRun
from lhredis.engine.step import step
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.model.migration import MigrationOutcome
from tests.engine.random_specs import lit
from tests.engine.random_trees import Json, starting_values, trees
from tests.engine.random_versions import first_version, next_version, random_plan, random_values
from tests.engine.test_model import OUTCOMES, WHAT, Witness, comes_to_its_end, values
from tests.engine.tree import ROOT
from tests.engine.waiting import kind_of

PROFILE = settings(
    max_examples=75,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
choices = st.tuples(
    st.sampled_from([*WHAT, *["migrate"] * 8]),
    st.integers(0, 10**6),
    st.sampled_from([TaskStatus.TASK_SUCCESS] * 9 + OUTCOMES),
    values,
)
histories = st.lists(choices, min_size=6, max_size=20)
WAYS = [(0, 1), (0, 1), (0, 2), (1, 2), (1, 0), (2, 1)]
"""From which version to which one there are plans: onward, leaving one out, and back."""

LEAVES = re.compile(r"ThreadRun (\d+) leaves ")
GOES_OVER = re.compile(r"ThreadRun (\d+) is at \S+, and goes over at ([^;]+)")
STARTS = re.compile(r"ThreadRun (\d+) may start a ThreadRun of (\w+)")


class MigrationWitness(Witness):
    """Also applies migrations, and holds them to what the forecast said."""

    def __init__(self, specs: dict[str, Json], seed: int) -> None:
        rng = Random(seed)
        first = first_version(specs["main"], rng)
        super().__init__(specs | {"main": first.threads})
        self.versions = [first]
        for major in (1, 2):
            version = next_version(rng.choice(self.versions), major, rng)
            self.tree.register(version.version, version.threads)
            self.versions.append(version)
        self.migrations = [plan for way in WAYS if (plan := self._plan(*way, rng)) is not None]
        self.promised: Promise | None = None
        self._seen: dict[int, tuple[Any, str]] = {}

    def _plan(self, old_at: int, new_at: int, rng: Random) -> Migration | None:
        """A migration as the API makes it of requests; None when it refuses the plan."""
        old, new = self.versions[old_at], self.versions[new_at]
        request = random_plan(old, new, rng)
        given = random_values(old, new, request, rng)
        try:
            return migration_of(plan_of(request, old.spec, new.spec, "2026-01-01T00:00:00.000Z"), given)
        except (InvalidArgument, FailedPrecondition):
            return None

    def choose(self, what: str, number: int, status: TaskStatus, value: Any) -> None:
        if what != "migrate":
            super().choose(what, number, status, value)
        else:
            self.migrate(number)

    def migrate(self, number: int) -> None:
        """Apply a migration, one that does something if there is one: what happens is what was forecast."""
        if not self.migrations:
            return
        run, world = self.tree.run(ROOT), self.tree.world
        versions = {
            run.spec_of(each) for each in run.threads.values() if each.status not in TERMINAL_STATUSES
        }
        fitting = [each for each in self.migrations if each.old in versions] if number % 5 else []
        migration = copy.deepcopy((fitting or self.migrations)[number % len(fitting or self.migrations)])
        outcome, why = forecast(run, migration, world.program(migration.old), world.program(migration.new))
        event = MigrationApplied(self.tree.now_ms, self.tree.nonce(), migration)
        if outcome is MigrationOutcome.CANNOT:
            self._is_refused(event, why)
            return
        self.promised = Promise(migration, why, run.greatest_thread_number)
        leaving = {int(each) for each in LEAVES.findall(why)}
        assert bool(leaving) == (outcome is MigrationOutcome.MOVES_NOW)
        effects = self.happens(ROOT, event)[ROOT]
        left = {each.thread for each in effects if isinstance(each, PutHistory) and _was_left(each.node_run)}
        assert left >= leaving, f"{outcome.name}: {why}"

    def _is_refused(self, event: MigrationApplied, why: str) -> None:
        runs = copy.deepcopy(self.tree.runs)
        with pytest.raises((FailedPrecondition, InvalidArgument)) as refused:
            step(self.tree.world, runs, ROOT, event)
        assert why in str(refused.value)
        assert runs == self.tree.runs

    def happens(self, wf_run_id: str, event: Event) -> dict[str, list[Effect]]:
        migration = event.migration if isinstance(event, MigrationApplied) else self.tree.run(ROOT).migration
        if isinstance(event, RunRescued):
            self.promised = None  # nobody foresees that
        changed = super().happens(wf_run_id, event)
        run = self.tree.run(ROOT)
        for effect in changed.get(ROOT, ()):
            if isinstance(effect, PutHistory) and _was_left(effect.node_run):
                self._check_left(effect.thread, effect.node_run.position)
        for thread in run.threads.values():
            self._check_way(run, thread, migration)
            self._check_variables(run, thread)
        if run.threads:
            main = run.threads[0]
            assert run.followed == run.spec_of(main)
            assert run.old_specs == [version for version, _ in main.followed]
        return changed

    def _check_left(self, thread: int, position: int) -> None:
        """Nothing is to come for a node that was left."""
        shelf = self.tree.shelves[ROOT]
        assert all(key[1:3] != (thread, position) for key in shelf.timers)
        assert all(place[2:] != (thread, position) for place in shelf.correlated)

    def _check_way(self, run: Run, thread: ThreadRun, migration: Migration | None) -> None:
        """A thread goes over as the migration says, and none is left waiting where the plan names its
        node."""
        follows, before = (run.spec_of(thread), thread.spec_name), self._seen.get(thread.number)
        self._seen[thread.number] = follows
        assert thread.node is None or thread.node.spec == thread.spec
        if before != follows and (before is not None or thread.followed):
            assert migration is not None
            self._check_move(run, thread, migration)
        plan = _plan_of(run, thread)
        if plan is not None and thread.status is LHStatus.RUNNING and thread.node is not None:
            waits = kind_of(self.tree, run, thread, thread.node) in LEFT_AT_ONCE
            assert not (waits and thread.node.name in plan.nodes), (
                f"{thread.number} stays at {thread.node.name}"
            )

    def _check_move(self, run: Run, thread: ThreadRun, migration: Migration) -> None:
        """From where to where, after those that have to go first, and as it was foreseen."""
        was, name = thread.followed[-1]
        plan = migration.threads[name]
        assert (was, thread.spec, thread.spec_name) == (migration.old, migration.new, plan.new_thread)
        for above in _above(thread):
            assert above.spec_name not in plan.after or run.spec_of(above) != migration.old
        if self.promised is not None:
            assert self.promised.allows(thread.number, name, self._first_node(thread)), (
                f"{thread.number} {name} goes over at {self._first_node(thread)}: {self.promised.why}"
            )

    def _first_node(self, thread: ThreadRun) -> str:
        """The node of its new version that a thread came to first."""
        history = self.tree.shelves[ROOT].history
        node_run = thread.node if thread.node is not None else history[thread.number, thread.position]
        while (earlier := history[thread.number, node_run.position - 1]).spec == thread.spec:
            node_run = earlier
        return node_run.name

    def _check_variables(self, run: Run, thread: ThreadRun) -> None:
        """It has all that its ThreadSpec declares, of the right types."""
        spec = self.tree.world.program(run.spec_of(thread)).threads[thread.spec_name]
        for variable in spec.variables:
            assert coerce(thread.variables[variable.name], variable.type) == thread.variables[variable.name]

    def check_history(self) -> None:
        """Each NodeRun is one of the version and the ThreadSpec that its thread followed then."""
        tree, shelf = self.tree, self.tree.shelves[ROOT]
        run, threads = tree.run(ROOT), shelf.archived | tree.run(ROOT).threads
        for (number, _), node_run in shelf.history.items():
            at = run.thread_at(threads[number], node_run)
            assert node_run.name in tree.world.program(run.spec_of(at)).threads[at.spec_name].nodes


class Promise:
    """What the forecast said of a migration, in the words that people read."""

    def __init__(self, migration: Migration, why: str, known: int) -> None:
        """`known` is the number of the youngest thread that there was."""
        self.why, self._migration, self._known = why, migration, known
        self._leaving = {int(number) for number in LEAVES.findall(why)}
        self._at = {int(number): set(names.split(" or ")) for number, names in GOES_OVER.findall(why)}
        self._started = {name for _, name in STARTS.findall(why)}

    def allows(self, number: int, name: str, at: str) -> bool:
        """May this thread, which followed the ThreadSpec of this name, come to this node of the new
        version?"""
        nodes = self._migration.threads[name].nodes
        if number in self._leaving:
            return True
        if number > self._known:
            return name in self._started
        return at in {nodes[old] for old in self._at.get(number, ())}


def _plan_of(run: Run, thread: ThreadRun) -> ThreadMigration | None:
    """What a migration under way says of a thread that need not wait for others."""
    migration = run.migration
    if migration is None or run.spec_of(thread) != migration.old:
        return None
    plan = migration.threads.get(thread.spec_name)
    if plan is None:
        return None
    held = any(each.spec_name in plan.after and run.spec_of(each) == migration.old for each in _above(thread))
    return None if held else plan


def _above(thread: ThreadRun) -> Iterator[ThreadRun]:
    while thread.parent is not None:
        thread = thread.parent
        yield thread


def _was_left(node_run: NodeRun) -> bool:
    return node_run.status is LHStatus.HALTED and node_run.ended_ms is not None


@PROFILE
@given(specs=trees(), variables=starting_values(), history=histories, seed=st.integers(0, 10**6))
def test_what_holds_for_every_migration_until_the_tree_ends(
    specs: dict[str, Json], variables: Json, history: Any, seed: int
):
    witness = MigrationWitness(specs, seed)
    witness.happens(ROOT, RunStarted(witness.tree.now_ms, witness.tree.nonce(), variables))
    if seed % 2:
        witness.migrate(seed)
    for choice in history:
        witness.choose(*choice)
    witness.check_history()
    comes_to_its_end(witness)
    witness.check_history()


def test_the_witness_sees_what_is_left_of_a_node(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrations, "stop_waiting", lambda *given: None)
    with pytest.raises(AssertionError):
        _goes_over()


def test_the_witness_sees_who_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrations, "move_waiting", lambda step: False)
    with pytest.raises(AssertionError):
        _goes_over()


def _goes_over() -> None:
    """Any migration that moves a sleeping thread at once."""
    end = {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "end"}]}
    nap = {"sleep": {"raw_seconds": lit(9)}, "outgoing_edges": [{"sink_node_name": "end"}]}
    start = {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "nap"}]}
    main = {"entrypoint": {"nodes": {"start": start, "nap": nap, "end": {"exit": {}}}, "variable_defs": []}}
    other = {"entrypoint": {"nodes": {"start": end, "end": {"exit": {}}}}}
    for seed in range(50):
        witness = MigrationWitness({"main": main, "child": other, "heir": other}, seed)
        witness.happens(ROOT, RunStarted(witness.tree.now_ms, witness.tree.nonce(), {}))
        witness.migrate(seed)
