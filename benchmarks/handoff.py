"""handoff: the time between a task function's return and the entry of the next one.

python -m benchmarks.handoff --steps 200              one run alone
python -m benchmarks.handoff --steps 200 --load 0.5   the same while ten-step runs arrive at half
                                                      of the throughput measured just before
python -m benchmarks.handoff --protocol grpc          with a worker of LittleHorse's client
"""

from __future__ import annotations

import argparse
import http.client
import json
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.deployment import Deployment
from benchmarks.report import percentile, report
from benchmarks.throughput import measure
from benchmarks.workload import MARKS_FILE, marked_loop
from lhredis.store.connect import PARTITIONS_DEFAULT

LOAD_STEPS = 10
TICK_S = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--load", type=float, default=0.0, help="share of the measured throughput, 0 to 0.9")
    parser.add_argument("--runs", type=int, default=1000, help="runs of the throughput measurement")
    parser.add_argument("--durability", choices=("memory", "logged", "fsync"), default="logged")
    parser.add_argument("--partitions", type=int, default=PARTITIONS_DEFAULT)
    parser.add_argument("--protocol", choices=("native", "grpc"), default="native", help="of the workers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        marks = Path(folder) / "marks.json"
        figures = run(options, marks)
        figures |= summary(json.loads(marks.read_text())["probe"])
    report("handoff", {**figures, **vars(options)}, options.json)


def run(options: argparse.Namespace, marks: Path) -> dict[str, Any]:
    """Let the probe run, alone or under load; the worker leaves its marks when it ends."""
    figures: dict[str, Any] = {}
    marks_file = {MARKS_FILE: str(marks)}
    with Deployment(
        durability=options.durability,
        partitions=options.partitions,
        environment=marks_file,
        protocol=options.protocol,
    ) as deployment:
        deployment.deploy([marked_loop("marked")])
        client = deployment.client
        client.run_wf("marked", {"limit": 50}, id="warm-up", wait_ms=30_000)
        done = threading.Event()
        load = threading.Thread(target=lambda: None)
        if options.load:
            figures["throughput"] = measure(deployment, options.runs, LOAD_STEPS)["tasks_per_s"]
            per_s = options.load * figures["throughput"] / LOAD_STEPS
            load = threading.Thread(target=keep_loading, args=(client.base_url, per_s, done))
        load.start()
        time.sleep(1.0 if options.load else 0.0)
        probe = client.run_wf("marked", {"limit": options.steps}, id="probe", wait_ms=60_000)
        done.set()
        load.join()
        assert probe.thread_runs[0].output == options.steps, f"the probe is {probe.status.name}"
        deployment.stop_processes()
    return figures


def keep_loading(base_url: str, runs_per_s: float, done: threading.Event) -> None:
    """Start `runs_per_s` runs a second, evenly, until `done`; as cheaply as Python can, because it
    shares the machine with what is measured."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"))
    began, sent = time.monotonic(), 0
    while not done.is_set():
        due = int((time.monotonic() - began) * runs_per_s) - sent
        if due > 0:
            runs = ",".join(['{"wf_spec_name":"bench-steps"}'] * due)
            connection.request("POST", "/v1/wf-runs:batch", f'{{"runs":[{runs}]}}')
            assert connection.getresponse().read().count(b'"wf_run"') == due, "a run was not started"
            sent += due
        done.wait(TICK_S)


def summary(marks: list[tuple[int, int]]) -> dict[str, float]:
    """From (entered_ns, returned_ns) of each task to percentiles in milliseconds."""
    waits = [(after[0] - before[1]) / 1e6 for before, after in pairwise(marks)]
    return {
        "p50_ms": round(percentile(waits, 0.5), 3),
        "p99_ms": round(percentile(waits, 0.99), 3),
        "max_ms": round(max(waits), 3),
    }


if __name__ == "__main__":
    main()
