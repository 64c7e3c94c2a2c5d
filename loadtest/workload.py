"""workload: the five-step process that the load test runs."""

from __future__ import annotations

from lhredis.worker import task
from lhredis.workflow import Workflow, WorkflowThread


@task
async def load_step(number: int) -> int:
    return number + 1


def thread(wf: WorkflowThread) -> None:
    number = wf.declare_int("number").required()
    for _ in range(5):
        number.assign(wf.execute(load_step, number))
    wf.complete(number)


workflow = Workflow("load", thread)
