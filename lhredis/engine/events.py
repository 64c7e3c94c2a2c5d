"""events: what happened to a WfRun, in the past tense.

Every event carries what the pure engine cannot get for itself: `now_ms`, and `nonce`, a random
word of the shell's from which the tokens of newly scheduled attempts are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lhredis.model.enums import TaskStatus
from lhredis.model.values import Value


class TimerKind(StrEnum):
    """What a timer was set for."""

    SLEEP = "sleep"
    RETRY = "retry"


@dataclass(slots=True)
class RunStarted:
    """Somebody started the WfRun with these variables."""

    now_ms: int
    nonce: str
    variables: dict[str, Value]


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


Event = RunStarted | TaskReported | TaskTimedOut | TimerFired
