"""answers: what goes out: JSON by orjson, problems, text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

JSON = b"application/json"
PROBLEM = b"application/problem+json"


class Answer:
    """A whole answer: status, headers, body. An ASGI app; smaller and faster than a Response."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, body: bytes, content_type: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.headers = [(b"content-length", str(len(body)).encode())]
        if status != 204:
            self.headers.append((b"content-type", content_type))
        for name, value in (headers or {}).items():
            self.headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Content as JSON; it holds what orjson can write."""
    return Answer(orjson.dumps(content), JSON, status, headers)


def problem_answer(content: Any, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    """A problem (RFC 9457)."""
    return Answer(orjson.dumps(content), PROBLEM, status, headers)


def text_answer(text: str | bytes, content_type: str) -> Answer:
    """Text of some other kind."""
    body = text.encode() if isinstance(text, str) else text
    return Answer(body, content_type.encode("latin-1"))


def no_content(headers: Mapping[str, str] | None = None) -> Answer:
    """204: done, and there is nothing to say."""
    return Answer(b"", b"", 204, headers)
