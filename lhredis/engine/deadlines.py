"""deadlines: until when a node waits for others; then it fails with TIMEOUT (features.md 35).

EXTERNAL_EVENT, WAIT_FOR_THREADS, WAIT_FOR_CHILD_WF and WAIT_FOR_CONDITION have a `timeout_seconds`. What they
wait for comes first when it is there at the very end; a node that is halted then fails when it goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lhredis.engine.effects import ClearTimer, SetTimer
from lhredis.engine.events import TimerFired, TimerKind
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import LHErrorType
from lhredis.model.limits import SLEEP_SECONDS_MAX

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def compile_timeout(spec: VariableAssignment | None, scope: Scope, path: str) -> Getter | None:
    """What gives the seconds; problems go to the scope."""
    if spec is None:
        return None
    typed = compile_assignment(spec, scope, f"{path}.timeout_seconds")
    if typed.type not in (None, T.INT):
        scope.problem(f"{path}.timeout_seconds", f"a timeout is INT seconds; this is {type_text(typed.type)}")
    return typed.get


def begin(step: Step, thread: ThreadRun, node_run: NodeRun, timeout: Getter | None) -> None:
    """From now on the time of a node counts, if it has one. NodeFailed(VAR_ERROR)."""
    if timeout is None:
        return
    node_run.due_ms = step.now_ms + _timeout_ms(thread, timeout)
    timer = SetTimer(TimerKind.NODE_DUE, thread.number, node_run.position, 0, node_run.due_ms)
    step.effects.append(timer)


def _timeout_ms(thread: ThreadRun, get: Getter) -> int:
    try:
        seconds = get(thread)
    except VarSubError as error:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, f"timeout_seconds: {error}") from None
    if type(seconds) is not int:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, f"a timeout is INT seconds; got {type_name(seconds)}")
    if seconds > SLEEP_SECONDS_MAX:
        raise NodeFailed(
            LHErrorType.VAR_ERROR.name, f"a timeout is at most {SLEEP_SECONDS_MAX} seconds; got {seconds}"
        )
    return max(seconds, 0) * 1000


def within(step: Step, thread: ThreadRun, node_run: NodeRun, what: str, has_come: Callable[[], bool]) -> bool:
    """Has what the node waits for come? NodeFailed(TIMEOUT), about `what`, when its time is over first."""
    if node_run.due_ms is None:
        return has_come()
    try:
        come = has_come()
    except (NodeFailed, VarSubError):
        _end(step, thread, node_run)
        raise
    if come:
        _end(step, thread, node_run)
    elif step.now_ms >= node_run.due_ms:
        raise NodeFailed(LHErrorType.TIMEOUT.name, f"{what} in time")
    return come


def _end(step: Step, thread: ThreadRun, node_run: NodeRun) -> None:
    step.effects.append(ClearTimer(TimerKind.NODE_DUE, thread.number, node_run.position, 0))


def fired(step: Step, event: TimerFired) -> bool:
    """A timer is due: is it the one of a node that still waits, or sleeps?"""
    thread = step.run.threads.get(event.thread)
    node_run = thread.node if thread is not None else None
    return (
        node_run is not None
        and node_run.ended_ms is None
        and node_run.position == event.position
        and node_run.due_ms == event.due_ms
        and step.now_ms >= event.due_ms
    )
