"""event_search: search ExternalEvents, CorrelatedEvents and WorkflowEvents by def and time."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.bookmarks import read_bookmark, write_bookmark
from lhredis.api.call import Call
from lhredis.api.validation import parse_body
from lhredis.model.search import (
    Paging,
    SearchCorrelatedEventRequest,
    SearchExternalEventRequest,
    SearchOrder,
    SearchWorkflowEventRequest,
)
from lhredis.store import keys
from lhredis.store.correlations import load_correlations
from lhredis.store.search import Keys, Search, find_page
from lhredis.store.walk import Row


async def search_external_events(call: Call) -> Answer:
    """Search the ExternalEvents of a def"""
    request = parse_body(SearchExternalEventRequest, call.body)
    name, claimed = request.external_event_def_id.name, request.is_claimed
    states = (False, True) if claimed is None else (claimed,)

    def sets(partition: int) -> list[str]:
        return [keys.index_external_events(partition, call.tenant, name, state) for state in states]

    def view(member: str) -> dict[str, Any]:
        wf_run_id, _, guid = member.partition("/")
        return {"wf_run_id": wf_run_id, "external_event_def_id": {"name": name}, "guid": guid}

    rows, bookmark = await _find(call, "external-events", request, request.between_ms, sets)
    return _answer([view(member) for _, member, _ in rows], bookmark)


async def search_workflow_events(call: Call) -> Answer:
    """Search the WorkflowEvents of a def"""
    request = parse_body(SearchWorkflowEventRequest, call.body)
    name = request.workflow_event_def_id.name

    def sets(partition: int) -> list[str]:
        return [keys.index_workflow_events(partition, call.tenant, name)]

    def view(member: str) -> dict[str, Any]:
        wf_run_id, _, number = member.partition("/")
        return {"wf_run_id": wf_run_id, "workflow_event_def_id": {"name": name}, "number": int(number)}

    rows, bookmark = await _find(call, "workflow-events", request, request.between_ms, sets)
    return _answer([view(member) for _, member, _ in rows], bookmark)


async def search_correlated_events(call: Call) -> Answer:
    """Search the CorrelatedEvents of a def

    With `has_external_events` a page may hold fewer than `limit`; as long as there is a `bookmark`, there
    may be more.
    """
    request = parse_body(SearchCorrelatedEventRequest, call.body)
    name = request.external_event_def_id.name

    def sets(partition: int) -> list[str]:
        return [keys.index_correlated_events(partition, call.tenant, name)]

    rows, bookmark = await _find(call, "correlated-events", request, request.between_ms, sets)
    if request.has_external_events is not None:
        rows = await _with_external_events(call, name, rows, request.has_external_events)
    results = [{"key": key, "external_event_def_id": {"name": name}} for _, key, _ in rows]
    return _answer(results, bookmark)


async def _find(
    call: Call, noun: str, paging: Paging, between_ms: tuple[int, int], sets: Keys
) -> tuple[list[Row], str | None]:
    services, newest_first = call.services, paging.order is SearchOrder.NEWEST_FIRST
    kind = f"{noun} {paging.order.name}"
    began = read_bookmark(kind, paging.bookmark)
    search = Search([sets], range(services.partitions), *between_ms, newest_first)
    found = await find_page(services.redis, search, began[0] if began is not None else None, paging.limit)
    return found.rows, write_bookmark(kind, found.more) if found.more is not None else None


async def _with_external_events(call: Call, name: str, rows: list[Row], wanted: bool) -> list[Row]:
    services = call.services
    addresses = [(call.tenant, name, key) for _, key, _ in rows]
    found = await load_correlations(services.redis, services.partitions, addresses) if rows else []
    return [
        row
        for row, stored in zip(rows, found, strict=True)
        if stored.correlation.event is not None and bool(stored.correlation.event.delivered) is wanted
    ]


def _answer(results: list[dict[str, Any]], bookmark: str | None) -> Answer:
    return json_answer({"results": results, **({"bookmark": bookmark} if bookmark is not None else {})})
