"""user_task_runs: the forms that a WfRun has asked people to fill in."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import ShownRun, node_runs_of, shown_run
from lhredis.api.value_views import present, time_view
from lhredis.api.views import node_run_id, user_task_run_id
from lhredis.engine.node_state import UserTask, UserTaskEvent
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.errors import NotFound
from lhredis.model.values import MASK
from lhredis.store.runs import load_left_node_run


async def list_user_task_runs(call: Call) -> Answer:
    """List the UserTaskRuns of a WfRun

    By thread and position, those that have ended too.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    found = await node_runs_of(call.services, shown)
    views = [
        user_task_run_view(shown, thread, node_run, node_run.state)
        for thread, node_run in found
        if isinstance(node_run.state, UserTask)
    ]
    return json_answer({"results": views})


async def get_user_task_run(call: Call) -> Answer:
    """Read a UserTaskRun"""
    _, view = await find_user_task(call)
    return json_answer(view)


async def find_user_task(call: Call) -> tuple[UserTask, dict[str, Any]]:
    """The UserTaskRun in the call's path, as it is now, and as people see it. NotFound."""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    number, position = call.path["user_task_guid"]
    found = await _node_run(call, shown, number, position)
    if found is None or not isinstance(found[1].state, UserTask):
        raise NotFound(f"WfRun {shown.run.id!r} has no UserTaskRun '{number}-{position}'")
    thread, node_run = found
    assert isinstance(node_run.state, UserTask)
    return node_run.state, user_task_run_view(shown, thread, node_run, node_run.state)


async def _node_run(
    call: Call, shown: ShownRun, number: int, position: int
) -> tuple[ThreadRun, NodeRun] | None:
    run = shown.run
    at_hand = run.threads.get(number)
    if at_hand is not None and at_hand.node is not None and at_hand.node.position == position:
        return at_hand, at_hand.node
    left = await load_left_node_run(
        call.services.redis, shown.partition, run.tenant, run.id, number, position
    )
    if left is None:
        return None
    return run.thread_at(await shown.thread(call.services, number), left), left


def user_task_run_view(
    shown: ShownRun, thread: ThreadRun, node_run: NodeRun, task: UserTask
) -> dict[str, Any]:
    """A UserTaskRun."""
    run = shown.run
    masked = task.notes is not None and shown.of(thread).masks.taken_in(thread, node_run)
    return present(
        {
            "id": user_task_run_id(run, thread, node_run),
            "user_task_def_id": {"name": task.user_task_def, "version": task.version},
            "status": task.status.name,
            "user_id": task.user_id,
            "user_group": task.user_group,
            "notes": MASK if masked else task.notes,
            "results": task.results,
            "events": [_event_view(event) for event in task.events],
            "scheduled_time": time_view(task.scheduled_ms),
            "node_run_id": node_run_id(run, thread, node_run),
            "epoch": task.epoch,
        }
    )


def _event_view(event: UserTaskEvent) -> dict[str, Any]:
    return {"time": time_view(event.time_ms), event.kind: event.details}
