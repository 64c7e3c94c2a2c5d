"""follow: show a run while it goes on: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live

from lhredis.cli import run_tables, tables
from lhredis.client import SyncClient
from lhredis.errors import DeadlineExceeded
from lhredis.model.enums import TERMINAL_STATUSES
from lhredis.model.node_run import NodeRun
from lhredis.model.wf_run import TaskRun, WfRun

WAIT_MS_MIN = 50
WAIT_MS_MAX = 1_000
"""One look waits this long for the end of the run: often at first, more seldom of a long run."""

Show = Callable[[WfRun, Sequence[NodeRun], Sequence[TaskRun]], None]


def wait_for_end(client: SyncClient, run: WfRun, timeout_s: float | None, show: Show | None) -> WfRun:
    """The run when it has ended, with every change of it given to `show`. DeadlineExceeded."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    wait_ms = WAIT_MS_MIN
    while True:
        if show is not None:
            show(run, client.list_node_runs(run.id), client.list_task_runs(run.id))
        if run.status in TERMINAL_STATUSES:
            return run
        left_ms = wait_ms if deadline is None else int((deadline - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise DeadlineExceeded(f"wf-run {run.id} is {run.status.name} after {timeout_s:g} s; it goes on")
        run = client.get_wf_run(run.id, wait_ms=min(wait_ms, left_ms))
        wait_ms = min(int(wait_ms * 1.2), WAIT_MS_MAX)


@contextmanager
def progress(console: Console) -> Iterator[Show]:
    """Shows a run on this console until the end of the block."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield lambda run, nodes, tasks: live.update(run_tables.node_runs(nodes, tasks))


class _Lines:
    """One line for every node and attempt whose status changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, str] = {}

    def __call__(self, run: WfRun, nodes: Sequence[NodeRun], tasks: Sequence[TaskRun]) -> None:
        attempts = {task.id.task_guid: len(task.attempts) for task in tasks}
        for node in nodes:
            guid = node.task.task_run_id.task_guid if node.task and node.task.task_run_id else ""
            tried = attempts.get(guid, 0)
            state = node.status.name + (f" attempt {tried - 1}" if tried > 1 else "")
            key = f"{node.id.thread_run_number}/{node.id.position}"
            if self._seen.get(key) != state:
                self._seen[key] = state
                took = tables.duration(node.arrival_time, node.end_time)
                now = datetime.now(UTC).strftime("%H:%M:%S")
                self._console.print(
                    f"{now}  {key:<5} {node.node_name:<32} {state} {took}".rstrip(), markup=False
                )
