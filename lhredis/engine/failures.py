"""failures: how a failure travels: from a node to its handler, else to its thread and the parent.

The rules are semantics.md 6. A failure is raised as `NodeFailed` by whatever meets it, and lands
on the NodeRun at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.correlated_waits import give_up
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError
from lhredis.engine.run import Failure, HaltKind, HaltReason, NodeRun, ThreadRun
from lhredis.engine.user_tasks import user_tasks
from lhredis.model.enums import LHErrorType, LHFailureType, LHStatus, ThreadType
from lhredis.model.failures import FailureHandlerDef, caught_by_name
from lhredis.model.ids import check_name
from lhredis.model.types import INPUT
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


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
    names: frozenset[str] | None
    status: LHStatus | None

    def catches(self, failure: Failure) -> bool:
        if self.names is not None:
            return failure.name in self.names
        return self.status is None or self.status is failure.status


def compile_handlers(
    definitions: tuple[FailureHandlerDef, ...], scope: Scope, path: str
) -> tuple[Handler, ...]:
    """Handlers in their order; problems go to the scope."""
    return tuple(
        _compile_handler(definition, scope, f"{path}[{i}]") for i, definition in enumerate(definitions)
    )


def _compile_handler(definition: FailureHandlerDef, scope: Scope, path: str) -> Handler:
    check_handler_spec(scope, definition.handler_spec_name, path)
    names = status = None
    if definition.specific_failure is not None:
        name = definition.specific_failure
        _check_failure_name(name, scope, f"{path}.specific_failure")
        names = caught_by_name(name)
    elif definition.any_failure_of_type is not None:
        is_error = definition.any_failure_of_type is LHFailureType.FAILURE_TYPE_ERROR
        status = LHStatus.ERROR if is_error else LHStatus.EXCEPTION
    return Handler(definition.handler_spec_name, names, status)


def _check_failure_name(name: str, scope: Scope, path: str) -> None:
    """A new spec handles only what there can be: an LHErrorType, or an exception with a name."""
    if not scope.strict or name in LHErrorType.__members__:
        return
    try:
        check_name(name)
    except ValueError as error:
        scope.problem(path, str(error))


def check_handler_spec(scope: Scope, name: str, path: str) -> None:
    """A handler's ThreadSpec exists, and needs nothing but INPUT."""
    spec = scope.thread_specs.get(name)
    if spec is None:
        scope.problem(f"{path}.handler_spec_name", f"there is no ThreadSpec {name!r}")
        return
    for variable in spec.variable_defs:
        if variable.required and variable.var_def.name != INPUT:
            scope.problem(
                path,
                f"handler variable {variable.var_def.name!r} may not be required: only INPUT is given",
            )


def first_catching(handlers: tuple[Handler, ...], failure: Failure) -> Handler | None:
    """The first handler that catches the failure."""
    return next((handler for handler in handlers if handler.catches(failure)), None)


def fail_node(step: Step, thread: ThreadRun, node_run: NodeRun, failed: NodeFailed) -> None:
    """Put a failure on a NodeRun: the thread halts for its first matching handler, or ends with it."""
    failure = Failure(failed.name, failed.message, failed.content)
    already_handled = bool(node_run.failures)
    node_run.failures.append(failure)
    node_run.status = failure.status
    node_run.ended_ms = step.now_ms
    step.drop_output(thread, node_run.name)
    handler = None
    if not already_handled:
        handler = first_catching(step.node_program(thread, node_run).handlers, failure)
    if handler is None:
        step.end_thread(thread, failure.status, message=failure.message)
        return
    thread.status = LHStatus.HALTING
    reason = HaltReason(HaltKind.PENDING_FAILURE, None, node_run.position, handler.thread_spec)
    reason.content = failure.content
    thread.halts.append(reason)


def start_pending_handler(step: Step, thread: ThreadRun, pending: HaltReason) -> None:
    """Start the handler that a HALTED thread halted for. One that cannot start fails the thread."""
    is_failure = pending.kind is HaltKind.PENDING_FAILURE
    kind = ThreadType.FAILURE_HANDLER if is_failure else ThreadType.INTERRUPT
    assert pending.handler_spec is not None and thread.node is not None
    try:
        started = start_handler(step, thread, thread, pending.handler_spec, pending.content, kind)
    except (VarSubError, NodeFailed) as error:
        _handler_cannot_start(step, thread, pending.handler_spec, error)
        return
    started.trigger = pending.event
    pending.kind = HaltKind.HANDLING_FAILURE if is_failure else HaltKind.INTERRUPTED
    pending.thread, pending.handler_spec, pending.content = started.number, None, None
    if is_failure:
        thread.node.failures[-1].handler = started.number


def start_handler(
    step: Step, parent: ThreadRun, of: ThreadRun, spec_name: str, content: Value, kind: ThreadType
) -> ThreadRun:
    """Start a handler thread, which the thread `of` names; one that declares INPUT gets the content.
    VarSubError or NodeFailed."""
    takes_input = any(variable.name == INPUT for variable in step.program_of(of).threads[spec_name].variables)
    return step.start_thread(spec_name, kind, parent, {INPUT: content} if takes_input else {}, of)


def _handler_cannot_start(
    step: Step, thread: ThreadRun, spec_name: str, error: VarSubError | NodeFailed
) -> None:
    name = error.name if isinstance(error, NodeFailed) else LHErrorType.VAR_SUB_ERROR.name
    message = f"handler {spec_name!r} could not start: {error}"
    die_of(step, thread, Failure(name, message))


def die_of(step: Step, thread: ThreadRun, failure: Failure) -> None:
    """End a thread with a failure that no handler is asked about, whatever its node waits for."""
    node_run = thread.node
    assert node_run is not None
    give_up(step, thread)
    user_tasks.give_up(step, thread)
    if not node_run.failures:
        node_run.status, node_run.ended_ms = failure.status, step.now_ms
    node_run.failures.append(failure)
    step.end_thread(thread, failure.status, message=failure.message)
