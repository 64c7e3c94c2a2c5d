"""The simulation: whatever goes wrong, every run comes to the end that it comes to when nothing does.

A seed that fails is told with its trace; `scripts/simulate --seed <seed>` plays it alone. Once its bug is
found, it gets a story of its own where the bug was (tests/engine/test_halted_timers.py is one).
"""

from __future__ import annotations

import pytest

from lhredis.model.enums import TERMINAL_STATUSES
from tests.simulation.plans import plan_of, without_faults
from tests.simulation.verdict import judge
from tests.simulation.world import play
from tests.simulation.zoo import SPECS

SEEDS = 100
BATCH = 20


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_faults_do_not_change_what_becomes_of_a_run(first: int):
    for seed in range(first, first + BATCH):
        verdict = judge(plan_of(seed))
        assert not verdict.complaints, verdict.told()


@pytest.mark.parametrize("name", SPECS)
def test_every_workflow_of_the_zoo_meets_faults(name: str):
    verdict = judge(plan_of(1000, [name]))
    assert not verdict.complaints, verdict.told()


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_tells_the_same_story_to_the_letter_every_time(seed: int):
    plan = plan_of(seed)
    assert play(plan).trace == play(plan_of(seed)).trace


def test_without_faults_nothing_goes_wrong_and_every_run_ends():
    story = play(without_faults(plan_of(5)))
    assert story.violations == []
    ended = {status.name for status in TERMINAL_STATUSES}
    assert all(outcome["<run>"]["status"] in ended for outcome in story.outcomes.values())
