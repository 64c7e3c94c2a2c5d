"""run: plays many seeds, or one, and tells what it sees. `scripts/simulate` is its door."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.simulation.plans import plan_of
from tests.simulation.verdict import judge
from tests.simulation.zoo import SPECS

PROGRESS_S = 5.0


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 when every seed went as it should."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="how many seeds")
    parser.add_argument("--seed", type=int, default=None, metavar="S", help="only this seed, with its trace")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="S", help="the first seed")
    parser.add_argument("--spec", choices=sorted(SPECS), default=None, help="only runs of this WfSpec")
    asked = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    names = (asked.spec,) if asked.spec else ()
    if asked.seed is not None:
        verdict = judge(plan_of(asked.seed, names))
        print(verdict.told() if verdict.complaints else "\n".join(verdict.story.trace))
        return 1 if verdict.complaints else 0
    return _many(range(asked.first, asked.first + asked.seeds), names)


def _many(seeds: range, names: tuple[str, ...]) -> int:
    began = told = time.perf_counter()
    failed = []
    for done, seed in enumerate(seeds, 1):
        verdict = judge(plan_of(seed, names))
        if verdict.complaints:
            failed.append(seed)
            spec = f" --spec {names[0]}" if names else ""
            print(f"{verdict.told()}\n\nalone: scripts/simulate --seed {seed}{spec}\n", flush=True)
        if time.perf_counter() - told > PROGRESS_S:
            told = time.perf_counter()
            print(f"{done} seeds, {done / (told - began):.1f} seeds/s, {len(failed)} failed", file=sys.stderr)
    rate = len(seeds) / (time.perf_counter() - began)
    print(f"{len(seeds)} seeds, {rate:.1f} seeds/s, failed: {', '.join(map(str, failed)) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
