"""deeds: what people do to a run, one after the other, and what they wait for in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from lhredis.engine.events import Event, MigrationApplied, RunDeleted, RunRescued, RunResumed, RunStopped
from lhredis.engine.node_state import UserTask
from lhredis.engine.run import Migration, Run
from lhredis.engine.user_tasks.events import (
    UserTaskAssigned,
    UserTaskCancelled,
    UserTaskCommented,
    UserTaskCompleted,
    UserTaskSaved,
)
from lhredis.model.enums import LHStatus

Make = Callable[[int, str], Event]


@dataclass(frozen=True, slots=True)
class Post:
    """An ExternalEvent of this def; an `early` one may come before the run was started."""

    event_def: str
    content: Any = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class PostCorrelated:
    """A CorrelatedEvent whose key is the run's id."""

    event_def: str
    content: Any = None
    early: bool = True


@dataclass(frozen=True, slots=True)
class Do:
    """What somebody asks of the run, or of its first child: `make(now_ms, nonce)` makes the event."""

    make: Make
    of_child: bool = False
    early: bool = False

    @property
    def what(self) -> str:
        return str(self.make(0, ""))


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until the run, or its first child, is as they want it; None stands for a run that is not there."""

    what: str
    holds: Callable[[Run | None], bool]
    of_child: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Mend:
    """Something outside of lhredis is repaired: from now on, the task `mends` does what it should."""

    early: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """A bulk job deletes the runs of the run's WfSpec that have this status, or migrates those that go on."""

    status: str | None = None
    migration: Migration | None = None
    early: bool = False


Deed = Post | PostCorrelated | Do | Until | Mend | Sweep


def stop(thread: int = 0, of_child: bool = False) -> Do:
    return Do(partial(RunStopped, thread=thread), of_child)


def resume(thread: int = 0, of_child: bool = False) -> Do:
    return Do(partial(RunResumed, thread=thread), of_child)


def rescue(thread: int = 0, skip: bool = False, of_child: bool = False) -> Do:
    return Do(partial(RunRescued, thread=thread, skip_current_node=skip), of_child)


def migrate(migration: Migration) -> Do:
    return Do(partial(MigrationApplied, migration=migration))


def delete(of_child: bool = False) -> Do:
    return Do(RunDeleted, of_child)


def assign(user_id: str | None, user_group: str | None = None, thread: int = 0, position: int = 1) -> Do:
    who = {"user_id": user_id, "user_group": user_group, "override_claim": True}
    return Do(partial(UserTaskAssigned, thread=thread, position=position, **who))


def save(user_id: str, results: dict[str, Any], thread: int = 0, position: int = 1) -> Do:
    return Do(partial(UserTaskSaved, thread=thread, position=position, user_id=user_id, results=results))


def comment(user_id: str, text: str, thread: int = 0, position: int = 1) -> Do:
    return Do(partial(UserTaskCommented, thread=thread, position=position, user_id=user_id, comment=text))


def complete(user_id: str, results: dict[str, Any], thread: int = 0, position: int = 1) -> Do:
    return Do(partial(UserTaskCompleted, thread=thread, position=position, user_id=user_id, results=results))


def cancel(thread: int = 0, position: int = 1) -> Do:
    return Do(partial(UserTaskCancelled, thread=thread, position=position))


def until_status(*statuses: LHStatus, thread: int = 0, of_child: bool = False) -> Until:
    """Until a thread has one of these statuses."""

    def holds(run: Run | None) -> bool:
        return run is not None and thread in run.threads and run.threads[thread].status in statuses

    return Until(f"thread {thread} is {' or '.join(status.name for status in statuses)}", holds, of_child)


until_failed = partial(until_status, LHStatus.ERROR)


def until_gone(of_child: bool = False) -> Until:
    return Until("it is gone", lambda run: run is None, of_child)


def until_over() -> Until:
    """Until the run has COMPLETED, or somebody has deleted it."""

    def holds(run: Run | None) -> bool:
        return run is None or run.status is LHStatus.COMPLETED

    return Until("it is over", holds)


def until_started(thread: int) -> Until:
    """Until there is a thread of this number."""

    def holds(run: Run | None) -> bool:
        return run is not None and run.greatest_thread_number >= thread

    return Until(f"there is a thread {thread}", holds)


def until_at(position: int, thread: int = 0) -> Until:
    """Until a thread stands on its NodeRun of this position."""

    def holds(run: Run | None) -> bool:
        return run is not None and thread in run.threads and run.threads[thread].position >= position

    return Until(f"thread {thread} is at {position}", holds)


def until_follows(*version: int, thread: int = 0) -> Until:
    """Until a thread follows this version of its WfSpec."""

    def holds(run: Run | None) -> bool:
        return run is not None and thread in run.threads and run.spec_of(run.threads[thread])[1:] == version

    return Until(f"thread {thread} follows {version}", holds)


def until_reminded(times: int) -> Until:
    """Until so many reminders were sent, and are through."""

    def holds(run: Run | None) -> bool:
        return run is not None and run.reminders_made >= times and not run.reminders

    return Until(f"{times} reminders are through", holds)


def until_unassigned(position: int = 1) -> Until:
    """Until no user has the user task that thread 0 stands on."""

    def holds(run: Run | None) -> bool:
        node = run.threads[0].node if run is not None else None
        if node is None or node.position != position or not isinstance(node.state, UserTask):
            return False
        return node.state.user_id is None

    return Until("no user has it", holds)
