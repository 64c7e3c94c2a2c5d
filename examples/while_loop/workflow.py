"""workflow: a loop: eat donuts as long as there are some.

lhredis deploy examples.while_loop.workflow
lhredis worker examples.while_loop.tasks
lhredis run while-loop donuts=3 --wait
"""

from __future__ import annotations

from examples.while_loop.tasks import eat_donut
from lhredis.workflow import Workflow, WorkflowThread


def eat_all(wf: WorkflowThread) -> None:
    donuts = wf.declare_int("donuts").required()
    eaten = wf.declare_int("eaten", default_value=0)
    with wf.while_(donuts > 0):
        wf.execute(eat_donut, donuts)
        donuts -= 1
        eaten += 1
    wf.complete(eaten)


workflow = Workflow("while-loop", eat_all)
