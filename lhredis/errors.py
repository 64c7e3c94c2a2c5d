"""errors: every error that lhredis raises on purpose.

    LHRedisError
    ├── InvalidArgument       the request is wrong in itself (gRPC INVALID_ARGUMENT)
    │   └── InvalidSpec       ... a WfSpec or TaskDef is, with every problem named
    ├── AlreadyExists         the id is taken (ALREADY_EXISTS)
    ├── NotFound              nothing has this id (NOT_FOUND)
    ├── FailedPrecondition    right request, wrong state of things (FAILED_PRECONDITION)
    │   └── NothingToDo       ... a WfRun needs no migration or rescue, or not any more
    ├── ResourceExhausted     over a named limit (RESOURCE_EXHAUSTED)
    ├── DeadlineExceeded      it did not happen in the time that the caller gave (DEADLINE_EXCEEDED)
    ├── Unavailable           Redis cannot be reached, or the server is not ready (UNAVAILABLE)
    └── LHTaskException       raised by a task function: a business exception of its own name

A class exists because someone catches it. `api/problems.py` maps each to its HTTP status; the
codes are gRPC's, so that a client of LittleHorse meets the ones it knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class LHRedisError(Exception):
    """Any error that lhredis raises on purpose; `str(error)` is a sentence for a person."""


class InvalidArgument(LHRedisError):
    """The request is wrong in itself: no retry of the same request can succeed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document: where (`thread_specs.main.nodes.2-task`), and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidSpec(InvalidArgument):
    """A WfSpec, TaskDef or request body has problems; all of them are in `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        assert problems
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


class AlreadyExists(LHRedisError):
    """The id is taken; what has it was not touched."""


class NotFound(LHRedisError):
    """Nothing has this id."""


class FailedPrecondition(LHRedisError):
    """The request is right, but not in the present state of things."""


class NothingToDo(FailedPrecondition):
    """A migration or rescue has nothing to do with a WfRun, or nothing any more."""


class ResourceExhausted(LHRedisError):
    """A named limit is reached; the message tells the limit and what came."""


class DeadlineExceeded(LHRedisError):
    """What was waited for did not happen in time; it may still happen later."""


class Unavailable(LHRedisError):
    """Redis cannot be reached or refuses to write; the same request may succeed later."""


class LHTaskException(LHRedisError):
    """Raised in a task function: the task ends with a business EXCEPTION of this name.

    `name` follows the id rules (letters, digits, inner hyphens) and is not one of LHErrorType's;
    `content` is any value that a variable can hold. No retry is made (semantics.md 2.3).
    """

    def __init__(self, name: str, message: str = "", content: Any = None) -> None:
        super().__init__(message or name)
        self.name = name
        self.message = message
        self.content = content
