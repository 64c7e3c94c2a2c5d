"""task_runs: the tasks that a WfRun called, with every attempt."""

from __future__ import annotations

import time
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import ShownRun, claims_of, node_runs_of, shown_run
from lhredis.api.task_views import task_run_view
from lhredis.errors import NotFound


async def list_task_runs(call: Call) -> Answer:
    """List the TaskRuns of a WfRun

    By thread and position. An attempt that a worker holds is shown as TASK_RUNNING, with the worker.
    """
    views = await _views(call, await shown_run(call.services, call.tenant, call.path["wf_run_id"]), None)
    return json_answer({"results": views})


async def get_task_run(call: Call) -> Answer:
    """Read a TaskRun"""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    for view in await _views(call, shown, call.path["task_guid"]):
        return json_answer(view)
    guid = "{}-{}".format(*call.path["task_guid"])
    raise NotFound(f"WfRun {shown.run.id!r} has no TaskRun {guid!r}")


async def _views(call: Call, shown: ShownRun, only: tuple[int, int] | None) -> list[dict[str, Any]]:
    claims = await claims_of(call.services, shown)
    now_ms = time.time_ns() // 1_000_000
    return [
        task_run_view(
            shown.run,
            thread,
            node_run,
            shown.spec,
            shown.task_defs.get(node_run.task.task_def),
            shown.masks,
            claims.get(thread.number) if node_run is thread.node else None,
            now_ms,
        )
        for thread, node_run in await node_runs_of(call.services, shown)
        if node_run.task is not None and only in (None, (thread.number, node_run.position))
    ]
