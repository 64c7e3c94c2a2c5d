"""list_defs: `lhredis list …` of what was registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli import names
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, Prefix

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer()
"""Part of `lhredis list`."""

VERSIONS = "All versions of this one."


@app.command("wf-specs")
@shows
def wf_specs(
    client: SyncClient,
    name: Annotated[str | None, typer.Argument(help=VERSIONS, autocompletion=names.wf_specs)] = None,
    prefix: Prefix = None,
    task_def: Annotated[
        str | None, typer.Option(help="Only those that name this TaskDef.", autocompletion=names.task_defs)
    ] = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """The newest version of every WfSpec, or all versions of one."""
    from lhredis.cli import pages
    from lhredis.client import Page

    page = (
        client.list_wf_specs(prefix, limit, bookmark, task_def)
        if name is None
        else Page(client.list_wf_spec_versions(name), None)
    )
    cells = ((one.name, f"{one.major_version}.{one.revision}") for one in page.items)
    return pages.page_of(page, ("wf-spec", "version"), cells, _command("wf-specs", prefix, task_def))


@app.command("task-defs")
@shows
def task_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of TaskDefs."""
    from lhredis.cli import pages

    page = client.list_task_defs(prefix, limit, bookmark)
    return pages.page_of_names("task-def", page, _command("task-defs", prefix))


@app.command("struct-defs")
@shows
def struct_defs(
    client: SyncClient,
    name: Annotated[str | None, typer.Argument(help=VERSIONS, autocompletion=names.struct_defs)] = None,
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """The newest version of every StructDef, or all versions of one."""
    from lhredis.cli import pages
    from lhredis.client import Page

    page = (
        client.list_struct_defs(prefix, limit, bookmark)
        if name is None
        else Page(client.list_struct_def_versions(name), None)
    )
    cells = ((one.name, one.version) for one in page.items)
    return pages.page_of(page, ("struct-def", "version"), cells, _command("struct-defs", prefix))


@app.command("user-task-defs")
@shows
def user_task_defs(
    client: SyncClient,
    name: Annotated[str | None, typer.Argument(help=VERSIONS, autocompletion=names.user_task_defs)] = None,
    prefix: Prefix = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """The newest version of every UserTaskDef, or all versions of one."""
    from lhredis.cli import pages
    from lhredis.client import Page

    page = (
        client.list_user_task_defs(prefix, limit, bookmark)
        if name is None
        else Page(client.list_user_task_def_versions(name), None)
    )
    cells = ((one.name, one.version) for one in page.items)
    return pages.page_of(page, ("user-task-def", "version"), cells, _command("user-task-defs", prefix))


@app.command("external-event-defs")
@shows
def external_event_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of ExternalEventDefs."""
    from lhredis.cli import pages

    page = client.list_external_event_defs(prefix, limit, bookmark)
    return pages.page_of_names("external-event-def", page, _command("external-event-defs", prefix))


@app.command("workflow-event-defs")
@shows
def workflow_event_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of WorkflowEventDefs."""
    from lhredis.cli import pages

    page = client.list_workflow_event_defs(prefix, limit, bookmark)
    return pages.page_of_names("workflow-event-def", page, _command("workflow-event-defs", prefix))


def _command(what: str, prefix: str | None, task_def: str | None = None) -> str:
    options = (("--prefix", prefix), ("--task-def", task_def))
    return f"lhredis list {what}" + "".join(f" {name} {value}" for name, value in options if value)
