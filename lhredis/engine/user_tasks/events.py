"""events: what people did to a UserTaskRun, in the past tense (see engine/events.py).

`thread` and `position` tell the NodeRun that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

from lhredis.model.values import Value


@dataclass(slots=True)
class UserTaskAssigned:
    """Somebody gave it to a user, a group or both."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str | None
    user_group: str | None
    override_claim: bool = False


@dataclass(slots=True)
class UserTaskClaimed:
    """A user took it, from its group or from another user."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str
    override_claim: bool = False


@dataclass(slots=True)
class UserTaskReleased:
    """Its user gave it back to its group."""

    now_ms: int
    nonce: str
    thread: int
    position: int


@dataclass(slots=True)
class UserTaskSaved:
    """A user saved what they filled in so far."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str
    results: dict[str, Value]
    ignore_claim: bool = False


@dataclass(slots=True)
class UserTaskCompleted:
    """A user filled it in."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str
    results: dict[str, Value]


@dataclass(slots=True)
class UserTaskCancelled:
    """Somebody cancelled it."""

    now_ms: int
    nonce: str
    thread: int
    position: int


@dataclass(slots=True)
class UserTaskCommented:
    """A user wrote a comment; with a `comment_id`, in place of an earlier one."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str
    comment: str
    comment_id: int | None = None


@dataclass(slots=True)
class UserTaskCommentDeleted:
    """A user deleted a comment."""

    now_ms: int
    nonce: str
    thread: int
    position: int
    user_id: str
    comment_id: int


UserTaskOperation = (
    UserTaskAssigned
    | UserTaskClaimed
    | UserTaskReleased
    | UserTaskSaved
    | UserTaskCompleted
    | UserTaskCancelled
    | UserTaskCommented
    | UserTaskCommentDeleted
)
