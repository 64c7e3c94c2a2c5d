"""external_event: waits for an ExternalEvent; its content is the output (semantics.md 4, 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.effects import ClearTimer, Correlate, SetTimer, Uncorrelate
from lhredis.engine.events import TimerFired, TimerKind
from lhredis.engine.external_events import claim
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import EngineType, type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.event_nodes import ExternalEventNode
from lhredis.model.ids import check_correlation_key
from lhredis.model.limits import SLEEP_SECONDS_MAX
from lhredis.model.nodes import Node

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


@dataclass(slots=True, frozen=True)
class ExternalEvent:
    event_def: str
    timeout_seconds: Getter | None
    correlation_key: Getter | None


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> EngineType | None:
    assert node.external_event is not None
    event_def = scope.external_event_defs.get(node.external_event.external_event_def_id.name)
    return scope.returned(event_def.type_information, "") if event_def is not None else None


def compile(spec: ExternalEventNode, scope: Scope, path: str, strict: bool) -> ExternalEvent:
    name = spec.external_event_def_id.name
    if strict:
        scope.check_external_event_def(name, f"{path}.external_event_def_id")
    timeout = key = None
    if spec.timeout_seconds is not None:
        typed = compile_assignment(spec.timeout_seconds, scope, f"{path}.timeout_seconds")
        if typed.type not in (None, T.INT):
            scope.problem(
                f"{path}.timeout_seconds", f"a timeout is INT seconds; this is {type_text(typed.type)}"
            )
        timeout = typed.get
    if spec.correlation_key is not None:
        typed = compile_assignment(spec.correlation_key, scope, f"{path}.correlation_key")
        if typed.type not in (None, T.STR):
            scope.problem(
                f"{path}.correlation_key", f"a correlation key is a STR; this is {type_text(typed.type)}"
            )
        key = typed.get
        event_def = scope.external_event_defs.get(name)
        if strict and event_def is not None and event_def.correlated_event_config is None:
            scope.problem(
                f"{path}.correlation_key", f"ExternalEventDef {name!r} has no correlated_event_config"
            )
    return ExternalEvent(name, timeout, key)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: ExternalEvent) -> None:
    wait = node_run.state = EventWait(body.event_def)
    if body.timeout_seconds is not None:
        wait.due_ms = step.now_ms + _timeout_ms(thread, body.timeout_seconds)
    if body.correlation_key is not None:
        wait.correlation_key = _key(thread, body.correlation_key)
        step.effects.append(Correlate(body.event_def, wait.correlation_key, thread.number, node_run.position))
    if wait.due_ms is not None:
        step.effects.append(
            SetTimer(TimerKind.EVENT_TIMEOUT, thread.number, node_run.position, 0, wait.due_ms)
        )


def _timeout_ms(thread: ThreadRun, get: Getter) -> int:
    try:
        seconds = get(thread)
    except VarSubError as error:
        raise NodeFailed("VAR_ERROR", f"timeout_seconds: {error}") from None
    if type(seconds) is not int:
        raise NodeFailed("VAR_ERROR", f"a timeout is INT seconds; got {type_name(seconds)}")
    if seconds > SLEEP_SECONDS_MAX:
        raise NodeFailed("VAR_ERROR", f"a timeout is at most {SLEEP_SECONDS_MAX} seconds; got {seconds}")
    return max(seconds, 0) * 1000


def _key(thread: ThreadRun, get: Getter) -> str:
    try:
        key = get(thread)
    except VarSubError as error:
        raise NodeFailed("VAR_ERROR", f"correlation_key: {error}") from None
    if type(key) is not str:
        raise NodeFailed("VAR_ERROR", f"a correlation key is a STR; got {type_name(key)}")
    try:
        return check_correlation_key(key)
    except ValueError as error:
        raise NodeFailed("VAR_ERROR", f"correlation_key: {error}") from None


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: ExternalEvent) -> bool:
    wait = node_run.state
    assert isinstance(wait, EventWait)
    event = claim(step, thread, wait)
    if event is not None:
        wait.guid, wait.event_ms = event.guid, event.posted_ms
        if wait.due_ms is not None:
            step.effects.append(ClearTimer(TimerKind.EVENT_TIMEOUT, thread.number, node_run.position, 0))
        _stop_waiting(step, thread, node_run, wait)
        step.put_output(thread, node_run, event.content)
        return True
    if wait.due_ms is not None and step.now_ms >= wait.due_ms:
        wait.timed_out = True
        _stop_waiting(step, thread, node_run, wait)
        raise NodeFailed("TIMEOUT", f"ExternalEvent {wait.event_def!r} did not arrive in time")
    return False


def _stop_waiting(step: Step, thread: ThreadRun, node_run: NodeRun, wait: EventWait) -> None:
    if wait.correlation_key is not None:
        step.effects.append(
            Uncorrelate(wait.event_def, wait.correlation_key, thread.number, node_run.position)
        )


def timed_out(step: Step, event: TimerFired) -> bool:
    """The timeout is over: does the node that set it still wait? A halted one fails when it goes on."""
    thread = step.run.threads.get(event.thread)
    node_run = thread.node if thread is not None else None
    return (
        node_run is not None
        and node_run.ended_ms is None
        and node_run.position == event.position
        and isinstance(node_run.state, EventWait)
        and node_run.state.due_ms == event.due_ms
    )
