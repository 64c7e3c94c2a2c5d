"""workflow: a WfRun that starts another one, and waits for what that returns.

lhredis deploy examples.child_workflow.workflow
lhredis worker examples.child_workflow.tasks
lhredis run child-workflow customer=Jabba cents=1000 --wait
"""

from __future__ import annotations

from examples.child_workflow.tasks import add_tax, print_invoice
from lhredis.workflow import Workflow, WorkflowThread


def tax(wf: WorkflowThread) -> None:
    wf.complete(wf.execute(add_tax, wf.declare_int("cents").required(), 20))


def invoice(wf: WorkflowThread) -> None:
    customer = wf.declare_str("customer").required()
    cents = wf.declare_int("cents").required()
    taxed = wf.wait_for_child_wf(wf.run_wf("child-workflow-tax", {"cents": cents}))
    wf.complete(wf.execute(print_invoice, customer, taxed))


child = Workflow("child-workflow-tax", tax)
workflow = Workflow("child-workflow", invoice)
