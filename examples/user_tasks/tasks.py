"""tasks: what follows an answer, and what reminds of it: `lhredis worker examples.user_tasks.tasks`."""

from __future__ import annotations

from lhredis.worker import WorkerContext, task


@task
async def remind_of_wish(item: str, context: WorkerContext) -> str:
    return f"{context.user_id}, somebody still wishes for {item}"


@task
async def order(item: str, limit: float) -> str:
    return f"{item} is ordered, for {limit} at most"


@task
async def tell_no(item: str) -> str:
    return f"there will be no {item}"
