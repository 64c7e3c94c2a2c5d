"""get_defs: `lhredis get …` of what was registered, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.look import Look, shows
from lhredis.cli.names import (
    ExternalEventDefName,
    SpecName,
    StructDefName,
    TaskDefName,
    UserTaskDefName,
    WorkflowEventDefName,
)
from lhredis.cli.options import MajorVersion, Revision
from lhredis.cli.versions import numbered_version, spec_version

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer()
"""Part of `lhredis get`."""

Version = Annotated[int | None, typer.Option(min=0, help="The newest one without it.")]


@app.command("wf-spec")
@shows
def wf_spec(
    client: SyncClient, name: SpecName, major_version: MajorVersion = None, revision: Revision = None
) -> Look:
    """A WfSpec: the newest version, unless one is asked for."""
    from lhredis.cli.spec_tables import wf_spec_table

    found = client.get_wf_spec(*spec_version(name, major_version, revision))
    return Look(found, lambda: wf_spec_table(found))


@app.command("task-def")
@shows
def task_def(client: SyncClient, name: TaskDefName) -> Look:
    """A TaskDef: its inputs and what it returns."""
    from lhredis.cli.spec_tables import task_def_table

    found = client.get_task_def(name)
    return Look(found, lambda: task_def_table(found))


@app.command("struct-def")
@shows
def struct_def(client: SyncClient, name: StructDefName, version: Version = None) -> Look:
    """A StructDef: its fields with their types and defaults."""
    from lhredis.cli.struct_tables import struct_def_table

    found = client.get_struct_def(*numbered_version(name, version))
    return Look(found, lambda: struct_def_table(found))


@app.command("user-task-def")
@shows
def user_task_def(client: SyncClient, name: UserTaskDefName, version: Version = None) -> Look:
    """A UserTaskDef: the fields of the form."""
    from lhredis.cli.user_task_tables import user_task_def_table

    found = client.get_user_task_def(*numbered_version(name, version))
    return Look(found, lambda: user_task_def_table(found))


@app.command("external-event-def")
@shows
def external_event_def(client: SyncClient, name: ExternalEventDefName) -> Look:
    """An ExternalEventDef: what its events hold, how long they are kept, if they may be correlated."""
    from lhredis.cli.event_tables import external_event_def_table

    found = client.get_external_event_def(name)
    return Look(found, lambda: external_event_def_table(found))


@app.command("workflow-event-def")
@shows
def workflow_event_def(client: SyncClient, name: WorkflowEventDefName) -> Look:
    """A WorkflowEventDef: what its events hold."""
    from lhredis.cli.event_tables import workflow_event_def_table

    found = client.get_workflow_event_def(name)
    return Look(found, lambda: workflow_event_def_table(found))
