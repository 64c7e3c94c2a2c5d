"""event_search: `lhredis search …` for events of all kinds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.listing import Bookmark, Limit, print_page
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.cli.search import Def, Oldest, Since, Until, request_of, times_of


def external_events(
    event_def: Def,
    claimed: Annotated[bool | None, typer.Option("--claimed/--unclaimed")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """ExternalEvents of a def, the newest first."""
    from lhredis.model.search import SearchExternalEventRequest

    filters: dict[str, Any] = {"external_event_def_id": {"name": event_def}, "is_claimed": claimed}
    filters.update(times_of(since, until))
    with connect(api_url) as client:
        request = request_of(SearchExternalEventRequest, filters, limit, bookmark, oldest_first)
        page = client.search_external_events(request)
    rows = ((one.wf_run_id, one.guid) for one in page.items)
    print_page(page, ("wf-run", "guid"), rows, as_json, "lhredis search external-events …")


def workflow_events(
    event_def: Def,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """WorkflowEvents of a def, the newest first."""
    from lhredis.model.search import SearchWorkflowEventRequest

    filters = {"workflow_event_def_id": {"name": event_def}, **times_of(since, until)}
    with connect(api_url) as client:
        request = request_of(SearchWorkflowEventRequest, filters, limit, bookmark, oldest_first)
        page = client.search_workflow_events(request)
    rows = ((one.wf_run_id, one.number) for one in page.items)
    print_page(page, ("wf-run", "number"), rows, as_json, "lhredis search workflow-events …")


def correlated_events(
    event_def: Def,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """CorrelatedEvents of a def, the newest first."""
    from lhredis.model.search import SearchCorrelatedEventRequest

    filters = {"external_event_def_id": {"name": event_def}, **times_of(since, until)}
    with connect(api_url) as client:
        request = request_of(SearchCorrelatedEventRequest, filters, limit, bookmark, oldest_first)
        page = client.search_correlated_events(request)
    print_page(
        page, ("key",), ((one.key,) for one in page.items), as_json, "lhredis search correlated-events …"
    )
