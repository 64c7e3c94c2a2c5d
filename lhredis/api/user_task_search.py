"""user_task_search: search UserTaskRuns, by reading the WfRuns whose WfSpecs have user tasks."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer
from lhredis.api.call import Call
from lhredis.api.run_queries import STATUSES, runs_to_read, versions_of
from lhredis.api.run_scan import Inside, Scanned, node_runs_in, scan_page
from lhredis.api.validation import parse_body
from lhredis.engine.node_state import UserTask
from lhredis.engine.run import NodeRun, SpecVersion
from lhredis.errors import NotFound
from lhredis.model.enums import LHStatus, UserTaskRunStatus
from lhredis.model.search import SearchOrder, SearchUserTaskRunRequest
from lhredis.store.search import Search

_OPEN = (UserTaskRunStatus.UNASSIGNED, UserTaskRunStatus.ASSIGNED)


async def search_user_task_runs(call: Call) -> Answer:
    """Search UserTaskRuns

    By the order of their WfRuns, which are read one after the other: a page may hold fewer than `limit`
    when many had to be read; as long as there is a `bookmark`, there may be more.
    """
    request = parse_body(SearchUserTaskRunRequest, call.body)
    versions = [
        version
        for version in await versions_of(call.services, call.tenant, None)
        if await _has_user_tasks(call, version)
    ]

    async def items(scanned: list[Scanned]) -> list[list[tuple[Inside, dict[str, Any]]]]:
        return [
            [
                (where, {"wf_run_id": one.run.id, "user_task_guid": f"{where[0]}-{where[1]}"})
                for where, node_run in nodes
                if _is_wanted(request, node_run)
            ]
            for one, nodes in zip(scanned, await node_runs_in(call, scanned), strict=True)
        ]

    statuses = [one for one in STATUSES if request.status not in _OPEN or one is not LHStatus.COMPLETED]
    newest_first, latest_ms = request.order is SearchOrder.NEWEST_FIRST, request.between_ms[1]
    group = runs_to_read(call.services, call.tenant, versions, statuses)
    search = Search([group], range(call.services.partitions), 0, latest_ms, newest_first)
    return await scan_page(call, "user-task-runs", request, search, items)


async def _has_user_tasks(call: Call, version: SpecVersion) -> bool:
    """A version that is deleted cannot tell."""
    try:
        spec = await call.services.metadata.wf_spec(call.tenant, version)
    except NotFound:
        return True
    nodes = (node for thread in spec.thread_specs.values() for node in thread.nodes.values())
    return any(node.user_task is not None for node in nodes)


def _is_wanted(request: SearchUserTaskRunRequest, node_run: NodeRun) -> bool:
    task = node_run.state
    if not isinstance(task, UserTask):
        return False
    low, high = request.between_ms
    return (
        request.status in (None, task.status)
        and request.user_task_def_name in (None, task.user_task_def)
        and request.user_id in (None, task.user_id)
        and request.user_group in (None, task.user_group)
        and low <= task.scheduled_ms <= high
    )
