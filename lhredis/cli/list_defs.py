"""list_defs: `lhredis list …` of what was registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from lhredis.cli import names
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, Prefix

if TYPE_CHECKING:
    from lhredis.client import Page, SyncClient
    from lhredis.model.ids import StructDefId, UserTaskDefId, WfSpecId

app = typer.Typer()
"""Part of `lhredis list`."""

VERSIONS = "All versions of this one."
Id = TypeVar("Id", "WfSpecId", "StructDefId", "UserTaskDefId")


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

    page = (
        client.list_wf_specs(prefix, limit, bookmark, task_def)
        if name is None
        else _versions(client.list_wf_spec_versions(name))
    )
    cells = ((one.name, f"{one.major_version}.{one.revision}") for one in page.items)
    return pages.page_of(page, ("wf-spec", "version"), cells, _command("wf-specs", prefix, task_def))


@app.command("task-defs")
@shows
def task_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of TaskDefs."""
    return _names("task-def", client.list_task_defs(prefix, limit, bookmark), prefix)


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
    page = (
        client.list_struct_defs(prefix, limit, bookmark)
        if name is None
        else _versions(client.list_struct_def_versions(name))
    )
    return _numbered("struct-def", page, prefix)


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
    page = (
        client.list_user_task_defs(prefix, limit, bookmark)
        if name is None
        else _versions(client.list_user_task_def_versions(name))
    )
    return _numbered("user-task-def", page, prefix)


@app.command("external-event-defs")
@shows
def external_event_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of ExternalEventDefs."""
    return _names("external-event-def", client.list_external_event_defs(prefix, limit, bookmark), prefix)


@app.command("workflow-event-defs")
@shows
def workflow_event_defs(
    client: SyncClient, prefix: Prefix = None, limit: Limit = 20, bookmark: Bookmark = None
) -> Look:
    """The names of WorkflowEventDefs."""
    return _names("workflow-event-def", client.list_workflow_event_defs(prefix, limit, bookmark), prefix)


def _versions(ids: list[Id]) -> Page[Id]:
    """All there are, which are no page of a list."""
    from lhredis.client import Page

    return Page(ids, None)


def _numbered(kind: str, page: Page[StructDefId] | Page[UserTaskDefId], prefix: str | None) -> Look:
    """Definitions whose versions are numbers."""
    from lhredis.cli import pages

    cells = ((one.name, one.version) for one in page.items)
    return pages.page_of(page, (kind, "version"), cells, _command(f"{kind}s", prefix))


def _names(kind: str, page: Page[str], prefix: str | None) -> Look:
    """Definitions that have no versions."""
    from lhredis.cli import pages

    return pages.page_of_names(kind, page, _command(f"{kind}s", prefix))


def _command(what: str, prefix: str | None, task_def: str | None = None) -> str:
    options = (("--prefix", prefix), ("--task-def", task_def))
    return f"lhredis list {what}" + "".join(f" {name} {value}" for name, value in options if value)
