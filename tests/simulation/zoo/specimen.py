"""specimen: a workflow of the zoo, and what people do to its runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from lhredis.workflow import Workflow, WorkflowThread
from tests.simulation.zoo.deeds import Deed
from tests.simulation.zoo.tasks import RETRIES, TIMEOUT_SECONDS


class Begin(Enum):
    """How runs come about."""

    AT_ONCE = auto()
    LATER = auto()  # a ScheduledWfRun starts the one run of its id
    EVERY_MINUTE = auto()  # a ScheduledWfRun starts TICKS runs, and is deleted then


@dataclass(frozen=True, slots=True)
class Specimen:
    """A workflow that comes to the same end whatever goes wrong, if people do these deeds one after the
    other. A `strict` one has tasks whose claims must not be lost. `settle_s` is how long, without any
    fault, something of an ended run may still wait (a retention, say). `variables` are given to each run
    beside `n`; in them, `{id}` stands for the run's id. `needs` are WfSpecs that have to be registered
    before, in their order; `parent` is the one whose runs have the runs of this one as children.
    `retention_s` is how long a run is kept. `starts_on` is the version that runs start on, if that is not the
    newest. What a `loose` one has done when it is deleted is luck: only what is left counts."""

    story: Callable[[WorkflowThread], None]
    deeds: tuple[Deed, ...] = ()
    strict: bool = False
    settle_s: float = 0.0
    variables: dict[str, str] = field(default_factory=dict)
    needs: tuple[tuple[str, Specimen], ...] = ()
    parent: str | None = None
    retention_s: int | None = None
    starts_on: tuple[int, int] | tuple[None, None] = (None, None)
    loose: bool = False
    begins: Begin = Begin.AT_ONCE

    def inputs(self, wf_run_id: str, n: int) -> dict[str, Any]:
        return {"n": n} | {name: text.format(id=wf_run_id) for name, text in self.variables.items()}

    def workflow(self, name: str) -> Workflow:
        workflow = Workflow(name, self.story, self.parent)
        if self.retention_s is not None:
            workflow.with_retention_policy(self.retention_s)
        return workflow.with_retry_policy(RETRIES).with_task_timeout_seconds(TIMEOUT_SECONDS)
