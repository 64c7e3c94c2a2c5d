"""work: one event for one run, with what is to be written once it was stepped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum

from lhredis.engine.events import Event
from lhredis.engine.run import Run, SpecVersion
from lhredis.store.commands.commit_steps import Write


class Outcome(StrEnum):
    """What became of a piece of work."""

    COMMITTED = "committed"
    IGNORED = "ignored"  # the run does not wait for it: late, double or forged
    MISSING = "missing"  # there is no such run
    EXISTS = "exists"  # a start or an event, and the id is taken
    REFUSED = "refused"  # the engine found the input wrong
    QUARANTINED = "quarantined"  # its step raised: a bug of ours, set aside with its traceback


@dataclass(slots=True)
class Work:
    """An event on its way through the stepper.

    `starts` is the spec version of a run to be created (then `event` is its RunStarted). `unless` names a
    field of the run's hash of events: when it is there, the event is a duplicate. `receipt` is a word of this
    work's own that is kept for a while with its commit: when the commit was sent twice because the answer got
    lost, it tells that the work is done. `done` are
    writes that finish with the event whatever the engine makes of it: acknowledge the queue entry,
    drop the timer. `outcome` is set when the stepper is through; `run` is the run as committed,
    `error` says why it was refused. `is_asked` tells that somebody waits for the outcome: where the WfSpec
    of the run is gone, he is told, and nothing is set aside. The rest is the stepper's own: `poisoned` is the
    traceback of a step that raised, `refused` why none was tried, `looks_again` marks work whose runs were
    changed by somebody, maybe by its own commit.
    """

    tenant: str
    wf_run_id: str
    event: Event
    starts: SpecVersion | None = None
    done: list[Write] = field(default_factory=list)
    unless: str | None = None
    receipt: str | None = None
    is_asked: bool = False
    outcome: Outcome | None = None
    run: Run | None = None
    error: Exception | None = None
    poisoned: str | None = None
    refused: Exception | None = None
    looks_again: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.tenant, self.wf_run_id

    @property
    def is_set_aside(self) -> bool:
        """Can it not be stepped at all?"""
        return self.poisoned is not None or self.refused is not None

    def event_json(self) -> bytes:
        """The event for people to read."""
        fields = {name: getattr(self.event, name) for name in self.event.__slots__}
        return json.dumps({"kind": type(self.event).__name__, **fields}, default=str).encode()
