"""run: the whole state of a WfRun, as the engine holds it.

Slotted dataclasses, changed in place by `step` and by nothing else. `store/codec.py` writes them
to Redis and reads them back. Times are integer milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from lhredis.engine.node_state import NodeState, SpecVersion
from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus, ThreadType
from lhredis.model.values import Value

__all__ = [
    "Attempt",
    "Failure",
    "HaltKind",
    "HaltReason",
    "Migration",
    "NodeRun",
    "PostedEvent",
    "Reminder",
    "Run",
    "SpecVersion",
    "TaskRun",
    "ThreadMigration",
    "ThreadRun",
]


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
    """One execution of a node. `task` belongs to TASK nodes, `state` to others. `due_ms` is when a SLEEP is
    over, or when one that waits for threads, a child WfRun or a condition gives up. `spec` is the version
    that the node is of (None: the one that the WfRun was started on)."""

    position: int
    name: str
    status: LHStatus
    arrived_ms: int
    ended_ms: int | None = None
    failures: list[Failure] = field(default_factory=list)
    task: TaskRun | None = None
    due_ms: int | None = None
    state: NodeState | None = None
    spec: SpecVersion | None = None


@dataclass(slots=True)
class Reminder:
    """A TaskRun that reminds somebody of a user task; it belongs to no TASK node. `thread`, `position` and
    `node` tell the USER_TASK NodeRun, `action` which of the node's actions it is, `event` which line of
    the audit trail tells of it; `user_id` and `user_group` had the user task then,
    `spec` is that of the NodeRun."""

    thread: int
    position: int
    thread_spec: str
    node: str
    action: int
    event: int
    user_id: str | None
    user_group: str | None
    task: TaskRun
    spec: SpecVersion | None = None


class HaltKind(IntEnum):
    """Why a ThreadRun halts (semantics.md 7)."""

    PARENT_HALTED = 0
    PENDING_INTERRUPT = 1
    INTERRUPTED = 2
    PENDING_FAILURE = 3
    HANDLING_FAILURE = 4
    MANUAL_HALT = 5
    HALTED_BY_PARENT = 6


@dataclass(slots=True)
class HaltReason:
    """One reason why a ThreadRun halts; it goes on when there is none left.

    `thread` is the handler (INTERRUPTED, HANDLING_FAILURE) or the parent (PARENT_HALTED,
    HALTED_BY_PARENT), `position` the node that failed or waits. The PENDING ones hold what their
    handler needs: the ThreadSpec, its INPUT, and (event def, guid) of what interrupts.
    """

    kind: HaltKind
    thread: int | None = None
    position: int | None = None
    handler_spec: str | None = None
    content: Value = None
    event: tuple[str, str] | None = None


@dataclass(slots=True)
class ThreadRun:
    """One execution of a ThreadSpec.

    `node` is the NodeRun it stands on, None once the thread has COMPLETED. `outputs` holds the latest
    output of each node that the spec refers to. `handled_children` are the children whose failure was
    handled; `trigger` is the (event def, guid) that an INTERRUPT thread was started for. `inherits` is
    thread 0 of the parent WfRun, while a step that may need it is under way. `spec` is the version that it
    follows by now, when it was migrated to one or a migrated thread started it (None: the one that the WfRun
    was started on); `followed` are the (version, ThreadSpec) that it followed before. `died_of` is the
    handler of its own whose failure it ended with.
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
    halts: list[HaltReason] = field(default_factory=list)
    handled_children: list[int] = field(default_factory=list)
    trigger: tuple[str, str] | None = None
    variables: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)
    inherits: ThreadRun | None = field(default=None, compare=False, repr=False)
    spec: SpecVersion | None = None
    followed: list[tuple[SpecVersion, str]] = field(default_factory=list)
    died_of: int | None = None

    @property
    def own_failures(self) -> list[Failure]:
        """Those of the NodeRun that it stands on, without that of a handler that it died of."""
        failures = self.node.failures if self.node is not None else []
        return failures if self.died_of is None else failures[:-1]

    @property
    def is_let_go(self) -> bool:
        """Does it halt for good, because it or a thread above it is not needed any more?"""
        at: ThreadRun | None = self
        while at is not None:
            if any(reason.kind is HaltKind.HALTED_BY_PARENT for reason in at.halts):
                return True
            at = at.parent
        return False


