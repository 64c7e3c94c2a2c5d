"""node_state: what a NodeRun of each kind keeps beside what all NodeRuns have.

One small class per kind, changed in place by the node's file and by nothing else. TASK and SLEEP have
fields of their own in NodeRun, because they are most of what runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lhredis.model.enums import LHStatus, UserTaskRunStatus, WaitingThreadStatus
from lhredis.model.values import Value


class SpecVersion(NamedTuple):
    """A version of a WfSpec."""

    name: str
    major: int
    revision: int


@dataclass(slots=True)
class EventWait:
    """EXTERNAL_EVENT: what it waits for, and the guid of the event it got."""

    event_def: str
    correlation_key: str | None = None
    guid: str | None = None
    event_ms: int | None = None
    timed_out: bool = False


@dataclass(slots=True)
class ThreadsStarted:
    """START_THREAD and START_MULTIPLE_THREADS: the numbers of the children."""

    spec_name: str
    numbers: list[int]


@dataclass(slots=True)
class ThreadWait:
    """One thread that WAIT_FOR_THREADS waits for (semantics.md 2.5)."""

    number: int
    thread_status: LHStatus = LHStatus.RUNNING
    status: WaitingThreadStatus = WaitingThreadStatus.THREAD_IN_PROGRESS
    handler: int | None = None
    ended_ms: int | None = None


@dataclass(slots=True)
class ThreadsWait:
    """WAIT_FOR_THREADS: all its threads."""

    threads: list[ThreadWait]


@dataclass(slots=True)
class EventThrown:
    """THROW_EVENT: which event; the count of its def in this WfRun."""

    event_def: str
    number: int


@dataclass(slots=True)
class ChildWfStarted:
    """RUN_CHILD_WF: the WfRun that was started, and its inputs."""

    wf_run_id: str
    spec: SpecVersion
    inputs: dict[str, Value]


@dataclass(slots=True)
class ChildWfEnd:
    """How a child WfRun ended: with `output`, or with the failure of these words."""

    status: LHStatus
    output: Value = None
    failure_name: str = ""
    message: str = ""
    content: Value = None


@dataclass(slots=True)
class ChildWfWait:
    """WAIT_FOR_CHILD_WF: the WfRun that it waits for, and how that ended."""

    wf_run_id: str
    end: ChildWfEnd | None = None


@dataclass(slots=True)
class UserTaskEvent:
    """A line of a user task's audit trail: the name of the field that it is shown in, and what stands
    there (model/user_task_run.py)."""

    kind: str
    time_ms: int
    details: dict[str, Any]


class UserTaskHook(NamedTuple):
    """An action of the node (by its index) that is to happen."""

    action: int
    due_ms: int


@dataclass(slots=True)
class UserTask:
    """USER_TASK: the form, who has it, what was filled in. `hooks` are by the number of their timer, and
    `hooks_set` counts them; one that is not there any more does nothing. `failure` is (name, message) of
    what a cancelled one fails with."""

    user_task_def: str
    version: int
    scheduled_ms: int
    status: UserTaskRunStatus = UserTaskRunStatus.UNASSIGNED
    user_id: str | None = None
    user_group: str | None = None
    notes: str | None = None
    epoch: int = 0
    results: dict[str, Value] = field(default_factory=dict)
    events: list[UserTaskEvent] = field(default_factory=list)
    hooks: dict[int, UserTaskHook] = field(default_factory=dict)
    hooks_set: int = 0
    failure: tuple[str, str] | None = None

    @property
    def is_open(self) -> bool:
        return self.status in (UserTaskRunStatus.ASSIGNED, UserTaskRunStatus.UNASSIGNED)


NodeState = EventWait | ThreadsStarted | ThreadsWait | EventThrown | ChildWfStarted | ChildWfWait | UserTask
