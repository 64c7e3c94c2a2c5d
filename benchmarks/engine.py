"""engine: steps a second of the pure engine, by node type: no Redis, no processes.

python -m benchmarks.engine
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.report import report
from lhredis.engine.definitions import Definitions
from lhredis.engine.effects import EnqueueTask, SetTimer
from lhredis.engine.events import Event, RunStarted, TaskReported, TimerFired
from lhredis.engine.program import Program, compile_wf_spec
from lhredis.engine.run import Run, SpecVersion
from lhredis.engine.step import Runs, step
from lhredis.engine.world import World
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.task_def import TaskDef
from lhredis.workflow import Workflow, WorkflowThread

NODES = 50
"""Nodes of the type under test in one run."""

TASK_DEF = TaskDef.model_validate(
    {
        "id": {"name": "increment"},
        "input_vars": [{"name": "number", "type_def": "INT"}],
        "return_type": "INT",
        "created_at": "",
    }
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="for each node type")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {}
    for name, thread in {"task": _tasks, "nop_with_condition": _branches, "sleep": _sleeps}.items():
        spec = Workflow(name.replace("_", "-"), thread).compile()
        world = _World(compile_wf_spec(spec, Definitions({"increment": TASK_DEF}), strict=True))
        figures[f"{name}_nodes_per_s"] = round(_rate(world, options.seconds))
    report("engine", figures, options.json)


class _World:
    """One program, and nothing to look up."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def program(self, version: SpecVersion) -> Program:
        return self._program

    def newest(self, name: str, major: int | None) -> SpecVersion | None:
        return None

    def task_def(self, name: str) -> TaskDef | None:
        return None


def _rate(world: World, seconds: float) -> float:
    began, runs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        _play(world)
        runs += 1
    return runs * NODES / (time.perf_counter() - began)


def _play(world: World) -> None:
    """One run to its end: tasks succeed, timers fire."""
    run = Run("bench", "default", SpecVersion("bench", 0, 0))
    runs: Runs = {run.id: run}
    event: Event = RunStarted(1, "token", {})
    while True:
        effects = step(world, runs, run.id, event)[run.id]
        if run.status is not LHStatus.RUNNING:
            assert run.status is LHStatus.COMPLETED
            return
        event = next(made for effect in effects if (made := _answer(effect)) is not None)


def _answer(effect: object) -> Event | None:
    if isinstance(effect, EnqueueTask):
        return TaskReported(
            2,
            "token",
            effect.thread,
            effect.position,
            effect.attempt,
            effect.token,
            TaskStatus.TASK_SUCCESS,
            1,
        )
    if isinstance(effect, SetTimer):
        return TimerFired(
            effect.due_ms, "token", effect.kind, effect.thread, effect.position, effect.attempt, effect.due_ms
        )
    return None


def _times(body: Callable[[WorkflowThread], None]) -> Callable[[WorkflowThread], None]:
    def thread(wf: WorkflowThread) -> None:
        wf.declare_int("number", 0)
        for _ in range(NODES):
            body(wf)

    return thread


@_times
def _tasks(wf: WorkflowThread) -> None:
    number = wf.find_variable("number")
    number.assign(wf.execute("increment", number))


@_times
def _branches(wf: WorkflowThread) -> None:
    number = wf.find_variable("number")
    with wf.if_(number < 100):
        number.assign(number + 1)


@_times
def _sleeps(wf: WorkflowThread) -> None:
    wf.sleep(1)


if __name__ == "__main__":
    main()
