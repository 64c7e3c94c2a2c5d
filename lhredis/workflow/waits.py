"""waits: wait for child threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self, TypeVar

from lhredis.model.enums import LHErrorType, WaitForThreadsStrategy
from lhredis.model.thread_nodes import WaitForThreadsNode
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import checked, make
from lhredis.workflow.failure_filters import catch_any_failure, catch_error, catch_exception
from lhredis.workflow.failures import Catch, Failing, FailureHandlers
from lhredis.workflow.graph import NodeDraft
from lhredis.workflow.node_output import NodeWithoutOutput
from lhredis.workflow.spawned import SpawnedThread, SpawnedThreads, all_of
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.timeouts import Timeout, timeout_in

Waited = SpawnedThread | SpawnedThreads | ThreadDraft | Sequence[SpawnedThread | ThreadDraft]
"""What spawn_thread() and the like returned, or the thread of a `with wf.spawn(…) as thread:` block; or a
list of these."""

Thread = TypeVar("Thread", bound=FailureHandlers)


class ThreadWaits(FailureHandlers):
    """WAIT_FOR_THREADS nodes."""

    def wait_for_threads(
        self,
        *wait_for: Waited,
        strategy: WaitForThreadsStrategy | str = WaitForThreadsStrategy.WAIT_FOR_ALL,
        timeout: Timeout = None,
    ) -> WaitForThreadsNodeOutput[Self]:
        """Wait for these children: for all of them, or as `strategy` says.

        WAIT_FOR_ALL fails as soon as one child fails. A child's EXCEPTION keeps its name here, an
        ERROR becomes CHILD_FAILURE. Children that are not waited for any more are halted for good.
        After `timeout` seconds (an int, a timedelta, or an INT of the WfRun) the wait fails with TIMEOUT;
        the children go on if that is handled.
        """
        self._check_active()
        kind = checked(lambda: WaitForThreadsStrategy.parse(strategy))
        waited = all_of(wait_for)
        given: dict[str, Any] = waited._given_in(self) | timeout_in(self, timeout)
        if kind is not WaitForThreadsStrategy.WAIT_FOR_ALL:
            given["strategy"] = kind
        node = self._step("wait_for_threads", "threads", make(WaitForThreadsNode, **given))
        return WaitForThreadsNodeOutput(node, self, waited)

    def wait_for_first_of(self, *wait_for: Waited, timeout: Timeout = None) -> WaitForThreadsNodeOutput[Self]:
        """Wait for the first child that ends; whether that failed decides, the others are halted."""
        return self.wait_for_threads(
            *wait_for, strategy=WaitForThreadsStrategy.WAIT_FOR_FIRST, timeout=timeout
        )

    def wait_for_any_of(self, *wait_for: Waited, timeout: Timeout = None) -> WaitForThreadsNodeOutput[Self]:
        """Wait for the first child that succeeds; the others are halted. CHILD_FAILURE if all fail."""
        return self.wait_for_threads(*wait_for, strategy=WaitForThreadsStrategy.WAIT_FOR_ANY, timeout=timeout)


class WaitForThreadsNodeOutput(NodeWithoutOutput, Generic[Thread]):
    """A wait for children. Handlers added here run for a single child that failed, as its child, and
    see its variables if all children that are waited for are of one ThreadSpec; when they complete, that
    child counts as successful. Handlers of the wait itself: `wf.handle_exception(waited, …)`.

    `with waited.on_child_error() as handler:` says the same as `waited.handle_error_on_child(function)`.
    """

    def __init__(self, node: NodeDraft, thread: Thread, waited: SpawnedThreads) -> None:
        super().__init__(node, thread)
        self._waiting = thread
        sources = set(waited._sources())
        parent: ThreadDraft = sources.pop() if len(sources) == 1 else thread
        self._failing = Failing(node.name, "child-handler", node.child_failure_handlers, parent)

    def handle_error_on_child(
        self, handler: ThreadFunction, error_type: LHErrorType | str | None = None
    ) -> Self:
        """Handle one kind of technical ERROR of a child, or all of them."""
        return self._handle(handler, lambda name: catch_error(name, error_type))

    def handle_exception_on_child(self, handler: ThreadFunction, exception_name: str | None = None) -> Self:
        """Handle the business EXCEPTION of this name of a child, or all of them."""
        return self._handle(handler, lambda name: catch_exception(name, exception_name))

    def handle_any_failure_on_child(self, handler: ThreadFunction) -> Self:
        """Handle every ERROR and EXCEPTION of a child."""
        return self._handle(handler, catch_any_failure)

    def on_child_error(self, error_type: LHErrorType | str | None = None) -> Block[Thread]:
        return self._block("on_child_error", lambda name: catch_error(name, error_type))

    def on_child_exception(self, exception_name: str | None = None) -> Block[Thread]:
        return self._block("on_child_exception", lambda name: catch_exception(name, exception_name))

    def on_child_failure(self) -> Block[Thread]:
        return self._block("on_child_failure", catch_any_failure)

    def _handle(self, function: ThreadFunction, catch: Catch) -> Self:
        self._waiting._handle(self._failing, function, catch)
        return self

    def _block(self, what: str, catch: Catch) -> Block[Thread]:
        return self._waiting._handler_block(what, self._failing, catch)
