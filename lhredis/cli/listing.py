"""listing: `lhredis list …`: many things of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.get import RunId, TaskGuid
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from lhredis.client import Page
    from lhredis.model.wf_run import WfRun

app = typer.Typer(help="Show many things of a kind.", no_args_is_help=True, rich_markup_mode=None)

Limit = Annotated[int, typer.Option(min=1, max=1000)]
Bookmark = Annotated[str | None, typer.Option(help="Of the page before.")]
Prefix = Annotated[str | None, typer.Option(help="Only names that start like this.")]


@app.command("wf-runs")
def wf_runs(
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """WfRuns, the newest first."""
    with connect(api_url) as client:
        page = client.list_wf_runs(limit, bookmark)
    print_runs(page, as_json, "lhredis list wf-runs")


@app.command("wf-specs")
def wf_specs(
    name: Annotated[str | None, typer.Argument(help="All versions of this one.")] = None,
    prefix: Prefix = None,
    task_def: Annotated[str | None, typer.Option(help="Only those that name this TaskDef.")] = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The newest version of every WfSpec, or all versions of one."""
    with connect(api_url) as client:
        if name is not None:
            found, more = client.list_wf_spec_versions(name), None
        else:
            page = client.list_wf_specs(prefix, limit, bookmark, task_def)
            found, more = page.items, page.bookmark
    rows = ((one.name, f"{one.major_version}.{one.revision}") for one in found)
    _print(found, ("wf-spec", "version"), rows, as_json, more)
    _tell_more("wf-specs" + (f" --prefix {prefix}" if prefix else ""), more, as_json)


