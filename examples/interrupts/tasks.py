"""tasks: bringing a parcel: `lhredis worker examples.interrupts.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def tell_driver(address: str) -> str:
    return f"turn round and drive to {address}"


@task
async def hand_over(address: str) -> str:
    return f"handed over at {address}"
