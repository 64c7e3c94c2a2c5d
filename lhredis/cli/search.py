"""search: `lhredis search …`: find WfRuns, and what is in them, by what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli import names
from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, SpecName, TaskDefName
from lhredis.cli.search_options import (
    Major,
    Oldest,
    Parent,
    Revision,
    Since,
    Spec,
    Status,
    Tree,
    Until,
    Where,
    in_capitals,
)

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer(
    help="Find things by what they are.", no_args_is_help=True, cls=Group, rich_markup_mode=None
)


@app.command("wf-runs")
@app.command("runs", hidden=True)
@shows
def wf_runs(
    client: SyncClient,
    spec: Spec = None,
    major_version: Major = None,
    revision: Revision = None,
    status: Status = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    parent: Parent = None,
    tree: Tree = False,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """WfRuns, the newest first."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import page_request, run_filters
    from lhredis.model.search import SearchWfRunRequest

    filters = run_filters(client, spec, major_version, revision, status, where, since, until)
    filters |= {"parent_wf_run_id": parent, "show_full_tree": tree}
    request = page_request(SearchWfRunRequest, filters, limit, bookmark, oldest_first)
    return pages.page_of_runs(client.search_wf_runs(request), "lhredis search wf-runs …")


@app.command("task-runs")
@shows
def task_runs(
    client: SyncClient,
    task_def: TaskDefName,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            help="TASK_SCHEDULED, TASK_FAILED…",
            autocompletion=names.task_statuses,
            callback=in_capitals,
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """TaskRuns of a TaskDef, by the order of their WfRuns."""
    from lhredis.cli import found, pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchTaskRunRequest

    filters = {"task_def_name": task_def, "status": status, **times_of(since, until)}
    page = client.search_task_runs(page_request(SearchTaskRunRequest, filters, limit, bookmark, oldest_first))
    return pages.page_with(page, lambda: found.task_runs(client, page.items), "lhredis search task-runs …")


@app.command("node-runs")
@shows
def node_runs(
    client: SyncClient,
    status: Status = None,
    event_def: Annotated[
        str | None,
        typer.Option(help="That wait for this ExternalEventDef.", autocompletion=names.external_event_defs),
    ] = None,
    spec: Spec = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """NodeRuns, by the order of their WfRuns."""
    from lhredis.cli import found, pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchNodeRunRequest

    event = {"name": event_def} if event_def is not None else None
    filters = {"status": status, "external_event_def_id": event, "wf_spec_name": spec}
    filters.update(times_of(since, until))
    page = client.search_node_runs(page_request(SearchNodeRunRequest, filters, limit, bookmark, oldest_first))
    return pages.page_with(page, lambda: found.node_runs(client, page.items), "lhredis search node-runs …")


@app.command("user-task-runs")
@shows
def user_task_runs(
    client: SyncClient,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            help="UNASSIGNED, ASSIGNED, DONE, CANCELLED.",
            autocompletion=names.user_task_statuses,
            callback=in_capitals,
        ),
    ] = None,
    user_task_def: Annotated[
        str | None,
        typer.Option("--def", help="Only of this UserTaskDef.", autocompletion=names.user_task_defs),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only those that this user has.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only those of this group.")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """UserTaskRuns, the newest first."""
    from lhredis.cli import found, pages
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.search import SearchUserTaskRunRequest

    filters = {"status": status, "user_task_def_name": user_task_def, "user_id": user, "user_group": group}
    filters.update(times_of(since, until))
    page = client.search_user_task_runs(
        page_request(SearchUserTaskRunRequest, filters, limit, bookmark, oldest_first)
    )
    return pages.page_with(
        page, lambda: found.user_task_runs(client, page.items), "lhredis search user-task-runs …"
    )


@app.command("variables")
@shows
def variables(
    client: SyncClient,
    spec: SpecName,
    where: Annotated[str, typer.Argument(metavar="VARIABLE=VALUE")],
    major_version: Major = None,
    revision: Revision = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """Searchable variables that have a value, by the order of their WfRuns."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import page_request, parse_where, version_filter
    from lhredis.model.search import SearchVariableRequest

    version = version_filter(spec, major_version, revision)
    (match,) = parse_where(client, str(version["wf_spec_name"]), [where])
    filters = {**version, **match.to_json()}
    page = client.search_variables(
        page_request(SearchVariableRequest, filters, limit, bookmark, oldest_first)
    )
    cells = ((one.wf_run_id, one.thread_run_number, one.name) for one in page.items)
    return pages.page_of(page, ("wf-run", "thread", "variable"), cells, "lhredis search variables …")
