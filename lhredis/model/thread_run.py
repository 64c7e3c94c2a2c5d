"""thread_run: what people see of one execution of a ThreadSpec. All times are RFC 3339 with milliseconds."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from lhredis.model.enums import LHStatus, ThreadType
from lhredis.model.ids import ExternalEventId, InactiveThreadRunId, View, WfSpecId
from lhredis.model.one_of import exactly_one
from lhredis.model.values import VariableValue


class ParentHalted(View):
    """The parent is halted, or has failed."""

    parent_thread_id: int


class Interrupted(View):
    """The interrupt's handler is at work."""

    interrupt_thread_id: int


class PendingInterruptHaltReason(View):
    """An interrupt came; its handler starts once the thread and its children are halted."""

    external_event_id: ExternalEventId


class PendingFailureHandlerHaltReason(View):
    """The NodeRun failed; its handler starts once the children are halted."""

    node_run_position: int


class HandlingFailureHaltReason(View):
    """The failure's handler is at work."""

    handler_thread_id: int


class ManualHalt(View):
    """Somebody stopped it. The field says nothing; LittleHorse has it because a message needs one."""

    meaning_of_life: bool = True


class HaltedByParentNodeHaltReason(View):
    """The parent waits for the first thread of several, and that was another one. Never resolved."""

    parent_thread_run_number: int
    waiting_node_run_position: int


class ThreadHaltReason(View):
    """Why a ThreadRun is HALTING or HALTED: exactly one of these (semantics.md 7)."""

    KINDS: ClassVar[tuple[str, ...]] = (
        "parent_halted",
        "interrupted",
        "pending_interrupt",
        "pending_failure",
        "handling_failure",
        "manual_halt",
        "halted_by_parent",
    )

    parent_halted: ParentHalted | None = None
    interrupted: Interrupted | None = None
    pending_interrupt: PendingInterruptHaltReason | None = None
    pending_failure: PendingFailureHandlerHaltReason | None = None
    handling_failure: HandlingFailureHaltReason | None = None
    manual_halt: ManualHalt | None = None
    halted_by_parent: HaltedByParentNodeHaltReason | None = None

    @model_validator(mode="after")
    def _one_reason(self) -> ThreadHaltReason:
        exactly_one(self, self.KINDS)
        return self

    @property
    def kind(self) -> str:
        """The name of the reason that it is."""
        return next(name for name in self.KINDS if getattr(self, name) is not None)


class FailureBeingHandled(View):
    """The failure that a FAILURE_HANDLER is there for: number `failure_number` of that NodeRun's."""

    thread_run_number: int
    node_run_position: int
    failure_number: int


class ThreadRun(View):
    """One execution of a ThreadSpec; number 0 is the entrypoint. `halt_reasons` in the order in which
    they came; it goes on when all are gone. `handled_failed_children` failed, but not for the EXIT."""

    wf_spec_id: WfSpecId
    number: int
    status: LHStatus
    thread_spec_name: str
    type: ThreadType = ThreadType.ENTRYPOINT
    start_time: str
    end_time: str | None = None
    error_message: str | None = None
    current_node_position: int
    parent_thread_id: int | None = None
    child_thread_ids: tuple[int, ...] = ()
    halt_reasons: tuple[ThreadHaltReason, ...] = ()
    interrupt_trigger_id: ExternalEventId | None = None
    failure_being_handled: FailureBeingHandled | None = None
    handled_failed_children: tuple[int, ...] = ()
    output: VariableValue = None


class QueuedThreadRunInfo(View):
    """It waits for its start, with these inputs."""

    input_vars: dict[str, VariableValue] = Field(default_factory=dict)


class InactiveThreadRun(View):
    """A ThreadRun by itself, with why its WfRun does not hold it: `archived` (it ended some time ago) or
    `queued` (it has not started). With neither, its WfRun holds it."""

    id: InactiveThreadRunId
    thread_run: ThreadRun
    archived: dict[str, Any] | None = None
    queued: QueuedThreadRunInfo | None = None
