"""metrics: `lhredis metrics …`: what happened to WfRuns and tasks, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, SpecName, TaskDefName
from lhredis.cli.options import MajorVersion, Revision
from lhredis.cli.search_options import Oldest, Since, Until
from lhredis.cli.versions import spec_version

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.metrics import MetricWindowId

app = typer.Typer(
    help="How many, how fast, how they ended: minute by minute, for the last 14 days.",
    no_args_is_help=True,
    cls=Group,
    rich_markup_mode=None,
)

At = Annotated[
    str | None, typer.Option("--at", help="Only the minute of this moment: 30m, 1h ago, or a timestamp.")
]


@app.command("wf-spec")
@shows
def wf_spec(
    client: SyncClient,
    name: SpecName,
    major_version: MajorVersion = None,
    revision: Revision = None,
    since: Since = "1h",
    until: Until = None,
    at: At = None,
) -> Look:
    """WfRuns of a version of a WfSpec, the newest if none is named: how many started, how they ended, and how
    long they took (mean / longest)."""
    from lhredis.cli.metric_tables import wf_metrics_table
    from lhredis.cli.search_words import parse_moment

    id = client.get_wf_spec(*spec_version(name, major_version, revision)).id
    if at is not None:
        window = client.get_metric_window(_minute(at, wf_spec_id=id))
        return Look(window, lambda: wf_metrics_table([window]))
    windows = client.list_wf_metrics(id, parse_moment(since, "--since"), parse_moment(until, "--until"))
    return Look({"windows": windows}, lambda: wf_metrics_table(windows))


@app.command("task-def")
@shows
def task_def(
    client: SyncClient, name: TaskDefName, since: Since = "1h", until: Until = None, at: At = None
) -> Look:
    """TaskRuns of a TaskDef and their attempts: how many, how they ended, how long they took, waited and ran
    (mean / longest)."""
    from lhredis.cli.metric_tables import task_metrics_table
    from lhredis.cli.search_words import parse_moment
    from lhredis.model.ids import TaskDefId

    if at is not None:
        window = client.get_metric_window(_minute(at, task_def_id=TaskDefId(name=name)))
        return Look(window, lambda: task_metrics_table([window]))
    windows = client.list_task_metrics(name, parse_moment(since, "--since"), parse_moment(until, "--until"))
    return Look({"windows": windows}, lambda: task_metrics_table(windows))


@app.command("windows")
@shows
def windows(
    client: SyncClient,
    name: SpecName,
    latest_only: Annotated[
        bool, typer.Option("--latest-only", help="Of each version only the last one.")
    ] = False,
    since: Since = None,
    until: Until = None,
    oldest_first: Oldest = False,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """In which minutes anything happened to WfRuns of which version of a WfSpec."""
    from lhredis.cli.pages import page_of
    from lhredis.cli.search_words import page_request, times_of
    from lhredis.model.metrics import SearchWfMetricWindowRequest

    filters = {"wf_spec_name": name, "latest_only": latest_only, **times_of(since, until)}
    request = page_request(SearchWfMetricWindowRequest, filters, limit, bookmark, oldest_first)
    page = client.search_wf_metric_windows(request)
    rows = [(f"{one.window_start:%Y-%m-%d %H:%M}Z", one.wf_spec_id) for one in page.items]
    return page_of(page, ("minute", "wf-spec"), rows, f"lhredis metrics windows {name}")


def _minute(at: str, **of: object) -> MetricWindowId:
    """The window of this moment. InvalidArgument says how a moment is written."""
    from lhredis.cli.search_words import parse_moment
    from lhredis.model.metrics import MetricWindowId

    moment = parse_moment(at, "--at")
    assert moment is not None
    start = moment.replace(second=0, microsecond=0)
    return MetricWindowId.model_validate({"window_start": start, **of})
