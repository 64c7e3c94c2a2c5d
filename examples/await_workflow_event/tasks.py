"""tasks: cooking: `lhredis worker examples.await_workflow_event.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def cook(dish: str) -> str:
    return f"hot {dish}"


@task
async def wash_up(dish: str) -> str:
    return f"the pot of the {dish} is clean"
