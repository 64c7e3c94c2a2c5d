"""pages: what a search asks for, as the query of the HTTP API's lists."""

from __future__ import annotations

from typing import Any

from lhredis.grpc.messages import to_json
from lhredis.model.limits import PAGE_ITEMS_MAX


def page_query(request: Any, *names: str) -> dict[str, Any]:
    """`limit`, `bookmark` and these fields of a request, as far as they are set. A limit above
    PAGE_ITEMS_MAX is taken for that."""
    form = to_json(request)
    query = {name: form.get(name) for name in ("limit", "bookmark", *names)}
    if query["limit"] is not None:
        query["limit"] = min(query["limit"], PAGE_ITEMS_MAX)
    return query
