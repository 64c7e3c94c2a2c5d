"""events: wait for events from outside, and throw events to whoever waits outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from lhredis.model.enums import VariableType
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.model.event_nodes import ExternalEventNode, ThrowEventNode
from lhredis.model.ids import ExternalEventDefId, WorkflowEventDefId
from lhredis.workflow.build_errors import WorkflowBuildError, make, user_place
from lhredis.workflow.event_defs import add_def, external_event_def, workflow_event_def
from lhredis.workflow.event_types import ContentType
from lhredis.workflow.known_types import check_type, known_type
from lhredis.workflow.node_output import NodeOutput, NodeWithoutOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.thread_draft import ThreadDraft
from lhredis.workflow.timeouts import Timeout, timeout_in

if TYPE_CHECKING:
    from lhredis.workflow.graph import NodeDraft

NO_TIMEOUT = -1
"""LittleHorse's word for waiting as long as it takes; None says the same."""


class Events(ThreadDraft):
    """EXTERNAL_EVENT and THROW_EVENT nodes."""

    def wait_for_event(
        self,
        event_name: str,
        timeout: Timeout = None,
        correlation_id: str | Operand | None = None,
        mask_correlation_id: bool | None = None,
        auto_register: bool = False,
        return_type: ContentType = None,
        correlated_event_config: CorrelatedEventConfig | None = None,
    ) -> ExternalEventNodeOutput:
        """Wait for an ExternalEvent of this name; returns its content.

        After `timeout` seconds (an int, a timedelta, or an INT of the WfRun) the node fails with TIMEOUT.
        With a `correlation_id` (a STR), a CorrelatedEvent of this key is one, too; it is masked like the
        variable it comes from unless `mask_correlation_id` says otherwise. With one of the last three, the
        ExternalEventDef is registered together with the workflow: see `registered_as`.
        """
        self._check_active()
        given: dict[str, Any] = {}
        if timeout is not None and (isinstance(timeout, Operand) or timeout != NO_TIMEOUT):
            given |= timeout_in(self, timeout)
        if correlation_id is not None:
            key = check_type("a correlation id", as_operand(correlation_id), VariableType.STR)
            given["correlation_key"] = key.assignment_in(self)
        if mask_correlation_id is not None:
            given["mask_correlation_key"] = mask_correlation_id
        event = make(ExternalEventDefId, name=event_name)
        if event_name in self._spec.interrupts:
            file, line = self._spec.interrupts[event_name]
            raise WorkflowBuildError(
                f"the event {event_name!r} interrupts a thread ({file}:{line}): no step can wait for it"
            )
        node = self._step(
            "external_event", event_name, make(ExternalEventNode, external_event_def_id=event, **given)
        )
        self._spec.waited_events.setdefault(event_name, user_place())
        output = ExternalEventNodeOutput(node, self, event_name)
        if auto_register or return_type is not None or correlated_event_config is not None:
            output.registered_as(return_type, correlated_event_config)
        return output

    def throw_event(
        self,
        workflow_event_name: str,
        content: object = None,
        auto_register: bool = False,
        return_type: ContentType = None,
    ) -> ThrowEventNodeOutput:
        """Throw a WorkflowEvent, which clients await; `content` (if not None) has to fit its def.

        With `auto_register` or a `return_type`, the WorkflowEventDef is registered together with the
        workflow: see `registered_as`.
        """
        self._check_active()
        operand = as_operand(content)
        given: dict[str, Any] = {} if content is None else {"content": operand.assignment_in(self)}
        event = make(WorkflowEventDefId, name=workflow_event_name)
        node = self._step(
            "throw_event", workflow_event_name, make(ThrowEventNode, event_def_id=event, **given)
        )
        said: ContentType = type(None) if content is None else known_type(operand)
        thrown = ThrowEventNodeOutput(node, self, workflow_event_name, said)
        if auto_register or return_type is not None:
            thrown.registered_as(return_type)
        return thrown


class ExternalEventNodeOutput(NodeOutput):
    """The content of the event that was waited for."""

    def __init__(self, node: NodeDraft, thread: ThreadDraft, event_name: str) -> None:
        super().__init__(node, thread)
        self.event_name = event_name

    def registered_as(
        self,
        return_type: ContentType = None,
        correlated_event_config: CorrelatedEventConfig | None = None,
    ) -> Self:
        """Register the ExternalEventDef together with the workflow: with content of this type (any
        content if it is None), and so that CorrelatedEvents are possible if they are configured."""
        said = external_event_def(self.event_name, return_type, correlated_event_config)
        add_def(self._thread._spec.external_event_defs, said)
        if said.content_type is not None and said.content_type.return_type is not None:
            self.output_type = said.content_type.return_type.value_type
        return self


class ThrowEventNodeOutput(NodeWithoutOutput):
    """The step that threw an event."""

    def __init__(
        self, node: NodeDraft, thread: ThreadDraft, event_name: str, content_type: ContentType
    ) -> None:
        super().__init__(node, thread)
        self.event_name = event_name
        self._content_type = content_type

    def registered_as(self, return_type: ContentType = None) -> Self:
        """Register the WorkflowEventDef together with the workflow, with content of this type; None
        means the type of what is thrown here, if that is known."""
        said = workflow_event_def(self.event_name, self._content_type if return_type is None else return_type)
        add_def(self._thread._spec.workflow_event_defs, said)
        return self
