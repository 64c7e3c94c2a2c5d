"""The simulation notices when something is broken: each test breaks one thing on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.scheduler.results import Results
from lhredis.stepper import stepper
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Unit
from tests.simulation import scripts, verdict
from tests.simulation.plans import plan_of

SEEDS_MAX = 100
"""Within how many seeds a break has to be seen."""


def complaints() -> str:
    """Those of the first seed that fails; also without faults."""
    for seed in range(SEEDS_MAX):
        try:
            found = verdict.judge(plan_of(seed)).complaints
        except AssertionError as error:
            return str(error)
        finally:
            verdict._without_faults.cache_clear()
        if found:
            return "\n".join(found)
    return ""


def test_a_commit_that_does_not_compare_versions_is_noticed(monkeypatch: pytest.MonkeyPatch):
    true_unit_at = scripts.unit_at

    def unit_at(keys: scripts.Words, argv: scripts.Words, at: int) -> tuple[int, scripts.Committed]:
        at, unit = true_unit_at(keys, argv, at)
        return at, scripts.Committed([], unit.writes)

    monkeypatch.setattr(scripts, "unit_at", unit_at)
    assert "version" in complaints()


def test_a_start_that_does_not_recognise_its_own_run_is_noticed(monkeypatch: pytest.MonkeyPatch):
    true_step = stepper._step

    def step(program: Any, stored: Any, work: Any, is_first: bool) -> Any:
        return true_step(program, stored, work, False)

    monkeypatch.setattr(stepper, "_step", step)
    assert "was refused" in complaints()


def test_results_that_are_deleted_before_their_commit_are_noticed(monkeypatch: pytest.MonkeyPatch):
    true_decode = Results.decode

    async def decode(self: Results, reply: Any, partitions: Any, now_ms: int) -> Any:
        batch = await true_decode(self, reply, partitions, now_ms)
        for partition, ids in batch.consumed.items():
            await self._redis.xdel(keys.results(partition), *ids)
        return batch

    monkeypatch.setattr(Results, "decode", decode)
    assert "with them" in complaints()


@pytest.mark.parametrize("word", ["ENQUEUE", "FINISH", "ZADD", "ZREM"])
def test_a_write_that_a_commit_forgets_is_noticed(monkeypatch: pytest.MonkeyPatch, word: str):
    def forgetful(unit: Unit) -> Unit:
        return Unit(unit.checks, [write for write in unit.writes if write[0] != word])

    true_unit_of = stepper.unit_of
    monkeypatch.setattr(stepper, "unit_of", lambda *given: forgetful(true_unit_of(*given)))
    found = complaints()
    assert "stuck" in found or "left behind" in found
