"""task_runs: the tasks that a WfRun called, with every attempt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import ShownRun, claims_in, node_runs_of, shown_run
from lhredis.api.task_views import task_run_view
from lhredis.engine.run import NodeRun, Reminder, ThreadRun
from lhredis.errors import NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.ids import REMINDERS_FROM
from lhredis.store.checkpoints import checkpoint_counts
from lhredis.store.runs import load_reminders


@dataclass(slots=True, frozen=True)
class CalledTask:
    """A TaskRun with what called it; of a reminder, the NodeRun is a stand-in whose position makes the id."""

    thread: ThreadRun
    node_run: NodeRun
    reminder: Reminder | None = None


async def list_task_runs(call: Call) -> Answer:
    """List the TaskRuns of a WfRun

    By thread and position, then the reminders of user tasks. An attempt that a worker holds is shown as
    TASK_RUNNING, with the worker.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    return json_answer({"results": await _views(call, shown, await _called(call, shown))})


async def get_task_run(call: Call) -> Answer:
    """Read a TaskRun"""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    (view,) = await _views(call, shown, [await find_task(call, shown)])
    return json_answer(view)


async def find_task(call: Call, shown: ShownRun) -> CalledTask:
    """The TaskRun in the call's path. NotFound."""
    wanted = call.path["task_guid"]
    for task in await _called(call, shown):
        if (task.thread.number, task.node_run.position) == wanted:
            return task
    guid = "{}-{}".format(*wanted)
    raise NotFound(f"WfRun {shown.run.id!r} has no TaskRun {guid!r}")


async def _called(call: Call, shown: ShownRun) -> list[CalledTask]:
    node_runs = await node_runs_of(call.services, shown)
    found = [CalledTask(thread, node_run) for thread, node_run in node_runs if node_run.task is not None]
    if not shown.run.reminders_made:
        return found
    threads = await shown.threads(call.services)
    reminders = await load_reminders(call.services.redis, shown.partition, shown.run)
    for number, reminder in reminders.items():
        stand_in = NodeRun(REMINDERS_FROM + number, reminder.node, LHStatus.RUNNING, 0, task=reminder.task)
        stand_in.spec = reminder.spec
        thread = shown.run.thread_at(threads[reminder.thread], stand_in)
        found.append(CalledTask(thread, stand_in, reminder))
    return found


async def _views(call: Call, shown: ShownRun, tasks: Sequence[CalledTask]) -> list[dict[str, Any]]:
    run = shown.run
    at_hand = [
        (called.thread.number, called.node_run.position, called.node_run.task)
        for called in tasks
        if called.node_run.task is not None
        and (called.reminder is not None or called.node_run is called.thread.node)
    ]
    claims = await claims_in(call.services, shown, at_hand)
    checkpoints = await checkpoint_counts(call.services.redis, shown.partition, run.tenant, run.id)
    now_ms = time.time_ns() // 1_000_000
    views = []
    for called in tasks:
        thread, node_run = called.thread, called.node_run
        assert node_run.task is not None
        known = shown.of(thread)
        views.append(
            task_run_view(
                run,
                thread,
                node_run,
                known.spec,
                known.task_defs.get(node_run.task.task_def),
                known.masks,
                claims.get((thread.number, node_run.position)),
                checkpoints[thread.number, node_run.position],
                now_ms,
                called.reminder,
            )
        )
    return views
