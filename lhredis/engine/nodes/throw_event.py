"""throw_event: throws a WorkflowEvent, for clients to await (features.md 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.effects import ThrowEvent
from lhredis.engine.language.expressions import Getter, compile_assignment, converted
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError, type_name
from lhredis.engine.node_state import EventThrown
from lhredis.engine.nodes.nop import check, has_output
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.assignments import VariableAssignment
from lhredis.model.event_nodes import ThrowEventNode

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output"]


@dataclass(slots=True, frozen=True)
class Throw:
    event_def: str
    content: Getter | None


def compile(spec: ThrowEventNode, scope: Scope, path: str) -> Throw:
    name = spec.event_def_id.name
    event_def = scope.workflow_event_defs.get(name)
    if event_def is None and scope.strict:
        scope.problem(f"{path}.event_def_id", f"could not find WorkflowEventDef {name!r}")
    if spec.content is None:
        return Throw(name, None)
    if event_def is not None and event_def.content_type.return_type is None:
        return Throw(name, _nothing(spec.content, name, scope, f"{path}.content"))
    wanted = scope.returned(event_def.content_type, f"{path}.event_def_id") if event_def is not None else None
    takes = (wanted,) if wanted is not None else ()
    typed = compile_assignment(spec.content, scope, f"{path}.content", wanted=takes)
    if wanted is None:
        return Throw(name, typed.get)
    what = f"content of WorkflowEventDef {name!r}"
    return Throw(name, converted(typed, wanted, scope, f"{path}.content", what))


def _nothing(content: VariableAssignment, event_def: str, scope: Scope, path: str) -> Getter:
    """Content for a void def is null; of another, the type may be known before the run."""
    get, kind, _ = compile_assignment(content, scope, path)
    refusal = f"WorkflowEventDef {event_def!r} has no content (void)"
    if scope.strict and kind is not None:
        scope.problem(path, f"{refusal}; this is {kind.name}")

    def get_nothing(thread: ThreadRun) -> None:
        value = get(thread)
        if value is not None:
            raise VarSubError(f"{refusal}; got {type_name(value)}")

    return get_nothing


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Throw) -> None:
    content = body.content(thread) if body.content is not None else None
    thrown = step.run.thrown
    number = thrown.get(body.event_def, 0)
    thrown[body.event_def] = number + 1
    node_run.state = EventThrown(body.event_def, number)
    step.effects.append(
        ThrowEvent(body.event_def, number, content, thread.number, node_run.position, step.now_ms)
    )
