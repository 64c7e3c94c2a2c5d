"""workload: the tasks and WfSpecs that the benchmarks run; a worker process imports it."""

from __future__ import annotations

import atexit
import json
import os
import time
from pathlib import Path

from lhredis.worker import Worker, WorkerContext, task
from lhredis.workflow import Workflow, WorkflowThread

MARKS_FILE = "LHREDIS_BENCH_MARKS"
"""Environment variable: where the worker leaves (entered_ns, returned_ns) of each task by WfRun, as JSON."""

_marks: dict[str, list[tuple[int, int]]] = {}


@task
async def increment(number: int) -> int:
    return number + 1


@task
async def mark(number: int, ctx: WorkerContext) -> int:
    """Notes when it was entered and when it returns, by the clock that all processes share."""
    note_mark(ctx.wf_run_id, time.monotonic_ns())
    return number + 1


def note_mark(wf_run_id: str, entered_ns: int) -> None:
    """Note when a task was entered, and that it returns now."""
    _marks.setdefault(wf_run_id, []).append((entered_ns, time.monotonic_ns()))


def steps(name: str, task_def: str, count: int) -> Workflow:
    """`count` tasks one after the other, each given the number that the one before returned."""

    def thread(wf: WorkflowThread) -> None:
        number = wf.declare_int("number", 0)
        for _ in range(count):
            number.assign(wf.execute(task_def, number))
        wf.complete(number)

    return Workflow(name, thread)


def searchable_steps(name: str, task_def: str, count: int) -> Workflow:
    """The same, found by two variables: one that changes with every step, and one that stays."""

    def thread(wf: WorkflowThread) -> None:
        number = wf.declare_int("number", 0).searchable()
        wf.declare_str("email", "a@b.c").searchable()
        for _ in range(count):
            number.assign(wf.execute(task_def, number))
        wf.complete(number)

    return Workflow(name, thread)


def marked_loop(name: str) -> Workflow:
    """A loop over `mark`, `limit` times: many hand-offs from a small spec."""

    def thread(wf: WorkflowThread) -> None:
        number = wf.declare_int("number", 0)
        limit = wf.declare_int("limit").required()
        with wf.while_(number < limit):
            number.assign(wf.execute("mark", number))
        wf.complete(number)

    return Workflow(name, thread)


def sleeper(name: str) -> Workflow:
    """Waits for an hour."""

    def thread(wf: WorkflowThread) -> None:
        wf.sleep(3600)

    return Workflow(name, thread)


@atexit.register
def _write_marks() -> None:
    target = os.environ.get(MARKS_FILE)
    if target and _marks:
        Path(target).write_text(json.dumps(_marks))


worker = Worker(increment, mark, concurrency=256)
