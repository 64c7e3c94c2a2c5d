"""demo: eight runs of kyc on a whole lhredis of real processes; `scripts/demo` starts it.

Everything lives in a temporary folder, and nothing is left. `--keep` leaves it running until Ctrl-C.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from examples.kyc.demo_processes import DemoProcesses
from examples.kyc.demo_progress import Progress, follow
from lhredis.client import Client
from lhredis.model.enums import LHStatus
from lhredis.model.wf_run import WfRun

CUSTOMERS = (
    ("Ada Lovelace", "100-00-0000"),
    ("Alan Turing", "100-00-0001"),
    ("Grace Hopper", "100-00-0002"),
    ("Edsger Dijkstra", "100-00-0003"),
    ("Barbara Liskov", "100-00-0001"),
    ("Nobody Atall", "000-00-0000"),
    ("Donald Knuth", "100-00-0000"),
    ("Unlucky Luke", "100-00-0009"),
)
"""What the last digit does is told in tasks.py; Luke's registry never answers."""

EXPECTED_ENDS = {LHStatus.COMPLETED: 7, LHStatus.ERROR: 1}


def main(keep: bool) -> int:
    """The exit code: 0 when all runs ended as they should."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    with DemoProcesses() as processes:
        console.print("Starting Valkey, API, scheduler and two workers …")
        processes.start()
        console.print(processes.table())
        console.rule("lhredis deploy examples.kyc.workflow", align="left")
        console.print(processes.deploy(), markup=False)
        console.rule("eight runs at once", align="left")
        runs = asyncio.run(_run_all(processes.api_url, console))
        _print_where_to_look(console, processes, runs)
        if keep:
            ends = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
            signal.pthread_sigmask(signal.SIG_BLOCK, ends)
            console.print("\nEverything keeps running; Ctrl-C ends it.", style="bold")
            signal.sigwait(ends)
    console.print("All processes have ended, and the folder is gone.")
    return 0 if Counter(run.status for run in runs) == EXPECTED_ENDS else 1


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


async def _run_all(api_url: str, console: Console) -> list[WfRun]:
    started = time.monotonic()
    async with Client(api_url) as client:
        runs = await asyncio.gather(
            *(client.run_wf("kyc", _variables(name, ssn), id=_run_id(name)) for name, ssn in CUSTOMERS)
        )
        with Progress(console) as progress:
            ended = await follow(client, list(runs), progress)
        console.print(f"All eight ended after {time.monotonic() - started:.1f} s.")
        for run in ended:
            if run.status is LHStatus.ERROR:
                await _print_failure(client, run, console)
    return ended


def _run_id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _variables(name: str, ssn: str) -> dict[str, str]:
    return {"full-name": name, "ssn": ssn, "email": f"{name.split()[0].lower()}@example.com"}


async def _print_failure(client: Client, run: WfRun, console: Console) -> None:
    """What a person who looks into a failed run gets to see: why, and the stack trace of the attempt."""
    console.rule(f"why {run.id} failed", align="left")
    console.print(f"{run.status.name}: {run.thread_runs[0].error_message}", style="red", markup=False)
    for task_run in await client.list_task_runs(run.id):
        last = task_run.attempts[-1]
        if last.error is not None:
            console.print(f"The last of {len(task_run.attempts)} attempts logged:", style="bold")
            console.print(Text((last.log_output or "").rstrip()))


def _print_where_to_look(console: Console, processes: DemoProcesses, runs: list[WfRun]) -> None:
    console.rule("where to look while it is up (scripts/demo --keep)", align="left")
    api_url, failed = processes.api_url, runs[-1].id
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold", no_wrap=True)
    table.add_row("docs", f"{api_url}/docs")
    table.add_row("metrics", f"{api_url}/metrics")
    table.add_row("all runs", f"curl -s {api_url}/v1/wf-runs")
    table.add_row("one run", f"curl -s {api_url}/v1/wf-runs/{failed}")
    table.add_row("its attempts", f"curl -s {api_url}/v1/wf-runs/{failed}/task-runs")
    table.add_row("as a table", f"{_command()} get wf-run {failed} --api-url {api_url}")
    table.add_row("Redis", f"{processes.redis_url}")
    console.print(table)


def _command() -> str:
    """What a shell finds: the installed command if there is one beside our Python."""
    installed = Path(sys.executable).with_name("lhredis")
    return str(installed) if installed.exists() else f"{sys.executable} -m lhredis"


if __name__ == "__main__":
    try:
        sys.exit(main(keep="--keep" in sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
