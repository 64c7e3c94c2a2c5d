"""run: the whole state of a WfRun, as the engine holds it.

Slotted dataclasses, changed in place by `step` and by nothing else. `store/codec.py` writes them
to Redis and reads them back. Times are integer milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus, ThreadType
from lhredis.model.values import Value


class SpecVersion(NamedTuple):
    """Which WfSpec a run follows."""

    name: str
    major: int
    revision: int


@dataclass(slots=True)
class Failure:
    """Why a NodeRun failed; `handler` is the ThreadRun number of the handler, if one was started."""

    name: str
    message: str
    content: Value = None
    handler: int | None = None
    handled: bool = False

    @property
    def status(self) -> LHStatus:
        """ERROR for a reserved name, EXCEPTION for any other (features.md 9)."""
        return LHStatus.ERROR if self.name in LHErrorType.__members__ else LHStatus.EXCEPTION


@dataclass(slots=True)
class Attempt:
    """One try of a task. SCHEDULED until its result comes in: who claimed it is Redis's knowledge.

    `error` is (LHErrorType name, message), `exception` is (name, message, content).
    """

    status: TaskStatus
    token: str
    scheduled_ms: int
    started_ms: int | None = None
    ended_ms: int | None = None
    worker_id: str | None = None
    worker_version: str | None = None
    log: str | None = None
    output: Value = None
    error: tuple[str, str] | None = None
    exception: tuple[str, str, Value] | None = None


@dataclass(slots=True)
class TaskRun:
    """A task that a TASK node called: inputs as they were at scheduling, and every attempt."""

    task_def: str
    inputs: tuple[Value, ...]
    attempts: list[Attempt]


@dataclass(slots=True)
class NodeRun:
    """One execution of a node. `task` and `matures_ms` belong to TASK and SLEEP nodes."""

    position: int
    name: str
    status: LHStatus
    arrived_ms: int
    ended_ms: int | None = None
    failures: list[Failure] = field(default_factory=list)
    task: TaskRun | None = None
    matures_ms: int | None = None


@dataclass(slots=True)
class ThreadRun:
    """One execution of a ThreadSpec.

    `node` is the NodeRun it stands on, None once the thread has ended. `outputs` holds the latest
    output of each node that the spec refers to. `handler` is the number of the FAILURE_HANDLER
    ThreadRun that this one is HALTED for.
    """

    number: int
    spec_name: str
    type: ThreadType
    status: LHStatus
    started_ms: int
    parent: ThreadRun | None = None
    ended_ms: int | None = None
    error_message: str | None = None
    output: Value = None
    position: int = 0
    node: NodeRun | None = None
    handler: int | None = None
    variables: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """One execution of a WfSpec. STARTING, with no threads, until RunStarted was stepped. `born` is the
    nonce of that event: it tells whose start made the run, when the answer to a start got lost."""

    id: str
    tenant: str
    spec: SpecVersion
    status: LHStatus = LHStatus.STARTING
    born: str = ""
    started_ms: int = 0
    ended_ms: int | None = None
    greatest_thread_number: int = -1
    threads: dict[int, ThreadRun] = field(default_factory=dict)
