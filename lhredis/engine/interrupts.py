"""interrupts: an ExternalEvent that halts threads and starts their handlers (semantics.md 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.effects import ClaimEvent
from lhredis.engine.failures import check_handler_spec
from lhredis.engine.halting import halt
from lhredis.engine.language.scope import Scope
from lhredis.engine.run import HaltKind, HaltReason, PostedEvent
from lhredis.model.enums import TERMINAL_STATUSES

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

Interrupts = dict[str, dict[str, str]]
"""Event def → ThreadSpec that it interrupts → ThreadSpec of the handler."""


def compile_interrupts(scope: Scope) -> Interrupts:
    """The interrupts of a WfSpec; problems go to the scope."""
    found: Interrupts = {}
    waited = _waited_for(scope)
    for thread_name, spec in scope.thread_specs.items():
        for i, definition in enumerate(spec.interrupt_defs):
            path = f"thread_specs.{thread_name}.interrupt_defs[{i}]"
            event_def = definition.external_event_def_id.name
            check_handler_spec(scope, definition.handler_spec_name, path)
            scope.check_external_event_def(event_def, f"{path}.external_event_def_id")
            if event_def in found:
                scope.problem(path, f"ExternalEventDef {event_def!r} interrupts a ThreadSpec already")
            if event_def in waited:
                scope.problem(
                    path,
                    f"ExternalEventDef {event_def!r} cannot interrupt: node {waited[event_def]!r} waits for it",
                )
            found.setdefault(event_def, {})[thread_name] = definition.handler_spec_name
    return found


def _waited_for(scope: Scope) -> dict[str, str]:
    """Event def → a node that waits for it."""
    return {
        node.external_event.external_event_def_id.name: name
        for spec in scope.thread_specs.values()
        for name, node in spec.nodes.items()
        if node.external_event is not None
    }


def interrupt(step: Step, sequence: int, event: PostedEvent) -> bool:
    """Halt the threads that this event interrupts, and claim it. False when it interrupts none."""
    interrupted = [
        (thread, handler)
        for thread in step.run.threads.values()
        if thread.status not in TERMINAL_STATUSES
        and (event.thread is None or event.thread == thread.number)
        and (handler := step.program_of(thread).interrupts.get(event.event_def, {}).get(thread.spec_name))
    ]
    for thread, handler_spec in interrupted:
        reason = HaltReason(HaltKind.PENDING_INTERRUPT, None, None, handler_spec, event.content)
        reason.event = (event.event_def, event.guid)
        halt(thread, reason)
    if interrupted:
        step.effects.append(ClaimEvent(sequence, event, None, None))
    return bool(interrupted)
