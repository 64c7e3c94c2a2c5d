"""bulk: `lhredis bulk-delete` and `bulk-rescue`: have it done to many WfRuns in the background."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.exits import RUN_FAILED
from lhredis.cli.names import SpecName
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.cli.search_options import Major, Revision, Since, Status, Until, Where

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.bulk_job import BulkJob

LOOK_PAUSE_S = 0.2

JobId = Annotated[str | None, typer.Option("--id", help="Asking twice with one id is asking once.")]
Wait = Annotated[bool, typer.Option("--wait", help="Until it is done.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


def bulk_delete(
    spec: SpecName,
    major_version: Major = None,
    revision: Revision = None,
    status: Status = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    id: JobId = None,
    wait: Wait = False,
    yes: Yes = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete the WfRuns of a WfSpec, whatever they do: those that the options name, as in a search."""
    from lhredis.cli.search_words import request_of, run_filters
    from lhredis.model.bulk_job import BulkDeleteWfRun

    with connect(api_url) as client:
        filters = run_filters(client, spec, major_version, revision, status, where, since, until)
        wanted = request_of(BulkDeleteWfRun, filters)
        if not yes:
            _ask(client, filters, "delete", spec)
        _begin(client, {"id": id, "bulk_delete_wf_run": wanted}, wait, as_json)


def bulk_rescue(
    spec: SpecName,
    major_version: Major = None,
    revision: Revision = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    skip: Annotated[bool, typer.Option("--skip", help="Go on behind the node that failed.")] = False,
    id: JobId = None,
    wait: Wait = False,
    yes: Yes = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Have the WfRuns in ERROR of a WfSpec that the options name go on, each where it failed first."""
    from lhredis.cli.search_words import request_of, run_filters
    from lhredis.model.bulk_job import BulkRescueWfRun

    with connect(api_url) as client:
        filters = run_filters(client, spec, major_version, revision, None, where, since, until)
        wanted = request_of(BulkRescueWfRun, {**filters, "skip_current_node": skip})
        if not yes:
            _ask(client, {**filters, "status": "ERROR"}, "rescue", spec)
        _begin(client, {"id": id, "bulk_rescue_wf_run": wanted}, wait, as_json)


def _ask(client: SyncClient, filters: dict[str, Any], what: str, spec: str) -> None:
    """Before it is done to so many. InvalidArgument when there is nobody to ask."""
    from lhredis.cli.search_words import request_of
    from lhredis.errors import InvalidArgument
    from lhredis.model.search import CountWfRunRequest

    count = client.count_wf_runs(request_of(CountWfRunRequest, filters))
    if not sys.stdin.isatty():
        raise InvalidArgument(f"say --yes to {what} {count} WfRuns of {spec} without being asked")
    typer.confirm(f"{what.capitalize()} {count} WfRuns of {spec}?", abort=True, err=True)


def _begin(client: SyncClient, form: dict[str, Any], wait: bool, as_json: bool) -> None:
    """Create the job that the form asks for, and tell of it."""
    from lhredis.cli.search_words import request_of
    from lhredis.model.bulk_job import CreateBulkJobRequest

    tell_job(client, client.create_bulk_job(request_of(CreateBulkJobRequest, form)), wait, as_json)


def tell_job(client: SyncClient, job: BulkJob, wait: bool, as_json: bool) -> None:
    """Show the job as it is, or with `wait` once it is done, and at a terminal how far it is until then.
    Ends with RUN_FAILED when it is FAILED."""
    from lhredis.cli.bulk_tables import progress
    from lhredis.cli.console import err, out, print_json
    from lhredis.model.bulk_job import BulkJobStatus

    if wait:
        with err().status(progress(job)) as shown:
            while job.status is BulkJobStatus.RUNNING:
                time.sleep(LOOK_PAUSE_S)
                job = client.get_bulk_job(job.id.id)
                shown.update(progress(job))
    if as_json:
        print_json(job)
    else:
        out().print(f"{job.id.id}  {job.status.name}  {progress(job)}", markup=False)
    if job.status is BulkJobStatus.FAILED:
        raise typer.Exit(RUN_FAILED)
