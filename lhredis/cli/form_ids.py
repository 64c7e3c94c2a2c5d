"""form_ids: which form a word of the command line means, and what that form asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.names import wf_runs

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.user_task_def import UserTaskDef

OPEN = ("ASSIGNED", "UNASSIGNED")
"""Names of the statuses of a form that can still be filled in."""

_GUID = re.compile(r"\d+-\d+")

FormId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="<wf-run-id>/<thread>-<position>; the WfRun alone if it has only one open.",
        autocompletion=wf_runs,
    ),
]


def find(client: SyncClient, id: str) -> tuple[str, str]:
    """The WfRun and the guid. NotFound or InvalidArgument when the WfRun alone does not tell."""
    from lhredis.errors import InvalidArgument, NotFound

    wf_run_id, slash, guid = id.partition("/")
    if slash:
        if not _GUID.fullmatch(guid):
            raise InvalidArgument(
                f"expected <wf-run-id>/<thread>-<position>, like {wf_run_id}/0-1; got {id!r}"
            )
        return wf_run_id, guid
    runs = client.list_user_task_runs(wf_run_id)
    open_ones = [one for one in runs if one.status.name in OPEN]
    found = open_ones or runs
    if not found:
        raise NotFound(f"WfRun {wf_run_id!r} has no user task")
    if len(found) > 1:
        names = ", ".join(f"{wf_run_id}/{one.id.user_task_guid}" for one in found)
        raise InvalidArgument(f"which one? {names}")
    return wf_run_id, found[0].id.user_task_guid


def form_or_none(client: SyncClient, name: str, version: int) -> UserTaskDef | None:
    """What it asks for, unless that was deleted."""
    from lhredis.errors import NotFound

    try:
        return client.get_user_task_def(name, version)
    except NotFound:
        return None
