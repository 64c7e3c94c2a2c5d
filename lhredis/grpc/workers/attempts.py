"""attempts: which claimed attempt a worker speaks of: it names TaskRun and attempt, and no token of ours.

What this process has claimed it remembers. Of what another one has claimed, or an earlier one, the WfRun
tells all: its state has the attempt's token, the claim field of its hash the entry, and the entry's claim the
worker.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from lhredis.api.parameters import read_path
from lhredis.engine.run import TaskRun
from lhredis.errors import InvalidArgument, NotFound
from lhredis.grpc.context import Context
from lhredis.grpc.messages import to_json
from lhredis.grpc.workers.claims import Claimed
from lhredis.model.enums import TaskStatus
from lhredis.model.ids import REMINDERS_FROM
from lhredis.store import keys
from lhredis.store.runs import StoredRun, load_left_node_run, load_reminders, load_run
from lhredis.store.tasks import ScheduledTask, claim_of


@dataclass(slots=True, frozen=True)
class TaskRunPlace:
    """A TaskRun's id in its parts."""

    wf_run_id: str
    thread: int
    position: int

    def attempt_id(self, number: int) -> str:
        return f"{self.wf_run_id}/{self.thread}/{self.position}/{number}"


def place_of(task_run_id: Any) -> TaskRunPlace:
    """The parts of a TaskRunId. InvalidArgument."""
    form = to_json(task_run_id)
    path = read_path({name: form.get(name, "") for name in ("wf_run_id", "task_guid")})
    return TaskRunPlace(path["wf_run_id"], *path["task_guid"])


async def find_attempt(context: Context, place: TaskRunPlace, number: int) -> Claimed | None:
    """The attempt, without its inputs, if a worker has it now; None when nobody waits for it any more (it
    is over, or its run is gone) or nobody has taken it yet. NotFound when the run has no such TaskRun,
    InvalidArgument when that has no such attempt."""
    claimed = context.front.dispatch.claims.of(context.tenant, place.attempt_id(number))
    if claimed is not None:
        return claimed
    async with context.services.places:
        return await _look_for(context, place, number)


async def _look_for(context: Context, place: TaskRunPlace, number: int) -> Claimed | None:
    services = context.services
    partition = services.partition_of(place.wf_run_id)
    stored = await load_run(services.redis, partition, context.tenant, place.wf_run_id)
    if stored is None:
        return None
    task_run = await _task_run(context, partition, stored, place)
    if not 0 <= number < len(task_run.attempts):
        raise InvalidArgument(
            f"TaskRun {place.thread}-{place.position} of WfRun {place.wf_run_id!r} has no attempt {number}: "
            f"it has {len(task_run.attempts)}"
        )
    attempt, entry = task_run.attempts[number], stored.entry_of(place.thread, place.position)
    if entry is None or attempt.status is not TaskStatus.TASK_SCHEDULED:
        return None
    claim = await claim_of(services.redis, keys.tasks(partition, context.tenant, task_run.task_def), entry)
    if claim is None:
        return None
    task = ScheduledTask(
        place.attempt_id(number),
        attempt.token,
        context.tenant,
        task_run.task_def,
        node="",
        inputs={},
        timeout_ms=0,
        scheduled_ms=attempt.scheduled_ms,
        entry=entry,
        partition=partition,
    )
    return Claimed(task, claim.worker, time.time_ns() // 1_000_000 - claim.idle_ms)


async def _task_run(context: Context, partition: int, stored: StoredRun, place: TaskRunPlace) -> TaskRun:
    """NotFound."""
    run, redis = stored.run, context.services.redis
    task_run = None
    if place.position >= REMINDERS_FROM:
        reminder = (await load_reminders(redis, partition, run)).get(place.position - REMINDERS_FROM)
        task_run = reminder.task if reminder is not None and reminder.thread == place.thread else None
    else:
        thread = run.threads.get(place.thread)
        node_run = thread.node if thread is not None else None
        if node_run is None or node_run.position != place.position:
            where = (partition, run.tenant, run.id, place.thread, place.position)
            node_run = await load_left_node_run(redis, *where)
        task_run = node_run.task if node_run is not None else None
    if task_run is None:
        raise NotFound(f"WfRun {run.id!r} has no TaskRun '{place.thread}-{place.position}'")
    return task_run
