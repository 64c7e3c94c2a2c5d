"""workflow: a saga: what was done is undone when a later step fails, and the run says why it failed.

lhredis deploy examples.saga.workflow
lhredis worker examples.saga.tasks
lhredis run saga city=paris --wait
lhredis run saga city=atlantis --wait       # EXCEPTION trip-cancelled, and the flight is cancelled
"""

from __future__ import annotations

from examples.saga.tasks import book_flight, book_hotel, cancel_flight
from lhredis.workflow import Workflow, WorkflowThread


def travel(wf: WorkflowThread) -> None:
    city = wf.declare_str("city").required()
    flight = wf.declare_str("flight")
    hotel = wf.declare_str("hotel")

    flight.assign(wf.execute(book_flight, city))
    booking = wf.execute(book_hotel, city)
    hotel.assign(booking)
    with wf.on_failure(booking) as undo:
        undo.execute(cancel_flight, flight)
        undo.fail("trip-cancelled", "There is no hotel")

    wf.complete(wf.format("{0}, {1}", flight, hotel))


workflow = Workflow("saga", travel)
