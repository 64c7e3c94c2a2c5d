"""tasks: what follows a payment: `lhredis worker examples.correlated_event.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def ship_order(order: str, cents: int) -> str:
    return f"order {order} is shipped, {cents} cents were paid"
