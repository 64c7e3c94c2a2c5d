"""outlook: what a ThreadRun that does not move has before it, for people who ask."""

from __future__ import annotations

from lhredis.engine.external_events import event_for
from lhredis.engine.halting import followers_of, is_over
from lhredis.engine.run import NodeRun, PostedEvent, Run, ThreadRun


def event_at_hand(run: Run, thread: ThreadRun, node_run: NodeRun, event_def: str) -> PostedEvent | None:
    """The event that a halted thread takes when it goes on."""
    sequence = event_for(run, thread, node_run, event_def)
    return run.events[sequence] if sequence is not None else None


def holding_back(run: Run, thread: ThreadRun) -> list[int]:
    """The numbers of the threads that the EXIT of this one waits for."""
    return [other.number for other in followers_of(run, thread) if not is_over(other)]
