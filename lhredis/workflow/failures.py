"""failures: what to do when a node fails."""

from __future__ import annotations

from typing import Any

from lhredis.model.enums import LHErrorType, LHFailureType
from lhredis.model.failures import FailureHandlerDef
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.endings import check_exception_name
from lhredis.workflow.graph import fitting_name
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function


class FailureHandlers(ThreadDraft):
    """Handlers are threads of their own, and see the variables of the thread that failed.

    They are tried in the order in which they were added; the first that fits runs. It gets the
    failure's content by declaring a variable `INPUT`. When it completes, the failed thread goes
    on after the failed node, but without the mutations that stand there.
    """

    def handle_error(
        self, node: NodeOutput, initializer: ThreadFunction, error_type: LHErrorType | str | None = None
    ) -> None:
        """Handle one kind of technical ERROR of this node, or all of them."""
        if error_type is None:
            self._handle(node, initializer, any_failure_of_type=LHFailureType.FAILURE_TYPE_ERROR)
        else:
            kind = checked(lambda: LHErrorType.parse(error_type))
            self._handle(node, initializer, specific_failure=kind.name)

    def handle_exception(
        self, node: NodeOutput, initializer: ThreadFunction, exception_name: str | None = None
    ) -> None:
        """Handle the business EXCEPTION of this name, or all of them."""
        if exception_name is None:
            self._handle(node, initializer, any_failure_of_type=LHFailureType.FAILURE_TYPE_EXCEPTION)
        else:
            self._handle(node, initializer, specific_failure=check_exception_name(exception_name))

    def handle_any_failure(self, node: NodeOutput, initializer: ThreadFunction) -> None:
        """Handle every ERROR and EXCEPTION of this node."""
        self._handle(node, initializer)

    def _handle(self, node: NodeOutput, function: ThreadFunction, **caught: Any) -> None:
        self._check_active()
        check_thread_function(function)
        if not isinstance(node, NodeOutput):
            raise WorkflowBuildError(
                f"a handler belongs to what execute() returned; got {type(node).__name__}"
            )
        if node._thread is not self:
            raise WorkflowBuildError(f"{node.node_name} is no node of this thread ({self._name!r})")
        name = fitting_name(f"exn-handler-{len(self._spec.threads)}-", node.node_name)
        type(self)(self._spec, name, self)._run(function)
        node._node.failure_handlers.append(make(FailureHandlerDef, handler_spec_name=name, **caught))
