"""tasks: the start: `lhredis worker examples.wait_for_condition.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def launch(rocket: str) -> str:
    return f"{rocket} has lifted off"
