"""tasks: what a baker does: `lhredis worker examples.child_threads.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def heat_oven(celsius: int) -> str:
    return f"the oven has {celsius} degrees"


@task
async def knead_dough(flour: str) -> str:
    return f"dough of {flour}"


@task
async def bake(dough: str) -> str:
    return f"bread, from {dough}"
