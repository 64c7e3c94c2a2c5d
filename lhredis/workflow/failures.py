"""failures: what to do when a node fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from lhredis.model.enums import LHErrorType
from lhredis.model.failures import FailureHandlerDef
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.failure_filters import catch_any_failure, catch_error, catch_exception, check_reachable
from lhredis.workflow.graph import fitting_name
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.spawned import SpawnedThread, SpawnedThreads
from lhredis.workflow.sub_threads import SubThreads
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction

Step = NodeOutput | SpawnedThread | SpawnedThreads
"""What a step returned: it names the node that can fail."""

Catch = Callable[[str], FailureHandlerDef]
"""The handler of a ThreadSpec of this name."""


@dataclass(frozen=True, slots=True)
class Failing:
    """What can fail: the handlers that it has, and the thread that new ones see the variables of."""

    name: str
    prefix: str
    handlers: list[FailureHandlerDef]
    parent: ThreadDraft


class FailureHandlers(SubThreads):
    """Handlers are threads of their own, and see the variables of the thread that failed.

    They are tried in the order in which they were added; the first that fits runs. It gets the
    failure's content by declaring a variable `INPUT`. When it completes, the failed thread goes
    on after the failed node, but without the mutations that stand there.

    `with wf.on_error(node) as handler:` says the same as `wf.handle_error(node, function)`; the
    block adds its steps to `handler`.
    """

    def handle_error(
        self, node: Step, initializer: ThreadFunction, error_type: LHErrorType | str | None = None
    ) -> None:
        """Handle one kind of technical ERROR of this node, or all of them."""
        self._handle(self._failing(node), initializer, lambda handler: catch_error(handler, error_type))

    def handle_exception(
        self, node: Step, initializer: ThreadFunction, exception_name: str | None = None
    ) -> None:
        """Handle the business EXCEPTION of this name, or all of them."""
        self._handle(
            self._failing(node), initializer, lambda handler: catch_exception(handler, exception_name)
        )

    def handle_any_failure(self, node: Step, initializer: ThreadFunction) -> None:
        """Handle every ERROR and EXCEPTION of this node."""
        self._handle(self._failing(node), initializer, catch_any_failure)

    def on_error(self, node: Step, error_type: LHErrorType | str | None = None) -> Block[Self]:
        """`with wf.on_error(node) as handler:` one kind of technical ERROR, or all of them."""
        return self._handler_block(
            "on_error", self._failing(node), lambda handler: catch_error(handler, error_type)
        )

    def on_exception(self, node: Step, exception_name: str | None = None) -> Block[Self]:
        """`with wf.on_exception(node, "out-of-stock") as handler:` that EXCEPTION, or all of them."""
        return self._handler_block(
            "on_exception", self._failing(node), lambda handler: catch_exception(handler, exception_name)
        )

    def on_failure(self, node: Step) -> Block[Self]:
        """`with wf.on_failure(node) as handler:` every ERROR and EXCEPTION."""
        return self._handler_block("on_failure", self._failing(node), catch_any_failure)

    def _failing(self, step: Step) -> Failing:
        self._check_active()
        step = getattr(step, "_spawned", step)
        node = step.node if isinstance(step, SpawnedThread | SpawnedThreads) else step
        if not isinstance(node, NodeOutput):
            raise WorkflowBuildError(f"a handler belongs to what a step returned; got {type(step).__name__}")
        if node._thread is not self:
            raise WorkflowBuildError(f"{node.node_name} is no node of this thread ({self._name!r})")
        return Failing(node.node_name, "exn-handler", node._node.failure_handlers, self)

    def _handle(self, failing: Failing, function: ThreadFunction, catch: Catch) -> None:
        name = self._handler_name(failing, catch)
        _add_handler(failing, self._described(name, function, failing.parent), catch)

    def _handler_block(self, what: str, failing: Failing, catch: Catch) -> Block[Self]:
        name = self._handler_name(failing, catch)
        return self._thread_block(
            what, name, lambda handler: _add_handler(failing, handler, catch), failing.parent
        )

    def _handler_name(self, failing: Failing, catch: Catch) -> str:
        """What the handler's ThreadSpec is called; WorkflowBuildError if it would never run."""
        self._check_active()
        name = fitting_name(f"{failing.prefix}-{len(self._spec.threads)}-", failing.name)
        check_reachable(failing.handlers, catch(name), failing.name)
        return name


def _add_handler(failing: Failing, handler: SubThreads, catch: Catch) -> None:
    handler._check_handler_inputs()
    failing.handlers.append(catch(handler._name))
