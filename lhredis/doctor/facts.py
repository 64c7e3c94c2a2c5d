"""facts: what the doctor has read, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Clock:
    """Redis's clock beside this machine's. What it is ahead is known to half of the round trip."""

    ahead_ms: float
    round_trip_ms: float


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: the scheduler that works it, and what waits for that one."""

    number: int
    owner: str | None
    results: int = 0
    """Reports of workers that no scheduler has read yet."""
    overdue: int = 0
    """Timers that were due some seconds ago."""
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """The task streams of a TaskDef, of all partitions together."""

    tenant: str
    task_def: str
    waiting: int
    claimed: int
    listening: int
    """Workers that have asked for such tasks lately, or have some in hand."""


@dataclass(frozen=True, slots=True)
class Process:
    """One of our processes that is connected to Redis."""

    role: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A deployment as Redis shows it. `settings` and `processes` are None where the server does not tell
    (CONFIG or CLIENT refused), `partitions` is None where no process has ever joined. `writes_refused` is why
    the server takes no writes, if it takes none."""

    info: dict[str, Any]
    settings: dict[str, str] | None
    clock: Clock
    partitions: list[Partition] | None = None
    schedulers: list[str] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    processes: list[Process] | None = None
    writes_refused: str = ""


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """What one API process says. `error` is why it says nothing of itself, or is not ready to work."""

    url: str
    version: str = ""
    redis: str = ""
    partitions: int = 0
    error: str = ""
