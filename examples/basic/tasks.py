"""tasks: the one task of the basic example: `lhredis worker examples.basic.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def welcome(name: str) -> str:
    return f"Welcome, {name}!"
