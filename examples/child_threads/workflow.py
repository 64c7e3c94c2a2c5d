"""workflow: two things at the same time: the oven gets hot while the dough is kneaded.

A child thread sees and changes the variables of the thread that spawned it.

    lhredis deploy examples.child_threads.workflow
    lhredis worker examples.child_threads.tasks
    lhredis run child-threads flour=rye --wait
"""

from __future__ import annotations

from examples.child_threads.tasks import bake, heat_oven, knead_dough
from lhredis.workflow import Workflow, WorkflowThread


def make_bread(wf: WorkflowThread) -> None:
    flour = wf.declare_str("flour").required()
    dough = wf.declare_str("dough")

    with wf.spawn("oven", input={"celsius": 230}) as oven:
        oven.execute(heat_oven, oven.declare_int("celsius").required())
    with wf.spawn("kneading") as kneading:
        dough.assign(kneading.execute(knead_dough, flour))

    wf.wait_for_threads(oven, kneading)
    wf.complete(wf.execute(bake, dough))


workflow = Workflow("child-threads", make_bread)
