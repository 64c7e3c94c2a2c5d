"""get: `lhredis get …`: one WfRun, or one thing that belongs to one, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.exits import OK, RUN_FAILED
from lhredis.cli.form_ids import FormId
from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import BulkJobId, ExternalEventDefName, RunId, TaskGuid, WorkflowEventDefName

if TYPE_CHECKING:
    from lhredis.client import SyncClient

app = typer.Typer(help="Show one thing.", no_args_is_help=True, cls=Group, rich_markup_mode=None)

Thread = Annotated[int, typer.Argument(min=0, help="Number of the ThreadRun.")]


@app.command("wf-run")
@app.command("run", hidden=True)
@shows
def wf_run(client: SyncClient, id: RunId) -> Look:
    """A WfRun with its threads, nodes, attempts and stack traces (--json: the WfRun alone). --watch ends
    when the run has ended; the exit code tells how."""
    from lhredis.cli import run_tables
    from lhredis.model.enums import FAILED_STATUSES, TERMINAL_STATUSES

    found = client.get_wf_run(id)
    failed = found.status in FAILED_STATUSES
    return Look(
        found,
        lambda: run_tables.wf_run(found, client.list_node_runs(id), client.list_task_runs(id)),
        ended=found.status in TERMINAL_STATUSES,
        code=RUN_FAILED if failed else OK,
    )


@app.command("thread-run")
@shows
def thread_run(client: SyncClient, id: RunId, thread: Thread) -> Look:
    """A ThreadRun of a WfRun, also when it is archived."""
    from lhredis.cli import run_tables
    from lhredis.model.enums import TERMINAL_STATUSES

    found = client.get_thread_run(id, thread)
    ended = found.thread_run.status in TERMINAL_STATUSES
    return Look(found, lambda: run_tables.thread_run(found.thread_run), ended)


@app.command("node-run")
@shows
def node_run(
    client: SyncClient, id: RunId, thread: Thread, position: Annotated[int, typer.Argument(min=0)]
) -> Look:
    """A NodeRun."""
    from lhredis.cli import run_tables

    found = client.get_node_run(id, thread, position)
    return Look(found, lambda: run_tables.node_run(found), ended=found.end_time is not None)


@app.command("task-run")
@shows
def task_run(client: SyncClient, id: RunId, task_guid: TaskGuid) -> Look:
    """A TaskRun with its attempts and their logs."""
    from lhredis.cli import run_tables

    found = client.get_task_run(id, task_guid)
    return Look(found, lambda: run_tables.task_run(found))


@app.command("user-task-run")
@shows
def user_task_run(client: SyncClient, id: FormId) -> Look:
    """A form: its fields, who has it, what has happened to it."""
    from lhredis.cli.form_ids import find, form_or_none
    from lhredis.cli.user_task_tables import user_task_run as table

    found = client.get_user_task_run(*find(client, id))
    of = found.user_task_def_id
    return Look(
        found,
        lambda: table(found, form_or_none(client, of.name, of.version)),
        ended=found.status.name in ("DONE", "CANCELLED"),
    )


@app.command("external-event")
@shows
def external_event(client: SyncClient, id: RunId, event_def: ExternalEventDefName, guid: str) -> Look:
    """An ExternalEvent that was posted to a WfRun."""
    from lhredis.cli import event_tables

    found = client.get_external_event(id, event_def, guid)
    return Look(found, lambda: event_tables.external_event(found), ended=found.claimed)


@app.command("workflow-event")
@shows
def workflow_event(
    client: SyncClient,
    id: RunId,
    event_def: WorkflowEventDefName,
    number: Annotated[int, typer.Argument(min=0)],
) -> Look:
    """A WorkflowEvent that a WfRun has thrown."""
    from lhredis.cli import event_tables

    found = client.get_workflow_event(id, event_def, number)
    return Look(found, lambda: event_tables.workflow_event(found), ended=True)


@app.command("correlated-event")
@shows
def correlated_event(client: SyncClient, event_def: ExternalEventDefName, key: str) -> Look:
    """A CorrelatedEvent, and the ExternalEvents that it has become."""
    from lhredis.cli import event_tables

    found = client.get_correlated_event(event_def, key)
    return Look(found, lambda: event_tables.correlated_event(found))


@app.command("variable")
@shows
def variable(
    client: SyncClient,
    id: RunId,
    name: str,
    thread: Annotated[int, typer.Option(min=0, help="Number of the ThreadRun.")] = 0,
) -> Look:
    """A variable as it is now."""
    from lhredis.cli import run_tables

    found = client.get_variable(id, thread, name)
    return Look(found, lambda: run_tables.variables([found]))


@app.command("bulk-job")
@shows
def bulk_job(client: SyncClient, id: BulkJobId) -> Look:
    """A BulkJob, and how far it is in each partition. --watch ends when it is done."""
    from lhredis.cli.bulk_tables import bulk_job_table
    from lhredis.model.bulk_job import BulkJobStatus

    found = client.get_bulk_job(id)
    failed = found.status is BulkJobStatus.FAILED
    return Look(
        found,
        lambda: bulk_job_table(found),
        ended=found.status is not BulkJobStatus.RUNNING,
        code=RUN_FAILED if failed else OK,
    )
