"""interrupts: events that halt a thread until a handler has run."""

from __future__ import annotations

from typing import Self

from lhredis.model.ids import ExternalEventDefId
from lhredis.model.wf_spec import InterruptDef
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import WorkflowBuildError, make, user_place
from lhredis.workflow.event_defs import add_def, external_event_def
from lhredis.workflow.event_types import ContentType
from lhredis.workflow.graph import fitting_name
from lhredis.workflow.sub_threads import SubThreads
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction


class Interrupts(SubThreads):
    """An ExternalEvent that is named here halts this thread and its children wherever they are, and
    runs the handler, which gets the event's content by declaring a variable `INPUT`. When the handler
    completes, the thread goes on; when it fails, the thread fails.
    """

    def add_interrupt_handler(self, name: str, handler: ThreadFunction) -> InterruptHandler:
        """Run `handler` whenever an ExternalEvent of this name is posted while this thread runs.

        One event name interrupts the threads of one ThreadSpec, and no step can wait for it.
        """
        handler_name = self._interrupt_name(name)
        self._add_interrupt(name, self._described(handler_name, handler))
        return InterruptHandler(self, name)

    def on_interrupt(
        self, name: str, auto_register: bool = False, event_type: ContentType = None
    ) -> Block[Self]:
        """`with wf.on_interrupt("cancel") as handler:` the same; the block adds its steps to `handler`.

        With `auto_register` or an `event_type`, the ExternalEventDef is registered together with the
        workflow.
        """
        handler_name = self._interrupt_name(name)
        if auto_register or event_type is not None:
            InterruptHandler(self, name).with_event_type(event_type)
        return self._thread_block(
            "on_interrupt", handler_name, lambda handler: self._add_interrupt(name, handler)
        )

    def _interrupt_name(self, event_name: str) -> str:
        """What the handler's ThreadSpec is called; WorkflowBuildError if the event is used already."""
        self._check_active()
        make(ExternalEventDefId, name=event_name)
        for used, what in (
            (self._spec.interrupts, "interrupts"),
            (self._spec.waited_events, "is waited for"),
        ):
            if event_name in used:
                file, line = used[event_name]
                raise WorkflowBuildError(f"the event {event_name!r} {what} already at {file}:{line}")
        self._spec.interrupts[event_name] = user_place()
        return fitting_name("interrupt-", event_name)

    def _add_interrupt(self, event_name: str, handler: SubThreads) -> None:
        handler._check_handler_inputs()
        self._interrupts.append(
            make(
                InterruptDef,
                external_event_def_id=make(ExternalEventDefId, name=event_name),
                handler_spec_name=handler._name,
            )
        )


class InterruptHandler:
    """What `add_interrupt_handler` returned."""

    def __init__(self, thread: ThreadDraft, event_name: str) -> None:
        self._thread = thread
        self.event_name = event_name

    def with_event_type(self, event_type: ContentType = None) -> Self:
        """Register the ExternalEventDef together with the workflow, with content of this type (any
        content if it is None)."""
        add_def(self._thread._spec.external_event_defs, external_event_def(self.event_name, event_type))
        return self
