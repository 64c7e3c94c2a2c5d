"""pages: what a search asks for, as the query or the body of the HTTP API's lists and searches."""

from __future__ import annotations

from typing import Any

from lhredis.grpc.messages import to_json
from lhredis.model.limits import PAGE_ITEMS_MAX


def page_query(request: Any, *names: str) -> dict[str, Any]:
    """`limit`, `bookmark` and these fields of a request, as far as they are set. A limit above
    PAGE_ITEMS_MAX is taken for that."""
    form = search_form(request)
    return {name: form.get(name) for name in ("limit", "bookmark", *names)}


def search_form(request: Any) -> dict[str, Any]:
    """The whole request. A limit above PAGE_ITEMS_MAX is taken for that."""
    form: dict[str, Any] = to_json(request)
    if "limit" in form:
        form["limit"] = min(form["limit"], PAGE_ITEMS_MAX)
    return form
