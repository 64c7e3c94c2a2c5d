"""wait_for_threads: waits for ThreadRuns, and takes their failures up (semantics.md 2.5, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine import deadlines
from lhredis.engine.failures import (
    Handler,
    NodeFailed,
    compile_handlers,
    first_catching,
    start_handler,
)
from lhredis.engine.handled import note_handled
from lhredis.engine.language.declared import items_of, may_be_array, type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.let_go import let_go
from lhredis.engine.node_state import ThreadsWait, ThreadWait
from lhredis.engine.nodes.nop import has_output
from lhredis.engine.run import Failure, NodeRun, ThreadRun
from lhredis.model.enums import (
    FAILED_STATUSES,
    TERMINAL_STATUSES,
    LHErrorType,
    LHStatus,
    ThreadType,
    WaitForThreadsStrategy,
    WaitingThreadStatus,
)
from lhredis.model.thread_nodes import WaitForThreadsNode
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output"]

_IN_PROGRESS = WaitingThreadStatus.THREAD_IN_PROGRESS
_HANDLING = WaitingThreadStatus.THREAD_HANDLING_FAILURE
_WELL = WaitingThreadStatus.THREAD_COMPLETED_OR_FAILURE_HANDLED
_UNSUCCESSFUL = WaitingThreadStatus.THREAD_UNSUCCESSFUL
_STOPPED = WaitingThreadStatus.THREAD_STOPPED


@dataclass(slots=True, frozen=True)
class Wait:
    """`numbers` gives the threads one by one, or `list` an array of them."""

    numbers: tuple[Getter, ...]
    list: Getter | None
    handlers: tuple[Handler, ...]
    strategy: WaitForThreadsStrategy
    timeout: Getter | None


def compile(spec: WaitForThreadsNode, scope: Scope, path: str) -> Wait:
    numbers: list[Getter] = []
    for i, one in enumerate(spec.threads.threads if spec.threads is not None else ()):
        at = f"{path}.threads.threads[{i}].thread_run_number"
        typed = compile_assignment(one.thread_run_number, scope, at)
        if typed.type not in (None, T.INT):
            scope.problem(at, f"the number of a thread is an INT; this is {type_text(typed.type)}")
        numbers.append(typed.get)
    listed = None
    if spec.thread_list is not None:
        typed = compile_assignment(spec.thread_list, scope, f"{path}.thread_list")
        if not may_be_array(typed.type):
            scope.problem(
                f"{path}.thread_list", f"a list of threads is an array; this is {type_text(typed.type)}"
            )
        listed = typed.get
    handlers = compile_handlers(
        spec.per_thread_failure_handlers, scope, f"{path}.per_thread_failure_handlers"
    )
    timeout = deadlines.compile_timeout(spec.timeout_seconds, scope, path)
    return Wait(tuple(numbers), listed, handlers, spec.strategy, timeout)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Wait) -> None:
    if body.list is not None:
        listed = body.list(thread)
        numbers = items_of(listed)
        if numbers is None:
            raise VarSubError(f"a list of threads is an array; got {type_name(listed)}")
    else:
        numbers = [get(thread) for get in body.numbers]
    for number in numbers:
        _check_number(step, thread, number)
    node_run.state = ThreadsWait([ThreadWait(number) for number in dict.fromkeys(numbers)])
    deadlines.begin(step, thread, node_run, body.timeout)


def _check_number(step: Step, thread: ThreadRun, number: Value) -> None:
    if type(number) is not int:
        raise VarSubError(f"the number of a thread is an INT; got {type_name(number)}")
    if not 0 <= number <= step.run.greatest_thread_number:
        raise VarSubError(f"there is no ThreadRun {number} to wait for")
    at: ThreadRun | None = thread
    while at is not None:
        if at.number == number:
            raise VarSubError(f"ThreadRun {thread.number} cannot wait for {number}: it is part of that one")
        at = at.parent


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Wait) -> bool:
    wait = node_run.state
    assert isinstance(wait, ThreadsWait)
    what = "the threads that are waited for did not end"
    return deadlines.within(step, thread, node_run, what, lambda: _are_over(step, thread, wait, body))


def _are_over(step: Step, thread: ThreadRun, wait: ThreadsWait, body: Wait) -> bool:
    for entry in wait.threads:
        if entry.status is not _WELL and entry.status is not _STOPPED:
            _look_at(step, thread, entry, body.handlers)
    decisive = _decisive(wait.threads, body.strategy)
    if decisive is None:
        return all(entry.status is _WELL or entry.status is _STOPPED for entry in wait.threads)
    if body.strategy is not WaitForThreadsStrategy.WAIT_FOR_ALL and decisive.status is _WELL:
        _let_go_of_the_others(step, thread, wait)
        return True
    if body.strategy is WaitForThreadsStrategy.WAIT_FOR_FIRST:
        _let_go_of_the_others(step, thread, wait)
    raise _failure_of(step, decisive, body.strategy)


def _look_at(step: Step, thread: ThreadRun, entry: ThreadWait, handlers: tuple[Handler, ...]) -> None:
    """Bring an entry up to date; start the handler of a thread that failed."""
    child = step.run.threads.get(entry.number)
    if child is None or (child.status in FAILED_STATUSES and child.number in thread.handled_children):
        entry.thread_status, entry.status = LHStatus.COMPLETED, _WELL  # archived, or handled before
        if child is not None:
            entry.thread_status, entry.ended_ms = child.status, child.ended_ms
        return
    entry.thread_status, entry.ended_ms = child.status, child.ended_ms
    if child.status in FAILED_STATUSES:
        _child_failed(step, thread, child, entry, handlers)
        return
    entry.handler = None  # it was rescued, if it has had one
    if child.status is LHStatus.COMPLETED:
        entry.status = _WELL
    else:
        entry.status = _STOPPED if child.is_let_go else _IN_PROGRESS


def _child_failed(
    step: Step, thread: ThreadRun, child: ThreadRun, entry: ThreadWait, handlers: tuple[Handler, ...]
) -> None:
    """Look how the failure is handled, by the handler that this entry started or by one at work; else start
    the first that catches it."""
    failure = step.last_failure(child)
    is_own = entry.handler is not None and entry.handler == failure.handler
    handler = step.run.threads.get(failure.handler) if failure.handler is not None else None
    if handler is not None and handler.status not in TERMINAL_STATUSES:
        entry.status, entry.handler = _HANDLING, handler.number
    elif not is_own:
        _start_handler(step, thread, child, failure, entry, first_catching(handlers, failure))
    elif handler is None or handler.status is LHStatus.COMPLETED:
        failure.handled = True
        entry.status = _WELL
        note_handled(step, thread, child)
    else:
        entry.status = _UNSUCCESSFUL


def _start_handler(
    step: Step,
    thread: ThreadRun,
    child: ThreadRun,
    failure: Failure,
    entry: ThreadWait,
    handler: Handler | None,
) -> None:
    if handler is None:
        entry.status = _UNSUCCESSFUL
        return
    kind = ThreadType.FAILURE_HANDLER
    started = start_handler(step, child, thread, handler.thread_spec, failure.content, kind)
    failure.handler = started.number
    entry.status, entry.handler = _HANDLING, started.number


def _decisive(entries: list[ThreadWait], strategy: WaitForThreadsStrategy) -> ThreadWait | None:
    """The entry that decides, if one does: ALL: one that failed; FIRST: one that is over; ANY: one that
    is well, or the last one when all failed."""
    failed = [entry for entry in entries if entry.status is _UNSUCCESSFUL]
    well = next((entry for entry in entries if entry.status is _WELL), None)
    if strategy is WaitForThreadsStrategy.WAIT_FOR_ALL:
        return failed[0] if failed else None
    if strategy is WaitForThreadsStrategy.WAIT_FOR_FIRST:
        return next((entry for entry in entries if entry.status is _WELL or entry in failed), None)
    if well is None and failed and all(e.status is _UNSUCCESSFUL or e.status is _STOPPED for e in entries):
        return failed[-1]
    return well


def _let_go_of_the_others(step: Step, thread: ThreadRun, wait: ThreadsWait) -> None:
    """One thread has decided: those that still run halt for good, those that failed do not count."""
    for entry in wait.threads:
        child = step.run.threads.get(entry.number)
        for one in (child, step.run.threads.get(entry.handler) if entry.handler is not None else None):
            if one is not None and one.status not in TERMINAL_STATUSES:
                let_go(step, one, thread)
        if child is not None and child.status in FAILED_STATUSES:
            note_handled(step, thread, child)


def _failure_of(step: Step, entry: ThreadWait, strategy: WaitForThreadsStrategy) -> NodeFailed:
    if strategy is WaitForThreadsStrategy.WAIT_FOR_ANY:
        return NodeFailed(LHErrorType.CHILD_FAILURE.name, "all threads that were waited for failed")
    number = entry.handler if entry.handler is not None else entry.number
    failed = step.run.threads[number]
    failure = step.last_failure(failed)
    if failed.status is LHStatus.EXCEPTION:
        return NodeFailed(failure.name, failure.message, failure.content)
    return NodeFailed(LHErrorType.CHILD_FAILURE.name, f"Child thread {number} failed: {failure.message}")
