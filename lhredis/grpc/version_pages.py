"""version_pages: the versions of one definition, page by page: the HTTP API answers all of them at once."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from lhredis.api.operation import Handler
from lhredis.errors import InvalidArgument, NotFound
from lhredis.grpc.context import Context
from lhredis.grpc.messages import from_json, to_json
from lhredis.model.limits import PAGE_ITEMS_DEFAULT


async def versions_page(context: Context, handler: Handler, request: Any, kind: type[Message]) -> Any:
    """A page of the versions that the handler lists for the request's `name`, the oldest first; none of what
    is not there. The bookmark is the place of the first one that is left. InvalidArgument."""
    form = to_json(request)
    bookmark, limit = form.get("bookmark", "0"), form.get("limit", PAGE_ITEMS_DEFAULT)
    if not (bookmark.isascii() and bookmark.isdecimal() and len(bookmark) < 10):
        raise InvalidArgument("bookmark: is none that this server gave for such a list")
    if limit < 1:
        raise InvalidArgument(f"limit: expected an integer from 1; got {limit}")
    try:
        versions = (await context.call(handler, {"name": request.name}))["results"]
    except NotFound:
        versions = []
    start, end = int(bookmark), int(bookmark) + limit
    page = {"results": versions[start:end]}
    return from_json({**page, "bookmark": str(end)} if len(versions) > end else page, kind)
