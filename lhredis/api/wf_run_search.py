"""wf_run_search: list, search and count WfRuns."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.bookmarks import read_bookmark, write_bookmark
from lhredis.api.call import Call
from lhredis.api.run_queries import run_search
from lhredis.api.shown_run import wf_run_views
from lhredis.api.validation import parse_body
from lhredis.model.search import CountWfRunRequest, SearchOrder, SearchWfRunRequest
from lhredis.store.runs import load_readable
from lhredis.store.search import count, find_page


async def list_wf_runs(call: Call) -> Answer:
    """List WfRuns, the newest first

    A page may hold fewer than `limit` when many had to be looked at; as long as there is a `bookmark`,
    there may be more.
    """
    given = {name: value for name, value in call.query.items() if value is not None}
    return await _page(call, SearchWfRunRequest.model_validate(given))


async def search_wf_runs(call: Call) -> Answer:
    """Search WfRuns

    All filters must hold; without any, all WfRuns are found. A variable filter names a searchable
    variable of the WfSpec. A page may hold fewer than `limit` when many had to be looked at; as long as
    there is a `bookmark`, there may be more.
    """
    return await _page(call, parse_body(SearchWfRunRequest, call.body))


async def count_wf_runs(call: Call) -> Answer:
    """Count WfRuns

    Exactly, with the filters of a search.
    """
    request = parse_body(CountWfRunRequest, call.body)
    search = await run_search(call.services, call.tenant, request, newest_first=True)
    return json_answer({"count": await count(call.services.redis, search)})


async def _page(call: Call, request: SearchWfRunRequest) -> Answer:
    kind = f"wf-runs {request.order.name}"
    began = read_bookmark(kind, request.bookmark)
    newest_first = request.order is SearchOrder.NEWEST_FIRST
    search = await run_search(call.services, call.tenant, request, newest_first)
    after = began[0] if began is not None else None
    found = await find_page(call.services.redis, search, after, request.limit)
    of = [(partition, call.tenant, wf_run_id) for _, wf_run_id, partition in found.rows]
    loaded = await load_readable(call.services.redis, of)
    runs = [stored.run for stored in loaded if stored is not None]
    reply: dict[str, Any] = {"results": await wf_run_views(call.services, call.tenant, runs)}
    if found.more is not None:
        reply["bookmark"] = write_bookmark(kind, found.more)
    return json_answer(reply)
