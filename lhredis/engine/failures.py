"""failures: how a failure travels: from a node to its handler, else to its thread and the parent.

The rules are semantics.md 6. A failure is raised as `NodeFailed` by whatever meets it, and lands
on the NodeRun at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.run import Failure, NodeRun, ThreadRun
from lhredis.engine.scope import INPUT, Scope
from lhredis.engine.values import VarSubError
from lhredis.model.enums import LHErrorType, LHFailureType, LHStatus, ThreadType
from lhredis.model.failures import FailureHandlerDef
from lhredis.model.nodes import Node
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.step import Step

UMBRELLAS: dict[str, frozenset[str]] = {
    "VAR_ERROR": frozenset(("VAR_ERROR", "VAR_SUB_ERROR", "VAR_MUTATION_ERROR")),
    "TASK_ERROR": frozenset(("TASK_ERROR", "TASK_FAILURE", "TIMEOUT")),
}
"""Names that a handler may give and that stand for several failures."""


class NodeFailed(Exception):
    """The node at hand fails with this name (an LHErrorType, or a business exception's)."""

    def __init__(self, name: str, message: str, content: Value = None) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.content = content


@dataclass(slots=True, frozen=True)
class Handler:
    """A compiled FailureHandlerDef: `names` it catches, or all of `status`, or everything."""

    thread_spec: str
    takes_input: bool
    names: frozenset[str] | None
    status: LHStatus | None

    def catches(self, failure: Failure) -> bool:
        if self.names is not None:
            return failure.name in self.names
        return self.status is None or self.status is failure.status


def compile_handlers(node: Node, scope: Scope, path: str) -> tuple[Handler, ...]:
    """The handlers of a node in their order; problems go to the scope."""
    return tuple(
        _compile_handler(definition, scope, f"{path}.failure_handlers[{i}]")
        for i, definition in enumerate(node.failure_handlers)
    )


def _compile_handler(definition: FailureHandlerDef, scope: Scope, path: str) -> Handler:
    spec = scope.thread_specs.get(definition.handler_spec_name)
    takes_input = False
    if spec is None:
        scope.problem(f"{path}.handler_spec_name", f"there is no ThreadSpec {definition.handler_spec_name!r}")
    else:
        for variable in spec.variable_defs:
            if variable.var_def.name == INPUT:
                takes_input = True
            elif variable.required:
                scope.problem(
                    path,
                    f"handler variable {variable.var_def.name!r} may not be required: only INPUT is given",
                )
    names = status = None
    if definition.specific_failure is not None:
        names = UMBRELLAS.get(definition.specific_failure, frozenset((definition.specific_failure,)))
    elif definition.any_failure_of_type is not None:
        is_error = definition.any_failure_of_type is LHFailureType.FAILURE_TYPE_ERROR
        status = LHStatus.ERROR if is_error else LHStatus.EXCEPTION
    return Handler(definition.handler_spec_name, takes_input, names, status)


def fail_node(step: Step, thread: ThreadRun, node_run: NodeRun, failed: NodeFailed) -> None:
    """Put a failure on a NodeRun: its first matching handler starts, or the thread ends with it."""
    failure = Failure(failed.name, failed.message, failed.content)
    already_handled = bool(node_run.failures)
    node_run.failures.append(failure)
    node_run.status = failure.status
    node_run.ended_ms = step.now_ms
    step.drop_output(thread, node_run.name)
    handlers = () if already_handled else step.node_program(thread, node_run).handlers
    handler = next((handler for handler in handlers if handler.catches(failure)), None)
    if handler is None:
        step.end_thread(thread, failure.status, message=failure.message)
        return
    try:
        _start_handler(step, thread, failure, handler)
    except (VarSubError, NodeFailed) as error:
        name = error.name if isinstance(error, NodeFailed) else LHErrorType.VAR_SUB_ERROR.name
        message = f"handler {handler.thread_spec!r} could not start: {error}"
        node_run.failures.append(Failure(name, message))
        step.end_thread(thread, LHStatus.ERROR, message=message)


def _start_handler(step: Step, thread: ThreadRun, failure: Failure, handler: Handler) -> None:
    inputs = {INPUT: failure.content} if handler.takes_input else {}
    started = step.start_thread(handler.thread_spec, ThreadType.FAILURE_HANDLER, thread, inputs)
    failure.handler = started.number
    thread.handler = started.number
    thread.status = LHStatus.HALTED


def handler_ended(step: Step, handler: ThreadRun) -> None:
    """A FAILURE_HANDLER thread ended: its parent goes on behind the failed node, or dies of it."""
    parent = handler.parent
    assert parent is not None and parent.node is not None and parent.handler == handler.number
    parent.handler = None
    parent.status = LHStatus.RUNNING
    if handler.status is LHStatus.COMPLETED:
        parent.node.failures[-1].handled = True
        return
    failure = step.last_failure(handler)
    parent.node.failures.append(Failure(failure.name, failure.message, failure.content))
    step.end_thread(parent, handler.status, message=failure.message)
