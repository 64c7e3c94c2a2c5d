"""problems: the one table from errors to HTTP statuses; bodies are RFC 9457 problem+json.

| code                | status | when                                                            |
|---------------------|--------|-----------------------------------------------------------------|
| INVALID_ARGUMENT    | 400    | the request is wrong in itself (415 for a multipart body)       |
| NOT_FOUND           | 404    | nothing has this id; there is no such URL                       |
| UNIMPLEMENTED       | 405    | the URL has no such method                                      |
| ALREADY_EXISTS      | 409    | the id is taken                                                 |
| FAILED_PRECONDITION | 412    | right request, wrong state of things                            |
| RESOURCE_EXHAUSTED  | 429    | over a named limit (413 for a body that is too large)           |
| INTERNAL            | 500    | a bug of ours, logged with its traceback                        |
| UNAVAILABLE         | 503    | Redis is away or refuses to write; the same request may succeed |
| DEADLINE_EXCEEDED   | 504    | it did not happen in the time given                             |

The codes are gRPC's. `type` is `https://lhredis.dev/problems/<code in kebab-case>` and never changes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from redis import exceptions as redis_errors

from lhredis.api.answers import Answer, problem_answer
from lhredis.api.validation import problems_of
from lhredis.errors import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    InvalidSpec,
    NotFound,
    Problem,
    ResourceExhausted,
    Unavailable,
)
from lhredis.store.outage import what_redis_said

log = logging.getLogger("lhredis.api")

STATUSES: dict[type[Exception], tuple[str, int, str]] = {
    InvalidArgument: ("INVALID_ARGUMENT", 400, "The request is wrong in itself"),
    NotFound: ("NOT_FOUND", 404, "Nothing has this id"),
    AlreadyExists: ("ALREADY_EXISTS", 409, "The id is taken"),
    FailedPrecondition: ("FAILED_PRECONDITION", 412, "Not in the present state of things"),
    ResourceExhausted: ("RESOURCE_EXHAUSTED", 429, "A limit is reached"),
    Unavailable: ("UNAVAILABLE", 503, "The server cannot do this now"),
    DeadlineExceeded: ("DEADLINE_EXCEEDED", 504, "It did not happen in time"),
}
"""Error class → code, status, title. A subclass has what its nearest parent here has."""

INTERNAL = ("INTERNAL", 500, "The server failed")

TYPE_PREFIX = "https://lhredis.dev/problems/"
DETAIL_CHARS_MAX = 2_000
PROBLEMS_MAX = 100
REFUSAL_CHARS_MAX = 80

_AWAY = (
    redis_errors.ConnectionError,
    redis_errors.TimeoutError,
    OSError,
    TimeoutError,
)
_REFUSED = (redis_errors.BusyLoadingError, redis_errors.ReadOnlyError, redis_errors.OutOfMemoryError)
"""Refusals that redis-py has classes for."""
_REFUSALS = ("OOM", "MISCONF", "READONLY", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "BUSY ")


class RequestRefused(Exception):
    """A request that HTTP has a status of its own for: 404 and 405 of URLs, 413, 415."""

    def __init__(
        self, status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.row = (code, status, title)
        self.headers = headers


def answer_of(error: Exception, instance: str) -> Answer:
    """What a client gets for an error; `instance` is the path that it asked for."""
    headers = error.headers if isinstance(error, RequestRefused) else None
    body = problem_of(error, instance)
    return problem_answer(body, body["status"], headers)


def problem_of(error: Exception, instance: str) -> dict[str, Any]:
    """The problem of an error. A bug is logged here, and says nothing of itself."""
    error = _ours(error)
    code, status, title = _row(error)
    if code == "INTERNAL":
        log.error("%s failed", instance, exc_info=error)
        detail = "the server met a bug of its own; its log has the traceback"
    else:
        detail = _cut(str(error))
    problem = {
        "type": TYPE_PREFIX + code.lower().replace("_", "-"),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
    }
    if isinstance(error, InvalidSpec):
        problem["problems"] = _listed(error.problems)
    return problem


def _row(error: Exception) -> tuple[str, int, str]:
    if isinstance(error, RequestRefused):
        return error.row
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), INTERNAL)


def _ours(error: Exception) -> Exception:
    """The error of ours that another library's error is, if it is one."""
    if isinstance(error, ValidationError):
        return InvalidSpec(problems_of(error))
    if isinstance(error, _REFUSED):
        return Unavailable(f"Redis refuses to work right now: {_said(error)}")
    if isinstance(error, _AWAY):
        return Unavailable("Redis cannot be reached right now")
    if isinstance(error, redis_errors.ResponseError):
        said = _said(error)
        if any(word in said for word in _REFUSALS):
            return Unavailable(f"Redis refuses to work right now: {said}")
    return error


def _said(error: Exception) -> str:
    return what_redis_said(error)[:REFUSAL_CHARS_MAX]


def _listed(problems: list[Problem]) -> list[dict[str, str]]:
    shown = [{"path": _cut(one.path), "message": _cut(one.message)} for one in problems[:PROBLEMS_MAX]]
    if len(problems) > PROBLEMS_MAX:
        shown.append({"path": "", "message": f"… and {len(problems) - PROBLEMS_MAX} more problems"})
    return shown


def _cut(text: str) -> str:
    return text if len(text) <= DETAIL_CHARS_MAX else text[:DETAIL_CHARS_MAX] + " …"
