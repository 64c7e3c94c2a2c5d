"""tasks: paying: `lhredis worker examples.hierarchical.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def buy_thing(thing: str, money_left: int) -> str:
    return f"{thing} is bought, {money_left} is left"
