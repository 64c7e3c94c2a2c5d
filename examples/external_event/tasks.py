"""tasks: what follows a signature: `lhredis worker examples.external_event.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def file_contract(signed_by: str) -> str:
    return f"filed, signed by {signed_by}"


@task
async def remind_of_contract(customer: str) -> str:
    return f"{customer} has not signed yet"
