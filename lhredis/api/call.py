"""call: one request, read and checked: who asks, the values in the URL, the body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope

from lhredis import config
from lhredis.api.problems import RequestRefused
from lhredis.errors import InvalidArgument
from lhredis.model.ids import check_name
from lhredis.model.limits import BODY_BYTES_MAX

if TYPE_CHECKING:
    from lhredis.api.services import Services

TENANT_HEADER = "LHRedis-Tenant"
DURABILITY_HEADER = "LHRedis-Durability"

DRAINED_BYTES_MAX = 16 * BODY_BYTES_MAX
"""How much of a body that is too large is read before the connection is closed."""


@dataclass(slots=True)
class Call:
    """What a handler works with. `path` and `query` hold values, checked; `body` is raw."""

    services: Services
    tenant: str
    path: dict[str, Any]
    query: dict[str, Any]
    body: bytes
    durability: str | None
    instance: str


def header(scope: Scope, wanted: str) -> str | None:
    """A request header, None when it is not there."""
    raw = _in_small_letters(wanted)
    for name, value in scope["headers"]:
        if name == raw:
            return str(value.decode("latin-1"))
    return None


@cache
def _in_small_letters(name: str) -> bytes:
    """As ASGI has the names of headers."""
    return name.lower().encode("latin-1")


def tenant_of(scope: Scope) -> str:
    """Whose data is meant. InvalidArgument when the header holds no name."""
    name = header(scope, TENANT_HEADER)
    if name is None:
        return config.TENANT_DEFAULT
    try:
        return check_name(name)
    except ValueError as error:
        raise InvalidArgument(f"header {TENANT_HEADER}: {error}") from None


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The body, never more than BODY_BYTES_MAX of it in memory. One that is too large is read on and
    thrown away, within reason: most clients look for an answer only once they have sent everything."""
    kind = header(scope, "Content-Type") or ""
    if kind.startswith("multipart/"):  # a form's urlencoded is what `curl -d` says of any body
        detail = f"the body must be JSON; Content-Type says {kind[:100]!r}"
        raise RequestRefused(415, "INVALID_ARGUMENT", "The body is no JSON", detail)
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= DRAINED_BYTES_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidArgument("the body ended before it was complete")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= BODY_BYTES_MAX:
            chunks.append(chunk)
        else:
            chunks.clear()
        more = message.get("more_body", False)
    if size > BODY_BYTES_MAX:
        detail = f"a body has at most {BODY_BYTES_MAX} bytes (BODY_BYTES_MAX); got {size}"
        if more:
            detail += " and more"
        headers = {"Connection": "close"} if more else None
        raise RequestRefused(413, "RESOURCE_EXHAUSTED", "The body is too large", detail, headers)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
