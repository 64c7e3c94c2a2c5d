"""tasks: the ways a parcel can go: `lhredis worker examples.conditionals.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def send_by_drone(address: str) -> str:
    return f"a drone flies to {address}"


@task
async def send_by_van(address: str) -> str:
    return f"a van drives to {address}"


@task
async def send_by_ship(address: str, crane: bool) -> str:
    return f"a ship sails to {address}" + (", with a crane" if crane else "")
