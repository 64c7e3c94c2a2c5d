"""workflow: records with typed fields: built, handed to tasks, read by field.

lhredis deploy examples.structs.workflow
lhredis worker examples.structs.tasks
lhredis run structs make=Honda miles=42 --wait

The phone number is a masked field: people see ***** wherever the car is shown.
"""

from __future__ import annotations

from examples.structs.tasks import Car, Owner, drive, invoice
from lhredis.workflow import Workflow, WorkflowThread

__all__ = ["Car", "Owner", "drive", "invoice", "workflow"]


def structs(wf: WorkflowThread) -> None:
    make = wf.declare_str("make", default_value="Honda")
    miles = wf.declare_int("miles", default_value=42)
    car = wf.declare_struct("car", Car)

    owner = wf.build_struct(Owner).put("name", "Ada").put("phone", "555-0100")
    car.assign(wf.build_struct(Car).put("make", make).put("owner", owner))
    car.assign(wf.execute(drive, car, miles))
    car["mileage"] += 1  # the last mile to the garage
    wf.complete(wf.execute(invoice, car["owner"]["name"], car["mileage"]))


workflow = Workflow("structs", structs)
