"""found: what a search has found, told in full. It answers ids, and ids alone tell a person little."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from lhredis.errors import NotFound

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lhredis.client import SyncClient
    from lhredis.model.ids import NodeRunId, TaskRunId, UserTaskRunId

GETS_AT_ONCE_MAX = 16

Id = TypeVar("Id")
Found = TypeVar("Found")


def user_task_runs(client: SyncClient, ids: Iterable[UserTaskRunId]) -> RenderableType:
    """A line for each that is still there."""
    from lhredis.cli.user_task_tables import user_task_runs as table

    return table(_got(lambda one: client.get_user_task_run(one.wf_run_id, one.user_task_guid), ids))


def task_runs(client: SyncClient, ids: Iterable[TaskRunId]) -> RenderableType:
    """A line for each that is still there."""
    from lhredis.cli import run_tables, tables

    cells = (
        (
            one.id.wf_run_id, one.id.task_guid, tables.status(one.status), one.scheduled_at,
            f"{len(one.attempts)} of {one.total_attempts}", run_tables.attempt_error(one.attempts[-1]),
        )
        for one in _got(lambda one: client.get_task_run(one.wf_run_id, one.task_guid), ids)
    )  # fmt: skip
    return tables.listed(("wf-run", "task", "status", "scheduled", "attempts", "error"), cells)


def node_runs(client: SyncClient, ids: Iterable[NodeRunId]) -> RenderableType:
    """A line for each that is still there."""
    from lhredis.cli import tables

    cells = (
        (
            one.id.wf_run_id, one.id.thread_run_number, one.id.position, one.node_name,
            tables.status(one.status), one.arrival_time, tables.duration(one.arrival_time, one.end_time),
        )
        for one in _got(
            lambda one: client.get_node_run(one.wf_run_id, one.thread_run_number, one.position), ids
        )
    )  # fmt: skip
    return tables.listed(("wf-run", "thread", "pos", "node", "status", "arrived", "took"), cells)


def _got(get: Callable[[Id], Found], ids: Iterable[Id]) -> list[Found]:
    """What has these ids, in their order, without what was deleted meanwhile."""

    def one(id: Id) -> Found | None:
        try:
            return get(id)
        except NotFound:
            return None

    with ThreadPoolExecutor(GETS_AT_ONCE_MAX) as threads:
        return [found for found in threads.map(one, ids) if found is not None]