@app.command("task-defs")
def task_defs(
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The names of TaskDefs."""
    with connect(api_url) as client:
        page = client.list_task_defs(prefix, limit, bookmark)
    _print_names("task-def", prefix, page, as_json)


@app.command("struct-defs")
def struct_defs(
    name: Annotated[str | None, typer.Argument(help="All versions of this one.")] = None,
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The newest version of every StructDef, or all versions of one."""
    with connect(api_url) as client:
        if name is not None:
            found, more = client.list_struct_def_versions(name), None
        else:
            page = client.list_struct_defs(prefix, limit, bookmark)
            found, more = page.items, page.bookmark
    rows = ((one.name, str(one.version)) for one in found)
    _print(found, ("struct-def", "version"), rows, as_json, more)
    _tell_more("struct-defs" + (f" --prefix {prefix}" if prefix else ""), more, as_json)


@app.command("user-task-defs")
def user_task_defs(
    name: Annotated[str | None, typer.Argument(help="All versions of this one.")] = None,
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The newest version of every UserTaskDef, or all versions of one."""
    with connect(api_url) as client:
        if name is not None:
            found, more = client.list_user_task_def_versions(name), None
        else:
            page = client.list_user_task_defs(prefix, limit, bookmark)
            found, more = page.items, page.bookmark
    rows = ((one.name, str(one.version)) for one in found)
    _print(found, ("user-task-def", "version"), rows, as_json, more)
    _tell_more("user-task-defs" + (f" --prefix {prefix}" if prefix else ""), more, as_json)


@app.command("external-event-defs")
def external_event_defs(
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The names of ExternalEventDefs."""
    with connect(api_url) as client:
        page = client.list_external_event_defs(prefix, limit, bookmark)
    _print_names("external-event-def", prefix, page, as_json)


@app.command("workflow-event-defs")
def workflow_event_defs(
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The names of WorkflowEventDefs."""
    with connect(api_url) as client:
        page = client.list_workflow_event_defs(prefix, limit, bookmark)
    _print_names("workflow-event-def", prefix, page, as_json)


@app.command("node-runs")
def node_runs(
    id: RunId,
    thread: Annotated[int | None, typer.Option(min=0, help="Of this ThreadRun only.")] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """The NodeRuns of a WfRun."""
    from lhredis.cli import run_tables
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        found = client.list_node_runs(id, thread)
        if as_json:
            print_json({"results": found})
        else:
            out().print(run_tables.node_runs(found, client.list_task_runs(id)))


@app.command("task-runs")
def task_runs(id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """The TaskRuns of a WfRun."""
    from lhredis.cli import run_tables, tables

    with connect(api_url) as client:
        found = client.list_task_runs(id)
    rows = (
        (
            one.id.task_guid, one.task_def_id.name, tables.status(one.status), one.scheduled_at,
            f"{len(one.attempts)} of {one.total_attempts}", run_tables.attempt_error(one.attempts[-1]),
        )
        for one in found
    )  # fmt: skip
    _print(found, ("guid", "task-def", "status", "scheduled", "attempts", "error"), rows, as_json)


@app.command("checkpoints")
def checkpoints(
    id: RunId, task_guid: TaskGuid, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """The values that a task stored on its way, for its retries."""
    from lhredis.cli import tables

    with connect(api_url) as client:
        found = client.list_checkpoints(id, task_guid)
    rows = (
        (one.id.checkpoint_number, one.created_at, tables.shown(one.value), one.logs or "") for one in found
    )
    _print(found, ("number", "created", "value", "logs"), rows, as_json)


@app.command("variables")
def variables(id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """The variables of a WfRun, as they are now."""
    from lhredis.cli import run_tables
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        found = client.list_variables(id)
    if as_json:
        print_json({"results": found})
    else:
        out().print(run_tables.variables(found))


@app.command("external-events")
def external_events(
    id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """The events posted to a WfRun, claimed or not."""
    from lhredis.cli import event_tables
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        found = client.list_external_events(id)
    if as_json:
        print_json({"results": found})
    else:
        out().print(event_tables.external_events(found))


@app.command("workflow-events")
def workflow_events(
    id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """The events that a WfRun has thrown."""
    from lhredis.cli import event_tables
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        found = client.list_workflow_events(id)
    if as_json:
        print_json({"results": found})
    else:
        out().print(event_tables.workflow_events(found))


@app.command("quarantine")
def quarantine(
    limit: Limit = 20, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Events that were set aside because their step raised: bugs of lhredis; the newest first."""
    with connect(api_url) as client:
        found = client.quarantine(limit)
    rows = (
        (
            one.get("at", ""),
            one.get("tenant", ""),
            one.get("wf_run_id", ""),
            _last_line(one.get("traceback", "")),
        )
        for one in found
    )
    _print(found, ("at", "tenant", "wf-run", "error"), rows, as_json)


def _last_line(text: Any) -> str:
    lines = str(text).strip().splitlines()
    return lines[-1] if lines else ""


def print_runs(page: Page[WfRun], as_json: bool, command: str) -> None:
    """A page of WfRuns; `command` gives the next one."""
    from lhredis.cli import tables

    rows = (
        (
            one.id,
            one.wf_spec_id,
            tables.status(one.status),
            one.start_time,
            tables.duration(one.start_time, one.end_time),
        )
        for one in page.items
    )
    print_page(page, ("wf-run", "wf-spec", "status", "started", "took"), rows, as_json, command)


def print_page(
    page: Page[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]], as_json: bool, command: str
) -> None:
    """A page; `command` gives the next one."""
    from lhredis.cli.console import out

    _print(page.items, columns, rows, as_json, page.bookmark)
    if page.bookmark and not as_json:
        out().print(f"more: {command} --bookmark {page.bookmark}", style="dim", markup=False)


def _print_names(noun: str, prefix: str | None, page: Page[str], as_json: bool) -> None:
    ids = [{"name": name} for name in page.items]
    _print(ids, (noun,), ((name,) for name in page.items), as_json, page.bookmark)
    _tell_more(f"{noun}s" + (f" --prefix {prefix}" if prefix else ""), page.bookmark, as_json)


def _tell_more(what: str, bookmark: str | None, as_json: bool) -> None:
    """How to get the next page, if there is one."""
    from lhredis.cli.console import out

    if bookmark and not as_json:
        out().print(f"more: lhredis list {what} --bookmark {bookmark}", style="dim", markup=False)


def _print(
    found: Sequence[Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    as_json: bool,
    bookmark: str | None = None,
) -> None:
    from lhredis.cli import tables
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json({"results": found, **({"bookmark": bookmark} if bookmark else {})})
    else:
        out().print(tables.listed(columns, rows))
