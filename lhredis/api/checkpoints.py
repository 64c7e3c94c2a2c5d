"""checkpoints: the values that a task stored on its way."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import shown_run
from lhredis.api.task_runs import find_task
from lhredis.api.value_views import present, time_view, value_view
from lhredis.api.views import task_run_id
from lhredis.engine.run import NodeRun, Run, ThreadRun
from lhredis.model.values import MASK
from lhredis.store.checkpoints import Checkpoint, load_checkpoints


async def list_checkpoints(call: Call) -> Answer:
    """List the checkpoints of a TaskRun

    By number. They are masked when the task's output or one of its inputs is.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    task = await find_task(call, shown)
    thread, node_run = task.thread, task.node_run
    run, masked = shown.run, shown.of(thread).masks.checkpoints(thread, node_run)
    found = await load_checkpoints(
        call.services.redis, shown.partition, run.tenant, run.id, thread.number, node_run.position
    )
    views = [_checkpoint_view(run, thread, node_run, checkpoint, masked) for checkpoint in found]
    return json_answer({"results": views})


def _checkpoint_view(
    run: Run, thread: ThreadRun, node_run: NodeRun, checkpoint: Checkpoint, masked: bool
) -> dict[str, Any]:
    return present(
        {
            "id": {
                "task_run": task_run_id(run, thread, node_run),
                "checkpoint_number": checkpoint.number,
            },
            "value": value_view(checkpoint.value, masked),
            "logs": MASK if masked and checkpoint.logs else checkpoint.logs,
            "created_at": time_view(checkpoint.created_ms),
        }
    )
