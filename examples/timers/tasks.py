"""tasks: tea: `lhredis worker examples.timers.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def pour_water(tea: str) -> str:
    return f"water is on the {tea} tea"


@task
async def serve_tea(tea: str) -> str:
    return f"the {tea} tea is served"
