"""tasks: eating: `lhredis worker examples.while_loop.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def eat_donut(left: int) -> str:
    return f"yum, and {left - 1} to go"
