"""count: `lhredis count …`: how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import SpecName, TaskDefName
from lhredis.cli.search_options import Major, Parent, Revision, Since, Spec, Status, Tree, Until, Where

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer(help="Count things.", no_args_is_help=True, cls=Group, rich_markup_mode=None)


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
) -> Look:
    """How many WfRuns there are."""
    from lhredis.cli.search_words import request_of, run_filters
    from lhredis.model.search import CountWfRunRequest

    filters = run_filters(client, spec, major_version, revision, status, where, since, until)
    filters |= {"parent_wf_run_id": parent, "show_full_tree": tree}
    return _count(client.count_wf_runs(request_of(CountWfRunRequest, filters)))


@app.command("node-runs")
@shows
def node_runs(
    client: SyncClient, spec: SpecName, major_version: Major = None, revision: Revision = None
) -> Look:
    """How many NodeRuns the WfRuns of a WfSpec have."""
    from lhredis.cli.search_words import request_of, version_filter
    from lhredis.model.search import CountNodeRunRequest

    form = version_filter(spec, major_version, revision)
    return _count(client.count_node_runs(request_of(CountNodeRunRequest, form)))


@app.command("task-runs")
@shows
def task_runs(client: SyncClient, task_def: TaskDefName) -> Look:
    """How many TaskRuns wait for a worker."""
    from lhredis.cli.search_words import request_of
    from lhredis.model.search import CountTaskRunRequest

    return _count(client.count_task_runs(request_of(CountTaskRunRequest, {"task_def_name": task_def})))


def _count(count: int) -> Look:
    return Look({"count": count}, lambda: str(count))