@dataclass(slots=True)
class PostedEvent:
    """An ExternalEvent that nobody claimed yet; `thread` and `position` restrict who may."""

    event_def: str
    guid: str
    posted_ms: int
    content: Value = None
    thread: int | None = None
    position: int | None = None


@dataclass(slots=True)
class ThreadMigration:
    """What a migration says of the ThreadRuns of a ThreadSpec: which one they are to follow, and at which
    of its nodes they go on. `after` are the ThreadSpecs above them that have to be migrated first; new
    variables get one of the `literals`, or the value of one that is `copied`, or their default."""

    new_thread: str
    nodes: dict[str, str]
    after: tuple[str, ...] = ()
    literals: dict[str, Value] = field(default_factory=dict)
    copied: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Migration:
    """A WorkflowMigrationPlan on its way through a WfRun: the threads that follow `old` are to follow `new`;
    `threads` are by the ThreadSpec that they have now."""

    plan: str
    old: SpecVersion
    new: SpecVersion
    threads: dict[str, ThreadMigration]


@dataclass(slots=True)
class Run:
    """One execution of a WfSpec. STARTING, with no spec and no threads, until RunStarted was stepped: what
    was posted before is in `events` already. `born` is the nonce of RunStarted: it tells whose start made
    the run, when the answer to a start got lost. `events` are by the order in which they were posted;
    `thrown` counts the WorkflowEvents of each def, `handled_child_wfs` are the children whose failure a
    handler of this run took care of. `reminders` are those at work, by number. `spec` changes when thread 0
    is migrated: `old_specs` are those that it followed before, the first one first; `migration` goes on while
    threads may still be migrated. `trigger` is (thread, position) of the RUN_CHILD_WF NodeRun in the parent
    that started the run, if one did."""

    id: str
    tenant: str
    spec: SpecVersion | None
    status: LHStatus = LHStatus.STARTING
    born: str = ""
    started_ms: int = 0
    ended_ms: int | None = None
    greatest_thread_number: int = -1
    threads: dict[int, ThreadRun] = field(default_factory=dict)
    events: dict[int, PostedEvent] = field(default_factory=dict)
    events_posted: int = 0
    thrown: dict[str, int] = field(default_factory=dict)
    handled_child_wfs: list[str] = field(default_factory=list)
    reminders: dict[int, Reminder] = field(default_factory=dict)
    reminders_made: int = 0
    old_specs: list[SpecVersion] = field(default_factory=list)
    migration: Migration | None = None
    trigger: tuple[int, int] | None = None

    @property
    def parent_id(self) -> str | None:
        """The id of the WfRun that this one is a child of."""
        return self.id.rpartition("_")[0] or None

    @property
    def followed(self) -> SpecVersion:
        """The spec of a run that was started."""
        assert self.spec is not None
        return self.spec

    @property
    def original(self) -> SpecVersion:
        """The spec that it was started on."""
        return self.old_specs[0] if self.old_specs else self.followed

    def thread_at(self, thread: ThreadRun, node_run: NodeRun) -> ThreadRun:
        """The thread with the version and the ThreadSpec that it followed when it was at this NodeRun."""
        if node_run.spec == thread.spec:
            return thread
        version = self.spec_of(node_run)
        name = next((name for was, name in thread.followed if was == version), thread.spec_name)
        return replace(thread, spec=node_run.spec, spec_name=name)

    def spec_of(self, part: ThreadRun | NodeRun | Reminder) -> SpecVersion:
        """The version of the WfSpec that a part of this run follows."""
        return part.spec if part.spec is not None else self.original
