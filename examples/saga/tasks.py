"""tasks: booking a trip, and taking it back: `lhredis worker examples.saga.tasks`."""

from __future__ import annotations

from lhredis.worker import LHTaskException, task


@task
async def book_flight(city: str) -> str:
    return f"flight to {city}"


@task
async def book_hotel(city: str) -> str:
    if city == "atlantis":
        raise LHTaskException("no-room", "the hotel is under water")
    return f"hotel in {city}"


@task
async def cancel_flight(booking: str) -> str:
    return f"cancelled: {booking}"
