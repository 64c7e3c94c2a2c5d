"""work: the tasks and the workflow of the e2e tests; a worker process imports it."""

from __future__ import annotations

import asyncio

from lhredis.worker import Worker, task
from lhredis.workflow import Workflow, WorkflowThread

STEPS = 8


@task
async def count_up(number: int) -> int:
    """Takes a moment, so that there is always something under way to be killed."""
    await asyncio.sleep(0.02)
    return number + 1


def counting(wf: WorkflowThread) -> None:
    number = wf.declare_int("number", 0)
    for _ in range(STEPS):
        number.assign(wf.execute(count_up, number, timeout_seconds=1, retries=20))
    wf.complete(number)


workflow = Workflow("counting", counting)
worker = Worker(count_up, concurrency=32)
