"""workflow: an event that is found by a business key: the bank knows the order, and no WfRun.

lhredis deploy examples.correlated_event.workflow
lhredis worker examples.correlated_event.tasks
lhredis run correlated-event order=1138 --id buying
lhredis put-correlated-event payment 1138 4200
lhredis get wf-run buying
"""

from __future__ import annotations

from examples.correlated_event.tasks import ship_order
from lhredis.workflow import CorrelatedEventConfig, Workflow, WorkflowThread

ONE_DAY_S = 24 * 3600


def buy(wf: WorkflowThread) -> None:
    order = wf.declare_str("order").required().searchable()
    cents = wf.wait_for_event(
        "payment",
        timeout=ONE_DAY_S,
        correlation_id=order,
        return_type=int,
        correlated_event_config=CorrelatedEventConfig(delete_after_first_correlation=True),
    )
    wf.complete(wf.execute(ship_order, order, cents))


workflow = Workflow("correlated-event", buy)
