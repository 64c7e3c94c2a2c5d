"""The simulation notices when something is broken: each test breaks one thing on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lhredis.engine import migrations
from lhredis.scheduler import bulk
from lhredis.scheduler.results import Results
from lhredis.stepper.family import Family
from lhredis.stepper.work import Outcome
from lhredis.store import keys
from tests.simulation import scripts, verdict
from tests.simulation.network import Weather
from tests.simulation.plans import plan_of

SEEDS_MAX = 100
"""Within how many seeds a break has to be seen."""


STORM = Weather(0.1, 0.1, 0.1, 0.1)


def complaints(*names: str, **faults: Any) -> str:
    """Those of the first seed that fails; also without faults. `faults` are there in every seed."""
    verdict._without_faults.cache_clear()
    try:
        for seed in range(SEEDS_MAX):
            found = verdict.judge(replace(plan_of(seed, names), **faults)).complaints
            if found:
                return "\n".join(found)
    except AssertionError as error:
        return str(error)
    finally:
        verdict._without_faults.cache_clear()
    return ""


def change_units(monkeypatch: pytest.MonkeyPatch, change: Callable[[scripts.Committed], scripts.Committed]):
    """The double commits what `change` makes of each unit."""
    true_unit_at = scripts.unit_at

    def unit_at(keys: scripts.Words, argv: scripts.Words, at: int) -> tuple[int, scripts.Committed]:
        at, unit = true_unit_at(keys, argv, at)
        return at, change(unit)

    monkeypatch.setattr(scripts, "unit_at", unit_at)


def test_a_commit_that_does_not_compare_versions_is_noticed(monkeypatch: pytest.MonkeyPatch):
    change_units(monkeypatch, lambda unit: scripts.Committed([], unit.writes))
    assert "version" in complaints("branches-and-loops", "children-at-work")


@pytest.mark.parametrize("word", [b"ENQUEUE", b"FINISH", b"ZADD", b"ZREM"])
def test_a_write_that_a_commit_forgets_is_noticed(monkeypatch: pytest.MonkeyPatch, word: bytes):
    def forget(unit: scripts.Committed) -> scripts.Committed:
        return scripts.Committed(unit.checks, [write for write in unit.writes if write[0] != word])

    change_units(monkeypatch, forget)
    found = complaints()
    assert "stuck" in found or "left behind" in found


def test_a_command_that_does_not_know_its_own_commit_is_noticed(monkeypatch: pytest.MonkeyPatch):
    def forget(unit: scripts.Committed) -> scripts.Committed:
        return scripts.Committed(unit.checks, [write for write in unit.writes if write[0] != b"SET"])

    change_units(monkeypatch, forget)
    assert "was answered with" in complaints("is-rescued", "fills-a-form", weather=STORM)


@pytest.mark.parametrize(("word", "said"), [(b"ZREM", "and should not"), (b"ZADD", "lacks")])
def test_an_index_entry_that_a_commit_forgets_is_noticed(
    monkeypatch: pytest.MonkeyPatch, word: bytes, said: str
):
    def forget(unit: scripts.Committed) -> scripts.Committed:
        writes = [write for write in unit.writes if write[0] != word or b":index:" not in write[1]]
        return scripts.Committed(unit.checks, writes)

    change_units(monkeypatch, forget)
    assert said in complaints("is-found")


def test_what_a_deletion_forgets_is_noticed(monkeypatch: pytest.MonkeyPatch):
    def forget(unit: scripts.Committed) -> scripts.Committed:
        writes = [write for write in unit.writes if write[0] != b"UNLINK" or b":history:" not in write[1]]
        return scripts.Committed(unit.checks, writes)

    change_units(monkeypatch, forget)
    assert "of a run that is gone" in complaints("is-deleted-at-its-end")


def test_a_start_that_does_not_recognise_its_own_run_is_noticed(monkeypatch: pytest.MonkeyPatch):
    true_step = Family._step

    def step(self: Family, world: Any, runs: Any, work: Any) -> None:
        stored = self.stored[work.wf_run_id]
        if stored is not None:
            stored.run.born = "somebody else's"
        true_step(self, world, runs, work)

    monkeypatch.setattr(Family, "_step", step)
    assert "was answered with AlreadyExists" in complaints()


def test_a_timer_that_a_migration_leaves_behind_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrations, "stop_waiting", lambda *given: None)
    assert "left behind: timer" in complaints("goes-over")


def test_a_migration_that_a_bulk_job_takes_for_a_failure_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "_is_over", lambda work: work.outcome is Outcome.MISSING)
    assert "failed with some runs" in complaints("goes-over-with-all-others", weather=STORM)


def test_results_that_are_deleted_before_their_commit_are_noticed(monkeypatch: pytest.MonkeyPatch):
    true_decode = Results.decode

    async def decode(self: Results, reply: Any, partitions: Any, now_ms: int) -> Any:
        batch = await true_decode(self, reply, partitions, now_ms)
        for partition, ids in batch.consumed.items():
            await self._redis.xdel(keys.results(partition), *ids)
        return batch

    monkeypatch.setattr(Results, "decode", decode)
    assert "with them" in complaints("tries-once", scheduler_crashes=6)
