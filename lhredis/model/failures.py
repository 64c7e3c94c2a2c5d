"""failures: what a node may say about failing: which failures it ends with, and who handles them."""

from __future__ import annotations

from pydantic import model_validator

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import LHFailureType
from lhredis.model.ids import Model

_UMBRELLAS = {
    "VAR_ERROR": frozenset(("VAR_ERROR", "VAR_SUB_ERROR", "VAR_MUTATION_ERROR")),
    "TASK_ERROR": frozenset(("TASK_ERROR", "TASK_FAILURE", "TIMEOUT")),
}


def caught_by_name(specific_failure: str) -> frozenset[str]:
    """The failures that a handler of this name catches: some names stand for several."""
    return _UMBRELLAS.get(specific_failure, frozenset((specific_failure,)))


class FailureDef(Model):
    """A business failure that the thread ends with."""

    failure_name: str
    message: str = ""
    content: VariableAssignment | None = None


class FailureHandlerDef(Model):
    """The ThreadSpec that runs when a node fails; without a filter it catches everything."""

    handler_spec_name: str
    specific_failure: str | None = None
    any_failure_of_type: LHFailureType | None = None

    @model_validator(mode="after")
    def _one_filter(self) -> FailureHandlerDef:
        if self.specific_failure is not None and self.any_failure_of_type is not None:
            raise ValueError("give specific_failure or any_failure_of_type, not both")
        return self
