"""node_runs: what a WfRun went through, node by node."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import ShownRun, node_runs_of, shown_run
from lhredis.api.views import node_run_view
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.errors import NotFound


async def list_node_runs(call: Call) -> Answer:
    """List the NodeRuns of a WfRun

    By thread and position; with `thread_run_number`, those of one thread.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    only = call.query["thread_run_number"]
    if only is not None:
        await shown.thread(call.services, only)
    found = await node_runs_of(call.services, shown)
    views = [
        _view(shown, thread, node_run) for thread, node_run in found if only is None or thread.number == only
    ]
    return json_answer({"results": views})


async def get_node_run(call: Call) -> Answer:
    """Read a NodeRun"""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    number, position = call.path["thread_run_number"], call.path["position"]
    await shown.thread(call.services, number)
    for thread, node_run in await node_runs_of(call.services, shown):
        if thread.number == number and node_run.position == position:
            return json_answer(_view(shown, thread, node_run))
    raise NotFound(f"ThreadRun {number} of WfRun {shown.run.id!r} has no NodeRun {position}")


def _view(shown: ShownRun, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    known = shown.of(thread)
    return node_run_view(shown.run, thread, node_run, known.spec, known.masks)
