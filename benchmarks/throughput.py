"""throughput: tasks a second through real processes: API, schedulers, workers, Valkey.

    python -m benchmarks.throughput --runs 3000 --steps 10 --schedulers 1 --workers 1
    python -m benchmarks.throughput --runs 300 --protocol grpc     workers of LittleHorse's client

Runs are started over HTTP in batches; the time is that from the start of the first run to the end
of the last, as the runs' own records tell. Every run must be COMPLETED with the right output.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from benchmarks.deployment import Deployment
from benchmarks.report import report
from benchmarks.workload import steps
from lhredis.client import SyncClient
from lhredis.model.enums import LHStatus
from lhredis.model.wf_run import RunWfRequest, WfRun
from lhredis.store.connect import PARTITIONS_DEFAULT
from lhredis.workflow import Workflow

BATCH_RUNS = 250
SENDERS = 2
LAST_RUNS = 50
FINISH_S_MAX = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--schedulers", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--durability", choices=("memory", "logged", "fsync"), default="logged")
    parser.add_argument("--partitions", type=int, default=PARTITIONS_DEFAULT)
    parser.add_argument("--protocol", choices=("native", "grpc"), default="native", help="of the workers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Deployment(
        options.schedulers,
        options.workers,
        options.durability,
        options.partitions,
        protocol=options.protocol,
    ) as deployment:
        figures = measure(deployment, options.runs, options.steps)
    report("throughput", {**figures, **vars(options)}, options.json)


def measure(
    deployment: Deployment, runs: int, count: int, workflow: Workflow | None = None
) -> dict[str, Any]:
    """Run `runs` WfRuns of `count` steps and check every one. `workflow` is another `bench-steps`."""
    deployment.deploy([workflow or steps("bench-steps", "increment", count)])
    start(deployment.client, "bench-steps", ["bench-warm-up"])
    wait_for(deployment.client, ["bench-warm-up"])
    before = deployment.cpu_s()
    ids = [f"bench-{number}" for number in range(runs)]
    start(deployment.client, "bench-steps", ids)
    wait_for(deployment.client, ids)
    used = {role: seconds - before[role] for role, seconds in deployment.cpu_s().items()}
    found = check(deployment.client, ids, count)
    tasks = runs * count
    seconds = (max(_ms(run.end_time) for run in found) - min(_ms(run.start_time) for run in found)) / 1000
    return {
        "tasks_per_s": round(tasks / seconds),
        "runs": runs,
        "completed": len(found),
        "seconds": round(seconds, 3),
        "us_per_task": {role: round(s / tasks * 1e6, 1) for role, s in sorted(used.items())},
    }


def start(client: SyncClient, spec: str, ids: list[str], variables: dict[str, Any] | None = None) -> None:
    """Start a WfRun for each id, in batches, a few batches at a time."""
    requests = [RunWfRequest(wf_spec_name=spec, id=name, variables=variables or {}) for name in ids]
    batches = [requests[at : at + BATCH_RUNS] for at in range(0, len(requests), BATCH_RUNS)]
    with ThreadPoolExecutor(SENDERS) as senders:
        for answers in senders.map(client.run_wf_batch, batches):
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer


def wait_for(client: SyncClient, ids: list[str]) -> None:
    """Wait until the runs have ended: the last started ones are looked at, `check` sees the others."""
    deadline = time.monotonic() + FINISH_S_MAX
    for name in reversed(ids[-LAST_RUNS:]):
        while client.get_wf_run(name, wait_ms=10_000).end_time is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"WfRun {name} did not end")


def check(client: SyncClient, ids: list[str], count: int) -> list[WfRun]:
    """All runs, each COMPLETED with the right output; AssertionError otherwise."""
    wanted, found = set(ids), []
    bookmark = None
    while True:
        page = client.list_wf_runs(1000, bookmark)
        found.extend(run for run in page.items if run.id in wanted)
        bookmark = page.bookmark
        if bookmark is None:
            break
    assert len(found) == len(ids), f"{len(ids)} runs were started, {len(found)} are there"
    for run in found:
        while run.end_time is None:
            run = client.get_wf_run(run.id, wait_ms=10_000)
        assert run.status is LHStatus.COMPLETED, f"{run.id} is {run.status.name}"
        assert run.thread_runs[0].output == count, f"{run.id} has the output {run.thread_runs[0].output}"
    return found


def _ms(time_text: str | None) -> float:
    assert time_text is not None
    return datetime.fromisoformat(time_text).timestamp() * 1000


if __name__ == "__main__":
    main()
