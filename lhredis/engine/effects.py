"""effects: what must happen because of a step, in the imperative. All of them, or none.

The run's own state is not among them: whoever commits the effects writes that too. Nobody changes
an effect once it is made; they are not frozen because a frozen dataclass takes four times as long
to make, and every task makes several.
"""

from __future__ import annotations

from dataclasses import dataclass

from lhredis.engine.events import TimerKind
from lhredis.engine.run import NodeRun, PostedEvent, Reminder, ThreadRun
from lhredis.model.enums import LHStatus
from lhredis.model.values import Value


@dataclass(slots=True)
class EnqueueTask:
    """Hand an attempt to the workers of `task_def`. `inputs` are (name, value) in signature order."""

    task_def: str
    thread: int
    position: int
    attempt: int
    token: str
    node_name: str
    inputs: tuple[tuple[str, Value], ...]
    timeout_ms: int


@dataclass(slots=True)
class EnqueueReminder(EnqueueTask):
    """Hand an attempt of a reminder to the workers. `position` is one that no NodeRun has: it makes the
    ids of the attempt and its TaskRun; `user_task_position` is that of the USER_TASK NodeRun,
    `user_task_event` the line of its audit trail that tells of the reminder."""

    number: int
    user_task_position: int
    user_task_event: int
    user_id: str | None
    user_group: str | None


@dataclass(slots=True)
class SetTimer:
    """Fire a TimerFired with these words at `due_ms`; the same words again move it."""

    kind: TimerKind
    thread: int
    position: int
    attempt: int
    due_ms: int


@dataclass(slots=True)
class ClearTimer:
    """Forget the timer with these words."""

    kind: TimerKind
    thread: int
    position: int
    attempt: int


@dataclass(slots=True)
class PutHistory:
    """Keep a NodeRun that the thread has left."""

    thread: int
    node_run: NodeRun


@dataclass(slots=True)
class PutVariable:
    """Keep the new value of a thread's variable."""

    thread: int
    name: str
    value: Value


@dataclass(slots=True)
class IndexVariable:
    """A searchable variable has a new value: the run is found by these (index name, scalar) from now on,
    and by those of the variable's former value no more."""

    thread: int
    name: str
    entries: tuple[tuple[str, Value], ...]


@dataclass(slots=True)
class PutOutput:
    """Keep the output of a node that a later assignment refers to."""

    thread: int
    node_name: str
    value: Value


@dataclass(slots=True)
class DropOutput:
    """The latest run of this node has no output: forget the earlier one."""

    thread: int
    node_name: str


@dataclass(slots=True)
class PutEvent:
    """Keep an ExternalEvent until somebody claims it."""

    sequence: int
    event: PostedEvent


@dataclass(slots=True)
class ClaimEvent:
    """An ExternalEvent belongs to this NodeRun, or interrupted threads (then `thread` is None)."""

    sequence: int
    event: PostedEvent
    thread: int | None
    position: int | None


@dataclass(slots=True)
class DropEvent:
    """Forget an ExternalEvent that nobody claimed."""

    sequence: int
    event: PostedEvent


@dataclass(slots=True)
class ThrowEvent:
    """Keep a WorkflowEvent, and tell who waits for it."""

    event_def: str
    number: int
    content: Value
    thread: int
    position: int
    thrown_ms: int


@dataclass(slots=True)
class Correlate:
    """Tell the key's partition that this NodeRun waits for a CorrelatedEvent of the key."""

    event_def: str
    key: str
    thread: int
    position: int


@dataclass(slots=True)
class Uncorrelate:
    """Tell the key's partition that this NodeRun does not wait any more."""

    event_def: str
    key: str
    thread: int
    position: int


@dataclass(slots=True)
class ArchiveThread:
    """Move an ended ThreadRun with its variables out of the run's state."""

    thread: ThreadRun


@dataclass(slots=True)
class DropTask:
    """Take the attempt that a thread waits for out of its queue."""

    thread: int
    task_def: str


@dataclass(slots=True)
class PutReminder:
    """Keep a reminder that is through."""

    number: int
    reminder: Reminder


@dataclass(slots=True)
class DropReminder:
    """Take the attempt of a reminder out of its queue."""

    number: int
    task_def: str


@dataclass(slots=True)
class DeleteRun:
    """Forget the run with everything that belongs to it."""


@dataclass(slots=True)
class ChangeStatus:
    """Tell whoever waits: the WfRun has this status now."""

    status: LHStatus


Effect = (
    EnqueueTask
    | SetTimer
    | ClearTimer
    | PutHistory
    | PutVariable
    | IndexVariable
    | PutOutput
    | DropOutput
    | PutEvent
    | ClaimEvent
    | DropEvent
    | ThrowEvent
    | Correlate
    | Uncorrelate
    | ArchiveThread
    | DropTask
    | PutReminder
    | DropReminder
    | DeleteRun
    | ChangeStatus
)
