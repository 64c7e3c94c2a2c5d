"""demo_progress: many runs while they go on: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lhredis.client import Client
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.wf_run import TaskRun, WfRun

LOOK_PAUSE_S = 0.1
STYLES = {LHStatus.COMPLETED: "green", LHStatus.ERROR: "bold red", LHStatus.RUNNING: "cyan"}


@dataclass(frozen=True, slots=True)
class Look:
    """One run, as people are told of it."""

    step: str
    attempt: str
    status: LHStatus
    result: str


async def follow(client: Client, runs: list[WfRun], progress: Progress) -> list[WfRun]:
    """The runs when all of them have ended."""
    while True:
        looks = await asyncio.gather(*(_look(client, run) for run in runs))
        progress.show({run.id: look for run, look in looks})
        runs = [run for run, _ in looks]
        if all(run.status in TERMINAL_STATUSES for run in runs):
            return runs
        await asyncio.sleep(LOOK_PAUSE_S)


async def _look(client: Client, run: WfRun) -> tuple[WfRun, Look]:
    run = await client.get_wf_run(run.id)
    tasks = await client.list_task_runs(run.id)
    root = run.thread_runs[0]
    step, attempt = _step_of(tasks)
    return run, Look(step, attempt, run.status, str(root.output or root.error_message or ""))


def _step_of(tasks: list[TaskRun]) -> tuple[str, str]:
    if not tasks:
        return "", ""
    last = tasks[-1]
    attempt = last.attempts[-1]
    return last.task_def_id.name, f"{len(last.attempts)} of {last.total_attempts} {attempt.status.name}"


class Progress:
    """Shows the looks at all runs, by their ids."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, Look] = {}
        self._live = Live(console=console, refresh_per_second=10) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, looks: dict[str, Look]) -> None:
        if self._live is not None:
            self._live.update(self._table(looks), refresh=True)
            return
        for id, look in looks.items():
            if self._seen.get(id) != look:
                line = f"{id:<16} {look.step:<16} {look.attempt:<20} {look.status.name:<10} {look.result}"
                self._console.print(line.rstrip(), markup=False, soft_wrap=True)
        self._seen = looks

    def _table(self, looks: dict[str, Look]) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("run", "step", "attempt", "status", "result"):
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for id, look in looks.items():
            status = Text(look.status.name, style=STYLES.get(look.status, ""))
            table.add_row(id, look.step, look.attempt, status, Text(look.result))
        return table
