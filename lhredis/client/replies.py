"""replies: what the API answered, as Python: a problem becomes the error that the server raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import orjson

from lhredis.errors import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    InvalidSpec,
    LHRedisError,
    NotFound,
    Problem,
    ResourceExhausted,
    Unavailable,
)

Item = TypeVar("Item")

CODES: dict[str, type[LHRedisError]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "ALREADY_EXISTS": AlreadyExists,
    "NOT_FOUND": NotFound,
    "FAILED_PRECONDITION": FailedPrecondition,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "UNAVAILABLE": Unavailable,
}
"""The `code` of a problem → the error; a code that is not here is an LHRedisError."""

TEXT_CHARS_MAX = 300
"""How much of an answer that is no problem of ours stands in the error."""


@dataclass(slots=True, frozen=True)
class Page(Generic[Item]):
    """Some items of a list. `bookmark` asks for the next ones; None means that these are the last."""

    items: list[Item]
    bookmark: str | None = None


def error_of(problem: dict[str, Any]) -> LHRedisError:
    """The error that a problem (RFC 9457, docs/http-api.md) tells of."""
    kind = CODES.get(str(problem.get("code")), LHRedisError)
    found = [Problem(str(one.get("path", "")), str(one["message"])) for one in problem.get("problems", ())]
    if found and kind is InvalidArgument:
        return InvalidSpec(found)
    return kind(str(problem.get("detail") or problem.get("title") or "the server gave no reason"))


def error_of_response(response: httpx.Response) -> LHRedisError:
    """The error of an answer outside 2xx, also when it is not lhredis that answered."""
    try:
        body = orjson.loads(response.content)
        if isinstance(body, dict) and "code" in body:
            return error_of(body)
    except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
        pass
    request = response.request
    text = response.text[:TEXT_CHARS_MAX]
    message = (
        f"{request.method} {request.url} answered {response.status_code}, and no problem of ours: {text!r}"
    )
    return Unavailable(message) if response.status_code in (502, 503, 504) else LHRedisError(message)
