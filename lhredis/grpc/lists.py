"""lists: what belongs to one WfRun, page by page: the HTTP API answers all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from google.protobuf.message import Message

from lhredis.api.operation import Handler
from lhredis.errors import InvalidArgument, NotFound
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json

LIST_BYTES_MAX = 3 * 1024 * 1024
"""A page has no more, if it has two items: most clients refuse messages of more than 4 MiB."""


async def list_page(
    context: Context,
    handler: Handler,
    request: Any,
    kind: type[Message],
    query: Mapping[str, Any] | None = None,
) -> Any:
    """A page of what the handler lists of the request's WfRun; without a limit as much as fits. A WfRun that
    is not there has nothing. The bookmark is the id of the page's last item."""
    limit = request.limit if request.HasField("limit") else None
    if limit is not None and limit < 1:
        raise InvalidArgument(f"limit: expected 1 or more; got {limit}")
    try:
        answer = await context.call(handler, {"wf_run_id": to_json(request.wf_run_id)}, query)
        items = answer["results"]
    except NotFound:
        items = []
    page: Any = kind()
    size, last = 0, b""
    for item in _after(request, items):
        found: Any = from_json({"results": [item]}, kind)
        size += found.ByteSize()
        if page.results and (len(page.results) == limit or size > LIST_BYTES_MAX):
            page.bookmark = last
            break
        page.MergeFrom(found)
        last = orjson.dumps(item["id"])
    return page


def _after(request: Any, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What follows the bookmark."""
    if not request.bookmark:
        return items
    for number, item in enumerate(items):
        if orjson.dumps(item["id"]) == request.bookmark:
            return items[number + 1 :]
    raise InvalidArgument("bookmark: is none that this server gave for this list")
