"""spec_draft: what the threads of one WfSpec share while it is being built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lhredis.model.types import INPUT
from lhredis.workflow.build_errors import WorkflowBuildError, user_place

if TYPE_CHECKING:
    from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
    from lhredis.workflow.thread_draft import ThreadDraft


@dataclass(eq=False, slots=True)
class SpecDraft:
    """One compilation. `active` is the stack of threads whose functions run just now; `waited_events` and
    `interrupts` say by the name of an event where it is used."""

    task_defaults: dict[str, Any]
    threads: dict[str, ThreadDraft] = field(default_factory=dict)
    active: list[ThreadDraft] = field(default_factory=list)
    variable_places: dict[str, tuple[str, int]] = field(default_factory=dict)
    waited_events: dict[str, tuple[str, int]] = field(default_factory=dict)
    interrupts: dict[str, tuple[str, int]] = field(default_factory=dict)
    external_event_defs: dict[str, PutExternalEventDefRequest] = field(default_factory=dict)
    workflow_event_defs: dict[str, PutWorkflowEventDefRequest] = field(default_factory=dict)

    def active_thread(self) -> ThreadDraft:
        """The thread whose function runs just now; WorkflowBuildError after the build."""
        if not self.active:
            raise WorkflowBuildError(
                "the workflow is built already; add steps and change variables inside of its functions"
            )
        return self.active[-1]

    def take_variable_name(self, name: str) -> None:
        """WorkflowBuildError if any thread of the WfSpec has a variable of this name; INPUT every thread
        may have."""
        if name == INPUT:
            return
        if name in self.variable_places:
            file, line = self.variable_places[name]
            raise WorkflowBuildError(f"the variable {name!r} is declared already at {file}:{line}")
        self.variable_places[name] = user_place()
