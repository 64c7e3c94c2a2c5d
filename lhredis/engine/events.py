"""events: what happened to a WfRun, in the past tense.

Every event carries what the pure engine cannot get for itself: `now_ms`, and `nonce`, a random
word of the shell's from which the tokens of newly scheduled attempts are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lhredis.engine.node_state import ChildWfEnd
from lhredis.engine.run import Migration
from lhredis.engine.user_tasks.events import UserTaskOperation
from lhredis.model.enums import TaskStatus
from lhredis.model.values import Value


class TimerKind(StrEnum):
    """What a timer was set for."""

    NODE_DUE = "node"
    RETRY = "retry"
    EVENT_RETENTION = "unclaimed"
    THREAD_RETENTION = "thread"
    RUN_RETENTION = "run"
    CORRELATED_TTL = "correlated"
    SCHEDULE = "schedule"
    USER_TASK = "user"


@dataclass(slots=True)
class RunStarted:
    """Somebody started the WfRun with these variables. `trigger` is (thread, position) in the parent when
    that was a RUN_CHILD_WF node."""

    now_ms: int
    nonce: str
    variables: dict[str, Value]
    trigger: tuple[int, int] | None = None


@dataclass(slots=True)
class MigrationApplied:
    """Somebody applied a WorkflowMigrationPlan to the WfRun."""

    now_ms: int
    nonce: str
    migration: Migration


@dataclass(slots=True)
class TaskReported:
    """A worker reported an attempt. `status` is one of SUCCESS, FAILED, EXCEPTION,
    OUTPUT_SERDE_ERROR, INPUT_VAR_SUB_ERROR; `token` proves which attempt is meant."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    attempt: int
    token: str
    status: TaskStatus
    output: Value = None
    error: str | None = None
    exception: tuple[str, str, Value] | None = None
    log: str | None = None
    started_ms: int | None = None
    worker_id: str | None = None
    worker_version: str | None = None


@dataclass(slots=True)
class TaskTimedOut:
    """A worker held an attempt for longer than the task's timeout."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    attempt: int
    token: str
    worker_id: str | None = None
    started_ms: int | None = None


@dataclass(slots=True)
class TimerFired:
    """A timer that a SetTimer effect asked for is due."""

    now_ms: int
    nonce: str
    kind: TimerKind
    thread: int
    position: int
    attempt: int
    due_ms: int


@dataclass(slots=True)
class ExternalEventPosted:
    """Somebody posted an ExternalEvent. `thread` and `position` restrict who may claim it, `keep_ms` is
    how long it is kept when nobody does. A `correlated` one is only for the node that it names."""

    now_ms: int
    nonce: str
    event_def: str
    guid: str
    content: Value = None
    thread: int | None = None
    position: int | None = None
    keep_ms: int | None = None
    correlated: bool = False


@dataclass(slots=True)
class RunStopped:
    """Somebody stopped a ThreadRun with its descendants."""

    now_ms: int
    nonce: str
    thread: int = 0


@dataclass(slots=True)
class RunResumed:
    """Somebody let a ThreadRun that was stopped go on."""

    now_ms: int
    nonce: str
    thread: int = 0


@dataclass(slots=True)
class RunRescued:
    """Somebody lets a ThreadRun in ERROR run its failed node again, or go on behind it; without a `thread`,
    whichever threads made the WfRun fail."""

    now_ms: int
    nonce: str
    thread: int | None = 0
    skip_current_node: bool = False


@dataclass(slots=True)
class RunDeleted:
    """Somebody deleted the WfRun, or its retention is over."""

    now_ms: int
    nonce: str


@dataclass(slots=True)
class WakerLost:
    """The task or the timer that a thread counts on is not there (engine/wakers.py)."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    attempt: int
    token: str


@dataclass(slots=True)
class ChildWfReopened:
    """A child WfRun that had failed was rescued."""

    now_ms: int
    nonce: str
    wf_run_id: str


@dataclass(slots=True)
class ChildWfEnded:
    """A child WfRun came to its end."""

    now_ms: int
    nonce: str
    wf_run_id: str
    end: ChildWfEnd


@dataclass(slots=True)
class InheritedChanged:
    """A child WfRun changed these variables, which it inherits."""

    now_ms: int
    nonce: str
    names: tuple[str, ...]


Event = (
    RunStarted
    | TaskReported
    | TaskTimedOut
    | TimerFired
    | ExternalEventPosted
    | MigrationApplied
    | RunStopped
    | RunResumed
    | RunRescued
    | RunDeleted
    | WakerLost
    | ChildWfReopened
    | ChildWfEnded
    | InheritedChanged
    | UserTaskOperation
)
