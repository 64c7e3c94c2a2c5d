"""workflow: if, elif and else: a parcel goes the way that its weight allows.

lhredis deploy examples.conditionals.workflow
lhredis worker examples.conditionals.tasks
lhredis run conditionals grams=300 address=Tatooine --wait
"""

from __future__ import annotations

from examples.conditionals.tasks import send_by_drone, send_by_ship, send_by_van
from lhredis.workflow import Workflow, WorkflowThread


def send(wf: WorkflowThread) -> None:
    grams = wf.declare_int("grams").required()
    address = wf.declare_str("address").required()
    fragile = wf.declare_bool("fragile", default_value=False)
    way = wf.declare_str("way")

    with wf.if_((grams < 500) & ~fragile):
        way.assign(wf.execute(send_by_drone, address))
    with wf.elif_(grams < 50_000):
        way.assign(wf.execute(send_by_van, address))
    with wf.else_():
        way.assign(wf.execute(send_by_ship, address, grams > 1_000_000))
    wf.complete(way)


workflow = Workflow("conditionals", send)
