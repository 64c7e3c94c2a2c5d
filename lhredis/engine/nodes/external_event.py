"""external_event: waits for an ExternalEvent; its content is the output (semantics.md 4, 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine import deadlines
from lhredis.engine.effects import Correlate, Uncorrelate
from lhredis.engine.external_events import claim
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import EngineType, type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.enums import LHErrorType
from lhredis.model.event_nodes import ExternalEventNode
from lhredis.model.ids import check_correlation_key
from lhredis.model.nodes import Node

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


@dataclass(slots=True, frozen=True)
class ExternalEvent:
    event_def: str
    timeout: Getter | None
    correlation_key: Getter | None


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> EngineType | None:
    assert node.external_event is not None
    event_def = scope.external_event_defs.get(node.external_event.external_event_def_id.name)
    return scope.returned(event_def.type_information, "") if event_def is not None else None


def compile(spec: ExternalEventNode, scope: Scope, path: str) -> ExternalEvent:
    name = spec.external_event_def_id.name
    scope.check_external_event_def(name, f"{path}.external_event_def_id")
    timeout, key = deadlines.compile_timeout(spec.timeout_seconds, scope, path), None
    if spec.correlation_key is not None:
        typed = compile_assignment(spec.correlation_key, scope, f"{path}.correlation_key")
        if typed.type not in (None, T.STR):
            scope.problem(
                f"{path}.correlation_key", f"a correlation key is a STR; this is {type_text(typed.type)}"
            )
        key = typed.get
        event_def = scope.external_event_defs.get(name)
        if scope.strict and event_def is not None and event_def.correlated_event_config is None:
            scope.problem(
                f"{path}.correlation_key", f"ExternalEventDef {name!r} has no correlated_event_config"
            )
    return ExternalEvent(name, timeout, key)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: ExternalEvent) -> None:
    wait = node_run.state = EventWait(body.event_def)
    if body.correlation_key is not None:
        wait.correlation_key = _key(thread, body.correlation_key)
    deadlines.begin(step, thread, node_run, body.timeout)
    if wait.correlation_key is not None:
        step.effects.append(Correlate(body.event_def, wait.correlation_key, thread.number, node_run.position))


def _key(thread: ThreadRun, get: Getter) -> str:
    try:
        key = get(thread)
    except VarSubError as error:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, f"correlation_key: {error}") from None
    if type(key) is not str:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, f"a correlation key is a STR; got {type_name(key)}")
    try:
        return check_correlation_key(key)
    except ValueError as error:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, f"correlation_key: {error}") from None


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: ExternalEvent) -> bool:
    wait = node_run.state
    assert isinstance(wait, EventWait)
    what = f"ExternalEvent {wait.event_def!r} did not arrive"
    try:
        return deadlines.within(step, thread, node_run, what, lambda: _claimed(step, thread, node_run, wait))
    except NodeFailed:
        wait.timed_out = True
        _stop_waiting(step, thread, node_run, wait)
        raise


def _claimed(step: Step, thread: ThreadRun, node_run: NodeRun, wait: EventWait) -> bool:
    event = claim(step, thread, node_run, wait.event_def)
    if event is None:
        return False
    wait.guid, wait.event_ms = event.guid, event.posted_ms
    _stop_waiting(step, thread, node_run, wait)
    step.put_output(thread, node_run, event.content)
    return True


def _stop_waiting(step: Step, thread: ThreadRun, node_run: NodeRun, wait: EventWait) -> None:
    if wait.correlation_key is not None:
        step.effects.append(
            Uncorrelate(wait.event_def, wait.correlation_key, thread.number, node_run.position)
        )
