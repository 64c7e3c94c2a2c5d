"""Many at once: what does not fit into the connections to Redis queues."""

from __future__ import annotations

import asyncio

from littlehorse.model import (
    PollTaskRequest,
    PutTaskDefRequest,
    RegisterTaskWorkerRequest,
    TaskDefId,
)

from lhredis.api.services import CONNECTIONS_MAX
from tests.grpc.lh import LH

MANY = 2 * CONNECTIONS_MAX
PAUSE_MS = 3_000
"""How long Redis answers nobody, so that all come together."""

WORK = TaskDefId(name="work")


async def test_workers_that_all_come_at_once_are_all_registered(lh: LH) -> None:
    await lh.stub.PutTaskDef(PutTaskDefRequest(name=WORK.name))
    await lh.redis.client_pause(PAUSE_MS)
    replies = await asyncio.gather(
        *(
            lh.stub.RegisterTaskWorker(RegisterTaskWorkerRequest(task_worker_id=f"w{n}", task_def_id=WORK))
            for n in range(MANY)
        )
    )
    assert len(replies) == MANY
    group = await lh.stub.GetTaskWorkerGroup(WORK)
    assert len(group.task_workers) == MANY


async def test_streams_that_all_begin_at_once_are_all_served(lh: LH) -> None:
    """A stream that is refused ends at once; one that is served waits for a task."""
    await lh.stub.PutTaskDef(PutTaskDefRequest(name=WORK.name))
    await lh.redis.client_pause(PAUSE_MS)
    streams = [lh.stub.PollTask() for _ in range(MANY)]
    await asyncio.gather(
        *(stream.write(PollTaskRequest(task_def_id=WORK, client_id="w")) for stream in streams)
    )
    await lh.stub.GetTaskDef(WORK)
    assert [stream for stream in streams if stream.done()] == []
    for stream in streams:
        stream.cancel()
