"""zoo: the workflows of the simulation, and what their tasks do.

Every one of them comes to the same end however often its workers die and its messages get lost: what
a task returns is a function of its inputs, and it is tried more often than a seed lets it fail. Each
takes one INT, `n`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lhredis.model.enums import Comparator
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import ReturnType, VariableDef
from lhredis.workflow import (
    ExponentialBackoffRetryPolicy,
    LHErrorType,
    VariableMutationType,
    Workflow,
    WorkflowThread,
)

RETRIES = 12
"""More than workers and connections together lose of one task."""

TIMEOUT_SECONDS = 3
FLAKY_FAILURES = 2

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A TaskDef and what its workers do. `perform(inputs, attempt)` gives the result to report, or
    None when the worker hangs and never reports. A `strict` one is never lost by workers, because it
    would change what becomes of it."""

    name: str
    returns: str | None
    inputs: dict[str, str]
    perform: Callable[[dict[str, Any], int], Result | None]
    strict: bool = False

    def request(self) -> PutTaskDefRequest:
        variables = tuple(VariableDef(name=name, type_def=kind) for name, kind in self.inputs.items())
        returns = ReturnType.model_validate(self.returns) if self.returns else None
        return PutTaskDefRequest(name=self.name, input_vars=variables, return_type=returns)


def _success(output: Any) -> Result:
    return {"status": "TASK_SUCCESS", "output": output}


def _flaky(inputs: dict[str, Any], attempt: int) -> Result:
    if attempt < FLAKY_FAILURES:
        return {"status": "TASK_FAILED", "error": "not yet"}
    return _success(inputs["n"] + 1)


def _denied(inputs: dict[str, Any], attempt: int) -> Result:
    thrown = {"name": "denied", "message": "no", "content": inputs["n"]}
    return {"status": "TASK_EXCEPTION", "exception": thrown}


TASKS = {
    kind.name: kind
    for kind in (
        TaskKind("plus", "INT", {"a": "INT", "b": "INT"}, lambda i, _: _success(i["a"] + i["b"])),
        TaskKind("say", "STR", {"n": "INT"}, lambda i, _: _success(f"n is {i['n']}")),
        TaskKind("note", None, {"what": "STR"}, lambda i, _: _success(None)),
        TaskKind("flaky", "INT", {"n": "INT"}, _flaky),
        TaskKind("once", "INT", {"n": "INT"}, lambda i, _: _success(i["n"] * 2), True),
        TaskKind("broken", None, {}, lambda i, _: {"status": "TASK_FAILED", "error": "broken"}, True),
        TaskKind("denied", "INT", {"n": "INT"}, _denied),
        TaskKind("hangs", None, {}, lambda i, _: None, True),
        TaskKind("mistyped", "INT", {}, lambda i, _: _success({"not": "an INT"})),
    )
}


def three_tasks(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    total = wf.declare_int("total")
    total.assign(wf.execute("plus", n, 1))
    total.assign(wf.execute("plus", total, 10))
    wf.execute("note", wf.execute("say", total))


def naps(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.sleep(1)
    n.assign(wf.execute("plus", n, 1))
    wf.sleep(n)
    wf.execute("say", n)


def branches_and_loops(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    path = wf.declare_str("path", "")
    with wf.while_(wf.condition(n, Comparator.LESS_THAN, 8)):
        with wf.if_(wf.condition(n, Comparator.LESS_THAN, 4)):
            n.assign(wf.execute("plus", n, 3))
            wf.mutate(path, VariableMutationType.EXTEND, "s")
        with wf.else_():
            n.assign(wf.execute("flaky", n))
            wf.mutate(path, VariableMutationType.EXTEND, "f")
    wf.execute("note", path)


def backs_off(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=300, multiplier=1.5, max_delay_ms=900)
    n.assign(wf.execute("flaky", n, exponential_backoff=policy))
    n.assign(wf.execute("plus", n, n, exponential_backoff=policy))


def handles_failures(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    reason = wf.declare_str("reason")

    def when_denied(handler: WorkflowThread) -> None:
        content = handler.declare_int("INPUT")
        n.assign(handler.execute("plus", content, 100))

    def when_broken(handler: WorkflowThread) -> None:
        handler.sleep(1)
        reason.assign(handler.execute("say", n))

    wf.handle_exception(wf.execute("denied", n), when_denied, "denied")
    wf.handle_any_failure(wf.execute("broken", retries=1, timeout_seconds=60), when_broken)
    wf.handle_error(wf.execute("mistyped"), lambda handler: handler.execute("note", "mistyped"))
    wf.execute("say", n)


def gives_up(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    wf.execute("broken", retries=1, timeout_seconds=60)


def throws(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.sleep(1)
    with wf.if_(wf.condition(n, Comparator.LESS_THAN, 3)):
        wf.fail("too-small", "n is too small", n)
    wf.execute("denied", n)


def times_out(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    hangs = wf.execute("hangs", retries=1, timeout_seconds=1)
    wf.handle_error(hangs, lambda handler: handler.execute("note", "gone"), LHErrorType.TIMEOUT)
    wf.execute("note", "after")


def tries_once(wf: WorkflowThread) -> None:
    """Nothing here may get lost, not even for a while: one time-out, and the run ends otherwise."""
    n = wf.declare_int("n")
    with wf.while_(wf.condition(n, Comparator.LESS_THAN, 60)):
        n.assign(wf.execute("once", n, retries=0, timeout_seconds=60))


SPECS: dict[str, Callable[[WorkflowThread], None]] = {
    "three-tasks": three_tasks,
    "naps": naps,
    "branches-and-loops": branches_and_loops,
    "backs-off": backs_off,
    "handles-failures": handles_failures,
    "gives-up": gives_up,
    "throws": throws,
    "times-out": times_out,
    "tries-once": tries_once,
}

STRICT = (handles_failures, gives_up, tries_once)
"""Those with tasks whose claims must not be lost: a worker that dies comes back under its name."""


def workflow(name: str) -> Workflow:
    return Workflow(name, SPECS[name]).with_retry_policy(RETRIES).with_task_timeout_seconds(TIMEOUT_SECONDS)
