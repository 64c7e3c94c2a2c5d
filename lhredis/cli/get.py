"""get: `lhredis get …`: one thing, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.options import ApiUrl, Json, Level, MajorVersion, Revision

if TYPE_CHECKING:
    from rich.console import RenderableType


app = typer.Typer(help="Show one thing.", no_args_is_help=True, rich_markup_mode=None)

RunId = Annotated[str, typer.Argument(metavar="WF_RUN_ID")]
TaskGuid = Annotated[str, typer.Argument(help="<thread>-<position>")]


@app.command("wf-run")
def wf_run(id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """A WfRun with its threads, nodes, attempts and stack traces (--json: the WfRun alone)."""
    from lhredis.cli import run_tables

    with connect(api_url) as client:
        found = client.get_wf_run(id)
        if as_json:
            _print(found, "", as_json)
        else:
            _print(
                found, run_tables.wf_run(found, client.list_node_runs(id), client.list_task_runs(id)), as_json
            )


@app.command("wf-spec")
def wf_spec(
    name: str,
    major_version: MajorVersion = None,
    revision: Revision = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A WfSpec: the newest version, unless one is asked for."""
    from lhredis.cli.spec_tables import wf_spec_table

    with connect(api_url) as client:
        found = client.get_wf_spec(name, major_version, revision)
        _print(found, wf_spec_table(found), as_json)


@app.command("task-def")
def task_def(name: str, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """A TaskDef: its inputs and what it returns."""
    from lhredis.cli.spec_tables import task_def_table

    with connect(api_url) as client:
        found = client.get_task_def(name)
        _print(found, task_def_table(found), as_json)


@app.command("struct-def")
def struct_def(
    name: str,
    version: Annotated[int | None, typer.Option(min=0, help="The newest one without it.")] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A StructDef: its fields with their types and defaults."""
    from lhredis.cli.struct_tables import struct_def_table

    with connect(api_url) as client:
        found = client.get_struct_def(name, version)
        _print(found, struct_def_table(found), as_json)


@app.command("user-task-def")
def user_task_def(
    name: str,
    version: Annotated[int | None, typer.Option(min=0, help="The newest one without it.")] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A UserTaskDef: the fields of the form."""
    from lhredis.cli.user_task_tables import user_task_def_table

    with connect(api_url) as client:
        found = client.get_user_task_def(name, version)
        _print(found, user_task_def_table(found), as_json)


@app.command("external-event-def")
def external_event_def(
    name: str, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """An ExternalEventDef: what its events hold, how long they are kept, if they may be correlated."""
    from lhredis.cli.event_tables import external_event_def_table

    with connect(api_url) as client:
        found = client.get_external_event_def(name)
        _print(found, external_event_def_table(found), as_json)


@app.command("workflow-event-def")
def workflow_event_def(
    name: str, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """A WorkflowEventDef: what its events hold."""
    from lhredis.cli.event_tables import workflow_event_def_table

    with connect(api_url) as client:
        found = client.get_workflow_event_def(name)
        _print(found, workflow_event_def_table(found), as_json)


@app.command("node-run")
def node_run(
    id: RunId,
    thread: Annotated[int, typer.Argument(min=0)],
    position: Annotated[int, typer.Argument(min=0)],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A NodeRun."""
    from lhredis.cli import run_tables

    with connect(api_url) as client:
        found = client.get_node_run(id, thread, position)
        _print(found, run_tables.node_run(found), as_json)


@app.command("task-run")
def task_run(
    id: RunId,
    task_guid: TaskGuid,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A TaskRun with its attempts and their logs."""
    from lhredis.cli import run_tables

    with connect(api_url) as client:
        found = client.get_task_run(id, task_guid)
        _print(found, run_tables.task_run(found), as_json)


@app.command("external-event")
def external_event(
    id: RunId,
    event_def: Annotated[str, typer.Argument(metavar="DEF")],
    guid: str,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """An ExternalEvent that was posted to a WfRun."""
    from lhredis.cli import event_tables

    with connect(api_url) as client:
        found = client.get_external_event(id, event_def, guid)
        _print(found, event_tables.external_event(found), as_json)


@app.command("workflow-event")
def workflow_event(
    id: RunId,
    event_def: Annotated[str, typer.Argument(metavar="DEF")],
    number: Annotated[int, typer.Argument(min=0)],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A WorkflowEvent that a WfRun has thrown."""
    from lhredis.cli import event_tables

    with connect(api_url) as client:
        found = client.get_workflow_event(id, event_def, number)
        _print(found, event_tables.workflow_event(found), as_json)


@app.command("correlated-event")
def correlated_event(
    event_def: Annotated[str, typer.Argument(metavar="DEF")],
    key: str,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A CorrelatedEvent, and the ExternalEvents that it has become."""
    from lhredis.cli import event_tables

    with connect(api_url) as client:
        found = client.get_correlated_event(event_def, key)
        _print(found, event_tables.correlated_event(found), as_json)


@app.command("variable")
def variable(
    id: RunId,
    name: str,
    thread: Annotated[int, typer.Option(min=0, help="Number of the ThreadRun.")] = 0,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """A variable as it is now."""
    from lhredis.cli import run_tables

    with connect(api_url) as client:
        found = client.get_variable(id, thread, name)
        _print(found, run_tables.variables([found]), as_json)


def _print(found: Any, table: RenderableType, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json(found)
    else:
        out().print(table)
