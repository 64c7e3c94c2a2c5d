"""engine: steps a second of the pure engine, by node type: no Redis, no processes.

python -m benchmarks.engine
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.report import report
from lhredis.engine.effects import EnqueueTask, SetTimer
from lhredis.engine.events import Event, RunStarted, TaskReported, TimerFired
from lhredis.engine.program import Program, compile_wf_spec
from lhredis.engine.run import Run, SpecVersion
from lhredis.engine.step import step
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
        program = compile_wf_spec(
            spec.thread_specs, spec.entrypoint_thread_name, {"increment": TASK_DEF}, strict=True
        )
        figures[f"{name}_nodes_per_s"] = round(_rate(program, options.seconds))
    report("engine", figures, options.json)


def _rate(program: Program, seconds: float) -> float:
    began, runs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        _play(program)
        runs += 1
    return runs * NODES / (time.perf_counter() - began)


def _play(program: Program) -> None:
    """One run to its end: tasks succeed, timers fire."""
    run = Run("bench", "default", SpecVersion("bench", 0, 0))
    event: Event = RunStarted(1, "token", {})
    while True:
        effects = step(program, run, event)
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
