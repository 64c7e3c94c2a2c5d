"""workflow: throw an event: the guest gets the dish as soon as it is ready, and the run goes on.

lhredis deploy examples.await_workflow_event.workflow
lhredis worker examples.await_workflow_event.tasks
lhredis run await-workflow-event dish=soup --id lunch
lhredis await-event lunch dish-ready
"""

from __future__ import annotations

from examples.await_workflow_event.tasks import cook, wash_up
from lhredis.workflow import Workflow, WorkflowThread


def lunch(wf: WorkflowThread) -> None:
    dish = wf.declare_str("dish").required()
    wf.throw_event("dish-ready", wf.execute(cook, dish), return_type=str)
    wf.execute(wash_up, dish)


workflow = Workflow("await-workflow-event", lunch)
