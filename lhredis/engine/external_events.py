"""external_events: ExternalEvents on their way: posted, kept, claimed by a node, forgotten.

The rules are semantics.md 8. An event that nobody can use now is kept, also when the run has not
started or has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.effects import ClaimEvent, ClearTimer, DropEvent, PutEvent, SetTimer
from lhredis.engine.events import ExternalEventPosted, TimerFired, TimerKind
from lhredis.engine.interrupts import interrupt
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import NodeRun, PostedEvent, Run, ThreadRun
from lhredis.errors import AlreadyExists
from lhredis.model.enums import TERMINAL_STATUSES

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def posted(step: Step, event: ExternalEventPosted) -> bool:
    """An ExternalEvent came: it interrupts, or it is kept until a node claims it. AlreadyExists when an
    unclaimed one has its guid (the shell looks among the claimed ones)."""
    run = step.run
    if any(kept.event_def == event.event_def and kept.guid == event.guid for kept in run.events.values()):
        raise AlreadyExists(
            f"WfRun {run.id!r} has an ExternalEvent of {event.event_def!r} with guid {event.guid!r} already"
        )
    if event.correlated and not _is_waited_for(step, event):
        return False
    run.events_posted += 1
    sequence = run.events_posted
    kept = PostedEvent(event.event_def, event.guid, step.now_ms, event.content, event.thread, event.position)
    if run.threads and run.status not in TERMINAL_STATUSES and interrupt(step, sequence, kept):
        return True
    run.events[sequence] = kept
    step.effects.append(PutEvent(sequence, kept))
    if event.keep_ms is not None:
        due_ms = step.now_ms + event.keep_ms
        step.effects.append(SetTimer(TimerKind.EVENT_RETENTION, 0, sequence, 0, due_ms))
    return True


def _is_waited_for(step: Step, event: ExternalEventPosted) -> bool:
    """Does the node that a correlated event names still wait for it?"""
    thread = step.run.threads.get(event.thread) if event.thread is not None else None
    node_run = thread.node if thread is not None else None
    return (
        node_run is not None
        and node_run.position == event.position
        and node_run.ended_ms is None
        and isinstance(node_run.state, EventWait)
        and node_run.state.event_def == event.event_def
    )


def claim(step: Step, thread: ThreadRun, node_run: NodeRun, event_def: str) -> PostedEvent | None:
    """Take the oldest event that this node may have; None when there is none."""
    sequence = event_for(step.run, thread, node_run, event_def)
    if sequence is None:
        return None
    event = step.run.events.pop(sequence)
    step.effects.append(ClaimEvent(sequence, event, thread.number, thread.position))
    step.effects.append(ClearTimer(TimerKind.EVENT_RETENTION, 0, sequence, 0))
    return event


def event_for(run: Run, thread: ThreadRun, node_run: NodeRun, event_def: str) -> int | None:
    """Under which number the run keeps the oldest event that this node may have; None when there is none."""
    for sequence, event in run.events.items():
        if (
            event.event_def == event_def
            and (event.thread is None or event.thread == thread.number)
            and (event.position is None or event.position == thread.position)
            and (node_run.due_ms is None or event.posted_ms <= node_run.due_ms)
        ):
            return sequence
    return None


def retention_over(step: Step, event: TimerFired) -> bool:
    """Nobody claimed an event for as long as it is kept."""
    kept = step.run.events.pop(event.position, None)
    if kept is None:
        return False
    step.effects.append(DropEvent(event.position, kept))
    return True
