"""poll_task: the PollTask stream: each request asks for one task, each reply has one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from littlehorse.model.service_pb2 import PollTaskResponse

from lhredis.errors import InvalidArgument
from lhredis.grpc.context import Context
from lhredis.grpc.workers.claims import Claimed
from lhredis.grpc.workers.dispatch import Dispatch
from lhredis.grpc.workers.poller import Poller
from lhredis.grpc.workers.scheduled_tasks import scheduled_task
from lhredis.model.task_def import TaskDef
from lhredis.store.checkpoints import checkpoint_counts
from lhredis.store.tasks import task_id_parts

WORKER_ID_CHARS_MAX = 512

Send = Callable[[Any], Awaitable[None]]


async def poll_task(requests: AsyncIterator[Any], context: Context, send: Send) -> None:
    """Serve one stream until its requests end. NotFound when there is no such TaskDef."""
    first = await anext(requests, None)
    if first is None:
        return
    worker_id, name = checked_worker_id(first.client_id), first.task_def_id.name
    async with context.services.places:
        task_def = await context.services.metadata.task_def(context.tenant, name)
    dispatch = context.front.dispatch
    version = first.task_worker_version if first.HasField("task_worker_version") else None
    poller = dispatch.join(context.tenant, name, worker_id, version or None, _masked_inputs(task_def))
    reading = asyncio.create_task(_read(first, requests, poller, dispatch))
    try:
        while (claimed := await poller.next()) is not None:
            await _send(claimed, poller, context, send)
    finally:
        reading.cancel()
        dispatch.leave(poller)


def checked_worker_id(worker_id: str) -> str:
    """InvalidArgument when it is too long. An empty one is a worker that does not say who it is."""
    if len(worker_id) > WORKER_ID_CHARS_MAX:
        raise InvalidArgument(
            f"the id of a task worker has at most {WORKER_ID_CHARS_MAX} characters; got {len(worker_id)}"
        )
    return worker_id


def _masked_inputs(task_def: TaskDef) -> list[str]:
    return [variable.name for variable in task_def.input_vars if variable.masked]


async def _read(first: Any, requests: AsyncIterator[Any], poller: Poller, dispatch: Dispatch) -> None:
    try:
        dispatch.poll(poller)
        async for request in requests:
            if request.task_def_id != first.task_def_id:
                raise InvalidArgument(
                    f"a stream polls one TaskDef: {first.task_def_id.name!r}, not {request.task_def_id.name!r}"
                )
            dispatch.poll(poller)
        poller.end()
    except Exception as error:  # noqa: BLE001 - it ends the stream, whatever it is
        poller.end(error)


async def _send(claimed: Claimed, poller: Poller, context: Context, send: Send) -> None:
    """What the stream does not take is for others."""
    task = claimed.task
    try:
        message = scheduled_task(task, poller.masked_inputs, await _checkpoints(claimed, context))
        await send(PollTaskResponse(result=message))
    except BaseException:
        context.front.dispatch.give_back(claimed)
        raise


async def _checkpoints(claimed: Claimed, context: Context) -> int:
    """How many the TaskRun has; the first attempt finds none."""
    task = claimed.task
    wf_run_id, thread, position, attempt = task_id_parts(task.id)
    if attempt == 0:
        return 0
    async with context.services.places:
        counts = await checkpoint_counts(context.services.redis, task.partition, task.tenant, wf_run_id)
    return counts[thread, position]
