"""tasks: the tasks of the zoo: what they return is a function of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import ReturnType, VariableDef

RETRIES = 12
"""More than workers and connections together lose of one task."""

TIMEOUT_SECONDS = 3
FLAKY_FAILURES = 2

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A TaskDef and what its workers do. `perform(inputs, attempt)` gives the result to report, or
    None when the worker hangs and never reports. A `strict` one is never lost by workers, because it
    would change what becomes of it. One that is `mendable` fails until somebody has mended it for its run;
    of `checkpoints`, each attempt takes so many before anything else."""

    name: str
    returns: str | None
    inputs: dict[str, str]
    perform: Callable[[dict[str, Any], int], Result | None]
    strict: bool = False
    mendable: bool = False
    checkpoints: int = 0

    def request(self) -> PutTaskDefRequest:
        variables = tuple(VariableDef(name=name, type_def=kind) for name, kind in self.inputs.items())
        returns = ReturnType.model_validate(self.returns) if self.returns else None
        return PutTaskDefRequest(name=self.name, input_vars=variables, return_type=returns)


BROKEN: Result = {"status": "TASK_FAILED", "error": "broken"}


def _success(output: Any) -> Result:
    return {"status": "TASK_SUCCESS", "output": output}


def _flaky(inputs: dict[str, Any], attempt: int) -> Result:
    if attempt < FLAKY_FAILURES:
        return {"status": "TASK_FAILED", "error": "not yet"}
    return _success(inputs["n"] + 1)


def _keeps(inputs: dict[str, Any], attempt: int) -> Result:
    return _success(inputs["n"] * 3) if attempt else {"status": "TASK_FAILED", "error": "not yet"}


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
        TaskKind("broken", None, {}, lambda i, _: BROKEN, True),
        TaskKind("denied", "INT", {"n": "INT"}, _denied),
        TaskKind("hangs", None, {}, lambda i, _: None, True),
        TaskKind(
            "mends", "INT", {"n": "INT"}, lambda i, _: _success(i["n"] + 10), strict=True, mendable=True
        ),
        TaskKind("keeps", "INT", {"n": "INT"}, _keeps, checkpoints=3),
        TaskKind("mistyped", "INT", {}, lambda i, _: _success({"not": "an INT"})),
    )
}
