"""workflow: wait until something is true: the rocket starts when every engineer said go.

lhredis deploy examples.wait_for_condition.workflow
lhredis worker examples.wait_for_condition.tasks
lhredis run wait-for-condition rocket=Falcon engineers=2 --id start
lhredis post-event start go
lhredis post-event start go
lhredis get wf-run start
"""

from __future__ import annotations

from examples.wait_for_condition.tasks import launch
from lhredis.workflow import Workflow, WorkflowThread


def start(wf: WorkflowThread) -> None:
    rocket = wf.declare_str("rocket").required()
    missing = wf.declare_int("engineers").required()

    with wf.on_interrupt("go", auto_register=True):
        missing -= 1

    wf.wait_for_condition(missing <= 0)
    wf.complete(wf.execute(launch, rocket))


workflow = Workflow("wait-for-condition", start)
