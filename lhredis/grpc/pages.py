"""pages: what a search asks for, as the query of the HTTP API's lists."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from lhredis.errors import InvalidArgument, NotFound
from lhredis.grpc.messages import to_json
from lhredis.model.limits import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX


def page_query(request: Any, *names: str) -> dict[str, Any]:
    """`limit`, `bookmark` and these fields of a request, as far as they are set. A limit above
    PAGE_ITEMS_MAX is taken for that."""
    form = to_json(request)
    query = {name: form.get(name) for name in ("limit", "bookmark", *names)}
    if query["limit"] is not None:
        query["limit"] = min(query["limit"], PAGE_ITEMS_MAX)
    return query


def page_of(whole: Any, request: Any) -> dict[str, Any]:
    """The page that a request asks for, of a list that the HTTP API gives whole (`results`; None for an
    empty one). The bookmark is the place of the first item that is left. InvalidArgument."""
    items = whole["results"] if whole is not None else []
    form = to_json(request)
    bookmark = form.get("bookmark", "0")
    if not (bookmark.isascii() and bookmark.isdecimal() and len(bookmark) < 10):
        raise InvalidArgument("bookmark: is none that this server gave for such a list")
    limit = form.get("limit", PAGE_ITEMS_DEFAULT)
    if limit < 1:
        raise InvalidArgument(f"limit: expected an integer from 1; got {limit}")
    start, end = int(bookmark), int(bookmark) + limit
    page = {"results": items[start:end]}
    return {**page, "bookmark": str(end)} if len(items) > end else page


async def none_if_missing(call: Awaitable[Any]) -> Any:
    """The answer of a call, None when it is NotFound: to a search, what is not there is no error."""
    try:
        return await call
    except NotFound:
        return None
