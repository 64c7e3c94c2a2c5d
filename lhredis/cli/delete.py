"""delete: `lhredis delete …`: take back what was registered or put."""

from __future__ import annotations

from typing import Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.groups import Group
from lhredis.cli.names import (
    BulkJobId,
    ExternalEventDefName,
    RunId,
    SpecName,
    StructDefName,
    TaskDefName,
    UserTaskDefName,
    WorkflowEventDefName,
)
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.cli.versions import numbered_version, spec_version

app = typer.Typer(
    help="Take back what was registered or put.", no_args_is_help=True, cls=Group, rich_markup_mode=None
)


@app.command("wf-run")
@app.command("run", hidden=True)
def wf_run(id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Delete a WfRun, whatever it does, with its history, variables and events."""
    with connect(api_url) as client:
        client.get_wf_run(id)
        client.delete_wf_run(id)
    _tell("WfRun", id, as_json)


@app.command("task-def")
def task_def(
    name: TaskDefName, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Delete a TaskDef. Runs that reach it fail with TASK_ERROR."""
    with connect(api_url) as client:
        client.get_task_def(name)
        client.delete_task_def(name)
    _tell("TaskDef", name, as_json)


@app.command("struct-def")
def struct_def(
    name: StructDefName,
    version: Annotated[
        int | None, typer.Argument(min=0, metavar="VERSION", help="Unless the name says it: car/3.")
    ] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete one version of a StructDef."""
    name, version = numbered_version(name, version)
    if version is None:
        raise typer.BadParameter(f"which version? Such as {name}/0")
    with connect(api_url) as client:
        client.get_struct_def(name, version)
        client.delete_struct_def(name, version)
    _tell("StructDef", f"{name}/{version}", as_json)


@app.command("user-task-def")
def user_task_def(
    name: UserTaskDefName,
    version: Annotated[
        int | None, typer.Argument(min=0, metavar="VERSION", help="Unless the name says it: car/3.")
    ] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete one version of a UserTaskDef. Runs that reach it fail with TASK_ERROR."""
    name, version = numbered_version(name, version)
    if version is None:
        raise typer.BadParameter(f"which version? Such as {name}/0")
    with connect(api_url) as client:
        client.get_user_task_def(name, version)
        client.delete_user_task_def(name, version)
    _tell("UserTaskDef", f"{name}/{version}", as_json)


@app.command("external-event-def")
def external_event_def(
    name: ExternalEventDefName, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Delete an ExternalEventDef."""
    with connect(api_url) as client:
        client.get_external_event_def(name)
        client.delete_external_event_def(name)
    _tell("ExternalEventDef", name, as_json)


@app.command("workflow-event-def")
def workflow_event_def(
    name: WorkflowEventDefName, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Delete a WorkflowEventDef."""
    with connect(api_url) as client:
        client.get_workflow_event_def(name)
        client.delete_workflow_event_def(name)
    _tell("WorkflowEventDef", name, as_json)


@app.command("correlated-event")
def correlated_event(
    event_def: ExternalEventDefName,
    key: str,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete a CorrelatedEvent. The ExternalEvents that it has become stay."""
    with connect(api_url) as client:
        client.get_correlated_event(event_def, key)
        client.delete_correlated_event(event_def, key)
    _tell("CorrelatedEvent", f"{event_def} {key}", as_json)


@app.command("bulk-job")
def bulk_job(id: BulkJobId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Forget a BulkJob that is done. What it has deleted stays so."""
    with connect(api_url) as client:
        client.get_bulk_job(id)
        client.delete_bulk_job(id)
    _tell("BulkJob", id, as_json)


@app.command("wf-spec")
def wf_spec(
    name: SpecName,
    version: Annotated[
        str | None, typer.Argument(metavar="MAJOR.REVISION", help="Unless the name says it: order/0.1.")
    ] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete one version of a WfSpec."""
    name, major, revision = spec_version(name if version is None else f"{name}/{version}", None, None)
    if major is None or revision is None:
        raise typer.BadParameter(f"which version? Such as {name}/0.1")
    with connect(api_url) as client:
        client.get_wf_spec(name, major, revision)
        client.delete_wf_spec(name, major, revision)
    _tell("WfSpec", f"{name}/{major}.{revision}", as_json)


def _tell(kind: str, id: str, as_json: bool) -> None:
    """The API answers a deletion with nothing: so does --json."""
    from lhredis.cli.console import out

    if not as_json:
        out().print(f"{kind}  {id}  deleted", markup=False)
