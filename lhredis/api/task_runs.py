"""task_runs: the tasks that a WfRun called, with every attempt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import ShownRun, claims_of, node_runs_of, shown_run
from lhredis.api.task_views import task_run_view
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.errors import NotFound
from lhredis.store.checkpoints import checkpoint_counts


async def list_task_runs(call: Call) -> Answer:
    """List the TaskRuns of a WfRun

    By thread and position. An attempt that a worker holds is shown as TASK_RUNNING, with the worker.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    return json_answer({"results": await _views(call, shown, await node_runs_of(call.services, shown))})


async def get_task_run(call: Call) -> Answer:
    """Read a TaskRun"""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    (view,) = await _views(call, shown, [await find_task(call, shown)])
    return json_answer(view)


async def find_task(call: Call, shown: ShownRun) -> tuple[ThreadRun, NodeRun]:
    """The NodeRun of the TaskRun in the call's path, and its thread. NotFound."""
    wanted = call.path["task_guid"]
    for thread, node_run in await node_runs_of(call.services, shown):
        if node_run.task is not None and (thread.number, node_run.position) == wanted:
            return thread, node_run
    guid = "{}-{}".format(*wanted)
    raise NotFound(f"WfRun {shown.run.id!r} has no TaskRun {guid!r}")


async def _views(
    call: Call, shown: ShownRun, node_runs: Sequence[tuple[ThreadRun, NodeRun]]
) -> list[dict[str, Any]]:
    run = shown.run
    claims = await claims_of(call.services, shown)
    checkpoints = await checkpoint_counts(call.services.redis, shown.partition, run.tenant, run.id)
    now_ms = time.time_ns() // 1_000_000
    return [
        task_run_view(
            run,
            thread,
            node_run,
            shown.spec,
            shown.task_defs.get(node_run.task.task_def),
            shown.masks,
            claims.get(thread.number) if node_run is thread.node else None,
            checkpoints[thread.number, node_run.position],
            now_ms,
        )
        for thread, node_run in node_runs
        if node_run.task is not None
    ]
