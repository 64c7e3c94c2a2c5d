"""correlated_waits: threads that stop waiting for a CorrelatedEvent, or wait again, at the same node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lhredis.engine.effects import Correlate, Uncorrelate
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import ThreadRun

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def give_up(step: Step, thread: ThreadRun) -> None:
    """The thread does not go on: a CorrelatedEvent is not for it any more."""
    wait = correlated_wait(thread)
    if wait is not None:
        step.effects.append(Uncorrelate(wait.event_def, wait.key, thread.number, thread.position))


def wait_again(step: Step, thread: ThreadRun) -> None:
    """A thread that had given up goes on after all."""
    wait = correlated_wait(thread)
    if wait is not None:
        step.effects.append(Correlate(wait.event_def, wait.key, thread.number, thread.position))


class Wait(NamedTuple):
    """For the CorrelatedEvent of which def, and which key."""

    event_def: str
    key: str


def correlated_wait(thread: ThreadRun) -> Wait | None:
    """What key the node that the thread stands on has not got its event of."""
    state = thread.node.state if thread.node is not None else None
    if not isinstance(state, EventWait) or state.correlation_key is None or state.guid is not None:
        return None
    return None if state.timed_out else Wait(state.event_def, state.correlation_key)
