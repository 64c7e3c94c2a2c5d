"""tasks: a booking of two steps: `lhredis worker examples.checkpointed_tasks.tasks`."""

from __future__ import annotations

from lhredis.worker import WorkerContext, task


@task
async def book_trip(traveller: str, ctx: WorkerContext) -> str:
    """Book a flight and a room. The power fails between the two, the first time: the retry books the
    room, and no second flight."""
    flight = await ctx.execute_and_checkpoint(book_flight, traveller, ctx)
    if ctx.attempt_number == 0:
        raise ConnectionError("the power failed")
    room = await ctx.execute_and_checkpoint(book_room, traveller, ctx)
    return f"{flight}, {room}"


async def book_flight(traveller: str, ctx: WorkerContext) -> str:
    ctx.log(f"booking a flight for {traveller}")
    return f"flight booked by attempt {ctx.attempt_number}"


async def book_room(traveller: str, ctx: WorkerContext) -> str:
    ctx.log(f"booking a room for {traveller}")
    return f"room booked by attempt {ctx.attempt_number}"
