"""workflow: one task that keeps what it has done, so that its retry does not do it again.

lhredis deploy examples.checkpointed_tasks.workflow
lhredis worker examples.checkpointed_tasks.tasks
lhredis run checkpointed-tasks traveller=Ada --wait

The output names the attempt that did each step: the flight was booked by attempt 0, the room by
attempt 1. `GET /v1/wf-runs/{id}/task-runs/0-1/checkpoints` shows what was kept.
"""

from __future__ import annotations

from examples.checkpointed_tasks.tasks import book_trip
from lhredis.workflow import Workflow, WorkflowThread


def checkpointed_tasks(wf: WorkflowThread) -> None:
    traveller = wf.declare_str("traveller").required()
    wf.complete(wf.execute(book_trip, traveller, retries=1))


workflow = Workflow("checkpointed-tasks", checkpointed_tasks)
