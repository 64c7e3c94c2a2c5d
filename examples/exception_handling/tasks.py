"""tasks: reserving a table: `lhredis worker examples.exception_handling.tasks`."""

from __future__ import annotations

from lhredis.worker import LHTaskException, task


@task
async def reserve_table(restaurant: str, guests: int) -> str:
    """A restaurant of ten seats, whose phone does not work on the moon."""
    if restaurant == "moon":
        raise ConnectionError("nobody answers the phone")
    if guests > 10:
        raise LHTaskException("fully-booked", f"{guests} are too many", {"seats": 10})
    return f"a table for {guests} at {restaurant}"


@task
async def order_pizza(guests: int, why: str) -> str:
    return f"{guests} pizzas, because {why}"
