"""listing: `lhredis list …`: what there is of a kind, or in a WfRun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, RunId, TaskGuid, bulk_job_statuses, wf_run_statuses, wf_specs

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer(help="Show many things of a kind.", no_args_is_help=True, cls=Group, rich_markup_mode=None)


@app.command("wf-runs")
@app.command("runs", hidden=True)
@shows
def wf_runs(
    client: SyncClient,
    spec: Annotated[
        str | None, typer.Option("--spec", help="Only of this WfSpec.", autocompletion=wf_specs)
    ] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="RUNNING, ERROR…", autocompletion=wf_run_statuses)
    ] = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """WfRuns, the newest first. `lhredis search wf-runs` has more filters."""
    from lhredis.cli import pages
    from lhredis.cli.search_words import parse_choice
    from lhredis.model.enums import LHStatus

    page = client.list_wf_runs(limit, bookmark, spec, parse_choice(LHStatus, status, "--status"))
    options = "".join(f" {name} {value}" for name, value in (("--spec", spec), ("--status", status)) if value)
    return pages.page_of_runs(page, "lhredis list wf-runs" + options)


@app.command("node-runs")
@shows
def node_runs(
    client: SyncClient,
    id: RunId,
    thread: Annotated[int | None, typer.Option(min=0, help="Of this ThreadRun only.")] = None,
) -> Look:
    """The NodeRuns of a WfRun."""
    from lhredis.cli import pages, run_tables

    found = client.list_node_runs(id, thread)
    return pages.results(found, lambda: run_tables.node_runs(found, client.list_task_runs(id)))


@app.command("task-runs")
@shows
def task_runs(client: SyncClient, id: RunId) -> Look:
    """The TaskRuns of a WfRun."""
    from lhredis.cli import pages, run_tables, tables

    found = client.list_task_runs(id)
    cells = (
        (
            one.id.task_guid, one.task_def_id.name, tables.status(one.status), one.scheduled_at,
            f"{len(one.attempts)} of {one.total_attempts}", run_tables.attempt_error(one.attempts[-1]),
        )
        for one in found
    )  # fmt: skip
    return pages.rows(found, ("guid", "task-def", "status", "scheduled", "attempts", "error"), cells)


@app.command("checkpoints")
@shows
def checkpoints(client: SyncClient, id: RunId, task_guid: TaskGuid) -> Look:
    """The values that a task stored on its way, for its retries."""
    from lhredis.cli import pages, tables

    found = client.list_checkpoints(id, task_guid)
    cells = (
        (one.id.checkpoint_number, one.created_at, tables.shown(one.value), one.logs or "") for one in found
    )
    return pages.rows(found, ("number", "created", "value", "logs"), cells)


@app.command("variables")
@shows
def variables(client: SyncClient, id: RunId) -> Look:
    """The variables of a WfRun, as they are now."""
    from lhredis.cli import pages, run_tables

    found = client.list_variables(id)
    return pages.results(found, lambda: run_tables.variables(found))


@app.command("user-task-runs")
@shows
def user_task_runs(client: SyncClient, id: RunId) -> Look:
    """The forms of a WfRun, those that have ended too."""
    from lhredis.cli import pages, user_task_tables

    found = client.list_user_task_runs(id)
    return pages.results(found, lambda: user_task_tables.user_task_runs(found))


@app.command("external-events")
@shows
def external_events(client: SyncClient, id: RunId) -> Look:
    """The events posted to a WfRun, claimed or not."""
    from lhredis.cli import event_tables, pages

    found = client.list_external_events(id)
    return pages.results(found, lambda: event_tables.external_events(found))


@app.command("workflow-events")
@shows
def workflow_events(client: SyncClient, id: RunId) -> Look:
    """The events that a WfRun has thrown."""
    from lhredis.cli import event_tables, pages

    found = client.list_workflow_events(id)
    return pages.results(found, lambda: event_tables.workflow_events(found))


@app.command("bulk-jobs")
@shows
def bulk_jobs(
    client: SyncClient,
    status: Annotated[
        str | None,
        typer.Option("--status", help="RUNNING, COMPLETED or FAILED.", autocompletion=bulk_job_statuses),
    ] = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """BulkJobs, by id, with how far they are."""
    from lhredis.cli import bulk_tables, pages
    from lhredis.cli.search_words import parse_choice
    from lhredis.client import Page
    from lhredis.model.bulk_job import BulkJobStatus

    page = client.list_bulk_jobs(parse_choice(BulkJobStatus, status, "--status"), limit, bookmark)
    jobs = Page([client.get_bulk_job(id) for id in page.items], page.bookmark)
    command = "lhredis list bulk-jobs" + (f" --status {status}" if status else "")
    return pages.page_with(jobs, lambda: bulk_tables.bulk_jobs_table(jobs.items), command)


@app.command("quarantine")
@shows
def quarantine(client: SyncClient, limit: Limit = 20) -> Look:
    """Events that were set aside because their step raised: bugs of lhredis; the newest first."""
    from lhredis.cli import pages

    found = client.quarantine(limit)
    cells = (
        (
            one.get("at", ""), one.get("tenant", ""), one.get("wf_run_id", ""),
            _last_line(one.get("traceback", "")),
        )
        for one in found
    )  # fmt: skip
    return pages.rows(found, ("at", "tenant", "wf-run", "error"), cells)


def _last_line(text: Any) -> str:
    lines = str(text).strip().splitlines()
    return lines[-1] if lines else ""
