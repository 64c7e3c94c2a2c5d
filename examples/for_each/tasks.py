"""tasks: inviting: `lhredis worker examples.for_each.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def invite(guest: str, party: str) -> str:
    return f"Dear {guest}, please come to the {party}!"


@task
async def count_guests(guests: list[str]) -> str:
    return f"{len(guests)} are invited"
