"""tasks: the weather: `lhredis worker examples.schedules.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def forecast(city: str) -> str:
    return f"{city} is sunny"
