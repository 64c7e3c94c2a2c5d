"""search: how long a page of 100 and a count take, with 10,000 and with 100,000 runs stored, and the growth.

    python -m benchmarks.search --runs 10000 100000
    python -m benchmarks.search --cost 3000

The runs of the first are started over HTTP, through the API and nothing else. `--cost` measures what two
searchable variables cost instead: the throughput of a ten-step WfSpec with and without them, in turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.deployment import Deployment
from benchmarks.report import percentile, report
from benchmarks.throughput import BATCH_RUNS, measure
from benchmarks.workload import searchable_steps, steps
from lhredis.client import SyncClient
from lhredis.model.search import CountWfRunRequest, SearchWfRunRequest, VariableMatch
from lhredis.model.wf_run import RunWfRequest
from lhredis.workflow import Workflow, WorkflowThread

REPEATS = 40
GROUPS = 50
"""Runs share each value of `group` with one in this many."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--cost", type=int, default=0, help="runs of each kind for --cost")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.cost:
        report("search-cost", cost(options.cost), options.json)
        return
    with Deployment() as deployment:
        deployment.deploy([Workflow("found", _found)])
        stored, first = 0, {}
        for runs in options.runs:
            _store(deployment.client, stored, runs)
            stored = runs
            took = {name: _took_ms(ask) for name, ask in _questions(deployment.client).items()}
            first = first or took
            growth = {name: round(ms / first[name], 2) for name, ms in took.items()}
            report("search", {"runs": runs, "p50_ms": took, "growth": growth}, options.json)


def _found(wf: WorkflowThread) -> None:
    wf.declare_str("email").searchable()
    wf.declare_int("group").searchable()


def _store(client: SyncClient, first: int, last: int) -> None:
    for at in range(first, last, BATCH_RUNS):
        requests = [
            RunWfRequest(
                wf_spec_name="found",
                variables={"email": f"{number}@a.b", "group": number % GROUPS},
            )
            for number in range(at, min(at + BATCH_RUNS, last))
        ]
        for answer in client.run_wf_batch(requests):
            if isinstance(answer, Exception):
                raise answer


def _questions(client: SyncClient) -> dict[str, Callable[[], Any]]:
    """What is asked, by name."""
    lately = datetime.now(UTC) - timedelta(hours=1)
    group = (VariableMatch(var_name="group", value=7),)
    email = (VariableMatch(var_name="email", value="0@a.b"),)
    of: dict[str, dict[str, Any]] = {
        "newest": {},
        "spec": {"wf_spec_name": "found"},
        "spec and status": {"wf_spec_name": "found", "status": "COMPLETED"},
        "one email": {"wf_spec_name": "found", "variable_filters": email},
        "group, status and time": {
            "wf_spec_name": "found",
            "status": "COMPLETED",
            "variable_filters": group,
            "earliest_start": lately,
        },
    }
    questions: dict[str, Callable[[], Any]] = {}
    for name, filters in of.items():
        search, count = SearchWfRunRequest.model_validate(filters), CountWfRunRequest.model_validate(filters)
        questions[f"page: {name}"] = partial(client.search_wf_runs, search)
        questions[f"count: {name}"] = partial(client.count_wf_runs, count)
    return questions


def _took_ms(ask: Callable[[], Any]) -> float:
    ask()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return round(percentile(times, 0.5), 2)


def cost(runs: int) -> dict[str, Any]:
    """Throughput of the same steps, without and with two searchable variables; one changes at every step."""
    figures: dict[str, Any] = {}
    for name, flow in (
        ("plain", steps("bench-steps", "increment", 10)),
        ("searchable", searchable_steps("bench-steps", "increment", 10)),
    ):
        with Deployment() as deployment:
            found = measure(deployment, runs, 10, flow)
        figures[f"{name}_tasks_per_s"] = found["tasks_per_s"]
        figures[f"{name}_us_per_task"] = found["us_per_task"]
    return figures


if __name__ == "__main__":
    main()
