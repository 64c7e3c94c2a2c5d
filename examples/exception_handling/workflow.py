"""workflow: what can go wrong: an EXCEPTION is part of the business, an ERROR is not.

A handler is a thread of its own. When it completes, the thread goes on after the step that failed.

    lhredis deploy examples.exception_handling.workflow
    lhredis worker examples.exception_handling.tasks
    lhredis run exception-handling restaurant=chez-leia guests=12 --wait
"""

from __future__ import annotations

from examples.exception_handling.tasks import order_pizza, reserve_table
from lhredis.workflow import LHErrorType, Workflow, WorkflowThread


def dinner(wf: WorkflowThread) -> None:
    restaurant = wf.declare_str("restaurant").required()
    guests = wf.declare_int("guests").required()
    plan = wf.declare_str("plan")

    table = wf.execute(reserve_table, restaurant, guests)
    plan.assign(table)
    with wf.on_exception(table, "fully-booked") as booked:
        content = booked.declare_json_obj("INPUT")
        plan.assign(
            booked.execute(order_pizza, guests, booked.format("there are {0} seats", content["seats"]))
        )
    with wf.on_error(table, LHErrorType.TASK_FAILURE) as broken:
        plan.assign(broken.execute(order_pizza, guests, "nobody answers"))

    wf.complete(plan)


workflow = Workflow("exception-handling", dinner)
