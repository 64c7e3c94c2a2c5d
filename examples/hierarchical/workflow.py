"""workflow: children that are bound to a parent: the purchases of a household share its money.

A run of `hierarchical-purchase` is started by people, inside of a run of `hierarchical`, whose public
variable it inherits. The household closes when the money is gone.

    lhredis deploy examples.hierarchical.workflow
    lhredis worker examples.hierarchical.tasks
    lhredis run hierarchical money=100 --id home
    lhredis run hierarchical-purchase thing=bed price=100 --parent home --wait
    lhredis get wf-run home                     # COMPLETED
"""

from __future__ import annotations

from examples.hierarchical.tasks import buy_thing
from lhredis.workflow import Workflow, WorkflowThread


def household(wf: WorkflowThread) -> None:
    money = wf.declare_int("money").required().as_public()
    wf.wait_for_condition(money <= 0)


def purchase(wf: WorkflowThread) -> None:
    thing = wf.declare_str("thing").required()
    price = wf.declare_int("price").required()
    money = wf.declare_int("money").as_inherited()
    with wf.if_(price > money):
        wf.fail("too-expensive", "There is not enough money left")
    money -= price
    wf.complete(wf.execute(buy_thing, thing, money))


workflow = Workflow("hierarchical", household)
child = Workflow("hierarchical-purchase", purchase, parent_wf=workflow)
