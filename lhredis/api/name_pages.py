"""name_pages: definitions listed by name, page by page."""

from __future__ import annotations

from typing import Any, Protocol

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.parameters import write_name_bookmark


class FindNames(Protocol):
    """The names that start with `prefix`, sorted; at most `limit` of those that follow `after`."""

    async def __call__(self, tenant: str, prefix: str, after: str, limit: int) -> list[str]: ...


async def name_page(call: Call, find: FindNames) -> Answer:
    """A page of ids. The query has PREFIX, LIMIT and NAME_BOOKMARK."""
    limit: int = call.query["limit"]
    names = await find(call.tenant, call.query["prefix"] or "", call.query["bookmark"] or "", limit + 1)
    reply: dict[str, Any] = {"results": [{"name": name} for name in names[:limit]]}
    if len(names) > limit:
        reply["bookmark"] = write_name_bookmark(names[limit - 1])
    return json_answer(reply)
