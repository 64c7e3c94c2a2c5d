"""event_search: `lhredis search …` for events of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, ExternalEventDefName, Limit, WorkflowEventDefName
from lhredis.cli.search_options import Oldest, Since, Until

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer()
"""Part of `lhredis search`."""


@app.command("external-events")
@shows
def external_events(
    client: SyncClient,
    event_def: ExternalEventDefName,
    claimed: Annotated[bool | None, typer.Option("--claimed/--unclaimed")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """ExternalEvents of a def, the newest first."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchExternalEventRequest

    filters: dict[str, Any] = {"external_event_def_id": {"name": event_def}, "is_claimed": claimed}
    filters.update(times_of(since, until))
    request = page_request(SearchExternalEventRequest, filters, limit, bookmark, oldest_first)
    page = client.search_external_events(request)
    cells = ((one.wf_run_id, one.guid) for one in page.items)
    return pages.page_of(page, ("wf-run", "guid"), cells, "lhredis search external-events …")


@app.command("workflow-events")
@shows
def workflow_events(
    client: SyncClient,
    event_def: WorkflowEventDefName,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """WorkflowEvents of a def, the newest first."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchWorkflowEventRequest

    filters = {"workflow_event_def_id": {"name": event_def}, **times_of(since, until)}
    request = page_request(SearchWorkflowEventRequest, filters, limit, bookmark, oldest_first)
    page = client.search_workflow_events(request)
    cells = ((one.wf_run_id, one.number) for one in page.items)
    return pages.page_of(page, ("wf-run", "number"), cells, "lhredis search workflow-events …")


@app.command("correlated-events")
@shows
def correlated_events(
    client: SyncClient,
    event_def: ExternalEventDefName,
    has_events: Annotated[
        bool | None,
        typer.Option("--taken/--untaken", help="Those that have become ExternalEvents, or have not."),
    ] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """CorrelatedEvents of a def, the newest first."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchCorrelatedEventRequest

    filters: dict[str, Any] = {
        "external_event_def_id": {"name": event_def},
        "has_external_events": has_events,
        **times_of(since, until),
    }
    request = page_request(SearchCorrelatedEventRequest, filters, limit, bookmark, oldest_first)
    page = client.search_correlated_events(request)
    cells = ((one.key,) for one in page.items)
    return pages.page_of(page, ("key",), cells, "lhredis search correlated-events …")
