"""search: `lhredis search …` and `lhredis count …`: find many things by what they are."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.listing import Bookmark, Limit, print_page, print_runs
from lhredis.cli.options import ApiUrl, Json, Level

app = typer.Typer(help="Find things by what they are.", no_args_is_help=True, rich_markup_mode=None)
counting = typer.Typer(help="Count things.", no_args_is_help=True, rich_markup_mode=None)

Spec = Annotated[str | None, typer.Option("--spec", help="Only of this WfSpec.")]
Major = Annotated[int | None, typer.Option("--major-version", min=0)]
Revision = Annotated[int | None, typer.Option("--revision", min=0)]
Status = Annotated[str | None, typer.Option("--status", help="RUNNING, COMPLETED, ERROR…")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", help="variable=value of a searchable variable; all of them must hold."),
]
Since = Annotated[str | None, typer.Option("--since", help="90s, 30m, 1h, 7d ago, or a timestamp.")]
Until = Annotated[str | None, typer.Option("--until", help="The same.")]
Parent = Annotated[str | None, typer.Option("--parent", help="Children of this WfRun.")]
Tree = Annotated[bool, typer.Option("--tree", help="With --parent: their children too.")]
Oldest = Annotated[bool, typer.Option("--oldest-first")]
Def = Annotated[str, typer.Argument(metavar="DEF")]


@app.command("wf-runs")
@app.command("runs", hidden=True)
def wf_runs(
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
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """WfRuns, the newest first."""
    from lhredis.model.search import SearchWfRunRequest

    with connect(api_url) as client:
        filters = _run_filters(
            client, spec, major_version, revision, status, where, since, until, parent, tree
        )
        page = client.search_wf_runs(request_of(SearchWfRunRequest, filters, limit, bookmark, oldest_first))
    print_runs(page, as_json, "lhredis search wf-runs …")


@counting.command("wf-runs")
@counting.command("runs", hidden=True)
def count_wf_runs(
    spec: Spec = None,
    major_version: Major = None,
    revision: Revision = None,
    status: Status = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    parent: Parent = None,
    tree: Tree = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """How many WfRuns there are."""
    from lhredis.model.search import CountWfRunRequest

    with connect(api_url) as client:
        filters = _run_filters(
            client, spec, major_version, revision, status, where, since, until, parent, tree
        )
        _print_count(client.count_wf_runs(checked(CountWfRunRequest, filters)), as_json)


@counting.command("node-runs")
def count_node_runs(
    spec: Annotated[str, typer.Argument(metavar="SPEC")],
    major_version: Major = None,
    revision: Revision = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """How many NodeRuns the WfRuns of a WfSpec have."""
    from lhredis.model.search import CountNodeRunRequest

    form = {"wf_spec_name": spec, "wf_spec_major_version": major_version, "wf_spec_revision": revision}
    with connect(api_url) as client:
        _print_count(client.count_node_runs(checked(CountNodeRunRequest, form)), as_json)


@counting.command("task-runs")
def count_task_runs(
    task_def: Def, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """How many TaskRuns wait for a worker."""
    from lhredis.model.search import CountTaskRunRequest

    with connect(api_url) as client:
        request = checked(CountTaskRunRequest, {"task_def_name": task_def})
        _print_count(client.count_task_runs(request), as_json)


@app.command("task-runs")
def task_runs(
    task_def: Def,
    status: Annotated[str | None, typer.Option("--status", help="TASK_SCHEDULED, TASK_FAILED…")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """TaskRuns of a TaskDef, by the order of their WfRuns."""
    from lhredis.model.search import SearchTaskRunRequest

    filters = {"task_def_name": task_def, "status": status, **times_of(since, until)}
    with connect(api_url) as client:
        page = client.search_task_runs(
            request_of(SearchTaskRunRequest, filters, limit, bookmark, oldest_first)
        )
    rows = ((one.wf_run_id, one.task_guid) for one in page.items)
    print_page(page, ("wf-run", "task"), rows, as_json, "lhredis search task-runs …")


@app.command("node-runs")
def node_runs(
    status: Status = None,
    event_def: Annotated[str | None, typer.Option(help="That wait for this ExternalEventDef.")] = None,
    spec: Spec = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """NodeRuns, by the order of their WfRuns."""
    from lhredis.model.search import SearchNodeRunRequest

    event = {"name": event_def} if event_def is not None else None
    filters = {"status": status, "external_event_def_id": event, "wf_spec_name": spec}
    filters.update(times_of(since, until))
    with connect(api_url) as client:
        page = client.search_node_runs(
            request_of(SearchNodeRunRequest, filters, limit, bookmark, oldest_first)
        )
    rows = ((one.wf_run_id, one.thread_run_number, one.position) for one in page.items)
    print_page(page, ("wf-run", "thread", "position"), rows, as_json, "lhredis search node-runs …")


@app.command("variables")
def variables(
    spec: Annotated[str, typer.Argument(metavar="SPEC")],
    where: Annotated[str, typer.Argument(metavar="VARIABLE=VALUE")],
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Searchable variables that have a value, by the order of their WfRuns."""
    from lhredis.cli.search_words import parse_where
    from lhredis.model.search import SearchVariableRequest

    with connect(api_url) as client:
        (match,) = parse_where(client, spec, [where])
        filters = {"wf_spec_name": spec, **match.to_json()}
        page = client.search_variables(request_of(SearchVariableRequest, filters, limit, bookmark, False))
    rows = ((one.wf_run_id, one.thread_run_number, one.name) for one in page.items)
    print_page(page, ("wf-run", "thread", "variable"), rows, as_json, "lhredis search variables …")


def _run_filters(
    client: Any,
    spec: str | None,
    major_version: int | None,
    revision: int | None,
    status: str | None,
    where: list[str] | None,
    since: str | None,
    until: str | None,
    parent: str | None,
    tree: bool,
) -> dict[str, Any]:
    from lhredis.cli.search_words import parse_where
    from lhredis.errors import InvalidArgument

    if where and spec is None:
        raise InvalidArgument("--where says nothing without a --spec")
    matches = parse_where(client, spec, where) if where and spec is not None else ()
    return {
        "wf_spec_name": spec,
        "wf_spec_major_version": major_version,
        "wf_spec_revision": revision,
        "status": status,
        "variable_filters": [match.to_json() for match in matches],
        "parent_wf_run_id": parent,
        "show_full_tree": tree,
        **times_of(since, until),
    }


def times_of(since: str | None, until: str | None) -> dict[str, Any]:
    """The fields of a request that bound its time. InvalidArgument names the option."""
    from lhredis.cli.search_words import parse_moment

    return {
        "earliest_start": parse_moment(since, "--since"),
        "latest_start": parse_moment(until, "--until"),
    }


def request_of(
    model: Any, filters: dict[str, Any], limit: int, bookmark: str | None, oldest_first: bool
) -> Any:
    """The request for a page. InvalidArgument says what makes no sense."""
    order = "OLDEST_FIRST" if oldest_first else "NEWEST_FIRST"
    return checked(model, {**filters, "limit": limit, "bookmark": bookmark, "order": order})


def checked(model: Any, form: dict[str, Any]) -> Any:
    """The request; InvalidArgument says what makes no sense."""
    from pydantic import ValidationError

    from lhredis.errors import InvalidArgument

    try:
        return model.model_validate({name: value for name, value in form.items() if value is not None})
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(map(str, found["loc"]))
        message = found["msg"].removeprefix("Value error, ")
        raise InvalidArgument(f"{where}: {message}" if where else message) from None


def _print_count(count: int, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json({"count": count})
    else:
        out().print(str(count))
