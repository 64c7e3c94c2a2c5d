"""migrations: `lhredis migration …`: move WfRuns to another version of their WfSpec."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, Prefix, migration_plans, wf_runs, wf_specs
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.migration import MigrationForecasts

app = typer.Typer(
    help="Move WfRuns to another version of their WfSpec, by a WorkflowMigrationPlan.",
    no_args_is_help=True,
    cls=Group,
    rich_markup_mode=None,
)

PAGE_RUNS = 500
"""WfRuns that `try` asks for at a time."""

Name = Annotated[
    str,
    typer.Argument(metavar="PLAN", help="Name of the WorkflowMigrationPlan.", autocompletion=migration_plans),
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="THREAD.NAME=JSON",
        help="What a new variable of the ThreadRuns of this old ThreadSpec gets.",
    ),
]


@app.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="The JSON of a PutWorkflowMigrationPlanRequest.", exists=True)],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Register a plan. The same again changes nothing."""
    from lhredis.cli.console import out, print_json
    from lhredis.cli.search_words import request_of
    from lhredis.model.migration import PutWorkflowMigrationPlanRequest

    request = request_of(PutWorkflowMigrationPlanRequest, _json(file.read_bytes(), str(file)))
    with connect(api_url) as client:
        plan = client.put_workflow_migration_plan(request)
    if as_json:
        print_json(plan)
    else:
        out().print(f"WorkflowMigrationPlan  {request.name}", markup=False)


@app.command("get")
@shows
def get(client: SyncClient, name: Name) -> Look:
    """A plan: which thread and node takes the place of which."""
    from lhredis.cli.migration_tables import plan_table

    found = client.get_workflow_migration_plan(name)
    return Look(found, lambda: plan_table(found))


@app.command("list")
@shows
def list_(
    client: SyncClient,
    spec: Annotated[
        str | None, typer.Option("--spec", help="Only those of this WfSpec.", autocompletion=wf_specs)
    ] = None,
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """The names of plans."""
    from lhredis.cli import pages

    page = client.list_workflow_migration_plans(spec, prefix, limit, bookmark)
    options = [f"--spec {spec}"] if spec is not None else []
    options += [f"--prefix {prefix}"] if prefix is not None else []
    return pages.page_of_names("plan", page, " ".join(["lhredis migration list", *options]))


@app.command("delete")
def delete(name: Name, api_url: ApiUrl = None, log_level: Level = None) -> None:
    """Delete a plan; WfRuns that it was applied to go on with it."""
    with connect(api_url) as client:
        client.delete_workflow_migration_plan(name)


@app.command("try")
@shows
def try_(client: SyncClient, name: Name, var: Given = None) -> Look:
    """Tell what a plan would do to the WfRuns that have not ended, all of them. Nothing changes."""
    from lhredis.cli.migration_tables import forecasts_table

    found = _forecasts(client, name, _variables(var))
    return Look(found, lambda: forecasts_table(found))


@app.command("apply")
def apply(
    name: Name,
    id: Annotated[
        str | None, typer.Argument(metavar="WF_RUN_ID", help="The WfRun.", autocompletion=wf_runs)
    ] = None,
    to_all: Annotated[
        bool, typer.Option("--all", help="To all that have not ended, in the background.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --all: until it is done.")] = False,
    var: Given = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Migrate one WfRun, or all of the plan's old version."""
    from lhredis.cli.console import out, print_json
    from lhredis.cli.search_words import request_of
    from lhredis.model.bulk_job import CreateBulkJobRequest
    from lhredis.model.migration import ApplyWorkflowMigrationPlanRequest

    if (id is None) != to_all:
        raise typer.BadParameter("name a WfRun, or say --all")
    given = _variables(var)
    with connect(api_url) as client:
        if id is not None:
            form: dict[str, Any] = {"wf_run_id": id, "migration_vars_by_thread": given}
            run = client.apply_workflow_migration_plan(
                name, request_of(ApplyWorkflowMigrationPlanRequest, form)
            )
            if as_json:
                print_json(run)
            else:
                going_on = "" if run.workflow_migration_plan_id is None else "  (goes on)"
                out().print(f"{run.id}  {run.wf_spec_id}  {run.status.name}{going_on}", markup=False)
            return
        from lhredis.cli.bulk import tell_job

        wanted = {"workflow_migration_plan_id": {"name": name}, "migration_vars_by_thread": given}
        job = client.create_bulk_job(request_of(CreateBulkJobRequest, {"bulk_migrate_wf_run": wanted}))
        tell_job(client, job, wait, as_json)


def _forecasts(client: SyncClient, name: str, given: dict[str, Any]) -> MigrationForecasts:
    """All pages as one."""
    from lhredis.cli.search_words import request_of
    from lhredis.model.migration import MigrationForecasts, TryWorkflowMigrationPlanRequest

    form: dict[str, Any] = {"migration_vars_by_thread": given, "limit": PAGE_RUNS}
    page = client.try_workflow_migration_plan(name, request_of(TryWorkflowMigrationPlanRequest, form))
    results, counts = list(page.results), dict(page.counts)
    while page.bookmark is not None:
        more = request_of(TryWorkflowMigrationPlanRequest, form | {"bookmark": page.bookmark})
        page = client.try_workflow_migration_plan(name, more)
        results += page.results
        for outcome, count in page.counts.items():
            counts[outcome] += count
    return MigrationForecasts(results=tuple(results), counts=counts)


def _variables(words: list[str] | None) -> dict[str, Any]:
    """`THREAD.NAME=JSON` words as a request has them."""
    found: dict[str, Any] = {}
    for word in words or ():
        name, equals, value = word.partition("=")
        thread, dot, variable = name.rpartition(".")
        if not (equals and dot and thread and variable):
            raise typer.BadParameter(f"--var is THREAD.NAME=JSON; got {word!r}")
        by_name = found.setdefault(thread, {"var_assignment_by_var_name": {}})["var_assignment_by_var_name"]
        by_name[variable] = {"literal_value": _json(value.encode(), f"--var {name}")}
    return found


def _json(data: bytes, what: str) -> Any:
    import orjson

    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{what} is no JSON: {error}") from None
