"""names: arguments and options that name things; a shell completes them with what the server has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lhredis.client import SyncClient

COMPLETION_S_MAX = 2.0
"""How long a Tab may take."""

COMPLETIONS_MAX = 100

Complete = Callable[[typer.Context, str], list[str]]


def completing(names: Callable[[SyncClient, str], Iterable[str]]) -> Complete:
    """Completes a word with the names that start like it; with nothing when no server answers."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        from lhredis.cli.where import find_api_url
        from lhredis.client import SyncClient
        from lhredis.errors import LHRedisError

        try:
            with SyncClient(find_api_url(ctx.params.get("api_url")), timeout_s=COMPLETION_S_MAX) as client:
                return [name for name in names(client, incomplete) if name.startswith(incomplete)]
        except LHRedisError:
            return []

    return complete


def _statuses(enum: str, module: str = "enums") -> Complete:
    """Completes a word with the names of an enum of the model, which is not loaded before."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        names = [status.name for status in getattr(import_module(f"lhredis.model.{module}"), enum)]
        return [name for name in names if name.startswith(incomplete)]

    return complete


wf_runs = completing(lambda client, prefix: (one.id for one in client.list_wf_runs(COMPLETIONS_MAX).items))
wf_specs = completing(
    lambda client, prefix: (one.name for one in client.list_wf_specs(prefix or None, COMPLETIONS_MAX).items)
)
task_defs = completing(lambda client, prefix: client.list_task_defs(prefix or None, COMPLETIONS_MAX).items)
struct_defs = completing(
    lambda client, prefix: (
        one.name for one in client.list_struct_defs(prefix or None, COMPLETIONS_MAX).items
    )
)
user_task_defs = completing(
    lambda client, prefix: (
        one.name for one in client.list_user_task_defs(prefix or None, COMPLETIONS_MAX).items
    )
)
external_event_defs = completing(
    lambda client, prefix: client.list_external_event_defs(prefix or None, COMPLETIONS_MAX).items
)
workflow_event_defs = completing(
    lambda client, prefix: client.list_workflow_event_defs(prefix or None, COMPLETIONS_MAX).items
)
schedules = completing(
    lambda client, prefix: (one.id for one in client.list_scheduled_wf_runs(limit=COMPLETIONS_MAX).items)
)
bulk_jobs = completing(lambda client, prefix: client.list_bulk_jobs(None, COMPLETIONS_MAX).items)
migration_plans = completing(
    lambda client, prefix: client.list_workflow_migration_plans(None, prefix or None, COMPLETIONS_MAX).items
)

wf_run_statuses = _statuses("LHStatus")
task_statuses = _statuses("TaskStatus")
user_task_statuses = _statuses("UserTaskRunStatus")
bulk_job_statuses = _statuses("BulkJobStatus", "bulk_job")

RunId = Annotated[str, typer.Argument(metavar="WF_RUN_ID", autocompletion=wf_runs)]
TaskGuid = Annotated[str, typer.Argument(metavar="TASK_GUID", help="<thread>-<position>")]
SpecName = Annotated[str, typer.Argument(metavar="SPEC", help="Name of the WfSpec.", autocompletion=wf_specs)]
TaskDefName = Annotated[str, typer.Argument(metavar="TASK_DEF", autocompletion=task_defs)]
StructDefName = Annotated[str, typer.Argument(metavar="STRUCT_DEF", autocompletion=struct_defs)]
UserTaskDefName = Annotated[str, typer.Argument(metavar="USER_TASK_DEF", autocompletion=user_task_defs)]
ExternalEventDefName = Annotated[
    str,
    typer.Argument(metavar="DEF", help="Name of the ExternalEventDef.", autocompletion=external_event_defs),
]
WorkflowEventDefName = Annotated[
    str,
    typer.Argument(metavar="DEF", help="Name of the WorkflowEventDef.", autocompletion=workflow_event_defs),
]
ScheduleId = Annotated[str, typer.Argument(metavar="ID", autocompletion=schedules)]
BulkJobId = Annotated[str, typer.Argument(metavar="ID", autocompletion=bulk_jobs)]

Limit = Annotated[int, typer.Option(min=1, max=1000)]
Bookmark = Annotated[str | None, typer.Option(help="Of the page before.")]
Prefix = Annotated[str | None, typer.Option(help="Only names that start like this.")]
