"""workflow: an interrupt: the address may change while the parcel is on its way.

lhredis deploy examples.interrupts.workflow
lhredis worker examples.interrupts.tasks
lhredis run interrupts address=Naboo --id parcel
lhredis post-event parcel address-changed Hoth
lhredis post-event parcel arrived
lhredis get wf-run parcel                   # handed over at Hoth
"""

from __future__ import annotations

from examples.interrupts.tasks import hand_over, tell_driver
from lhredis.workflow import Workflow, WorkflowThread


def deliver(wf: WorkflowThread) -> None:
    address = wf.declare_str("address").required()

    with wf.on_interrupt("address-changed", event_type=str) as change:
        address.assign(change.declare_str("INPUT"))
        change.execute(tell_driver, address)

    wf.wait_for_event("arrived", auto_register=True)
    wf.complete(wf.execute(hand_over, address))


workflow = Workflow("interrupts", deliver)
