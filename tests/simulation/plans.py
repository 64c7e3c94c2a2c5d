"""plans: what each seed does, and the same without faults."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.simulation.network import Weather
from tests.simulation.worker import Manners
from tests.simulation.world import Plan
from tests.simulation.zoo import SPECS

RUNS_MAX = 5


def plan_of(seed: int, names: Sequence[str] = ()) -> Plan:
    """The plan of a seed: some runs of these WfSpecs (else of all), and a mix of faults."""
    rng = random.Random(f"plan {seed}")
    names = list(names or SPECS)
    runs = [
        (f"r{seed}-{i}", rng.choice(names), rng.randrange(1, 5))
        for i in range(rng.randrange(1, RUNS_MAX + 1))
    ]
    weather = Weather(*(rng.choice((0.0, 0.0, 0.02, 0.1)) for _ in range(4)))
    manners = Manners(*(rng.choice((0.0, 0.1, 0.3)) for _ in range(3)))
    plan = Plan(
        seed,
        runs,
        schedulers=rng.choice((1, 2, 2, 3)),
        workers=rng.choice((0, 1, 2)),
        sdk_workers=rng.choice((0, 0, 1)),
        weather=weather,
        manners=manners,
        scheduler_crashes=rng.choice((0, 0, 1, 3)),
        worker_crashes=rng.choice((0, 0, 1, 2)),
        scheduler_leaves=rng.choice((0, 0, 1)),
        sdk_worker_leaves=rng.choice((0, 0, 1)),
        script_losses=rng.choice((0, 0, 1)),
        stalls=rng.choice((0, 0, 1, 3)),
        clock_jumps=rng.choice((0, 0, 1)),
        contested=rng.random() < 0.3,
    )
    if not plan.workers:
        plan.sdk_workers = 1
    return plan


def without_faults(plan: Plan) -> Plan:
    """The same runs, with nothing that goes wrong."""
    return Plan(plan.seed, plan.runs)
