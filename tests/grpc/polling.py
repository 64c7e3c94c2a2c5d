"""polling: streams of PollTask in the hands of a story, which decides when to ask and when to break off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from littlehorse.model import (
    LittleHorseStub,
    PollTaskRequest,
    ReportTaskRun,
    ScheduledTask,
    TaskDefId,
    TaskStatus,
    VariableValue,
)

ANSWER_S_MAX = 20


class Stream:
    """One PollTask stream of a worker for one task."""

    def __init__(self, stub: LittleHorseStub, tenant: str, task_def: str, worker: str) -> None:
        self._request = PollTaskRequest(
            task_def_id=TaskDefId(name=task_def), client_id=worker, task_worker_version="v1"
        )
        self.call = stub.PollTask(metadata=(("tenantid", tenant),))
        self._reading: asyncio.Task[Any] | None = None

    async def ask(self, polls: int = 1, task_def: str | None = None) -> None:
        request = self._request
        if task_def is not None:
            request = PollTaskRequest(task_def_id=TaskDefId(name=task_def), client_id=request.client_id)
        for _ in range(polls):
            await self.call.write(request)

    async def task(self) -> ScheduledTask:
        """The next task that it is given."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self.call.read())
        reply = await asyncio.wait_for(asyncio.shield(self._reading), ANSWER_S_MAX)
        self._reading = None
        assert reply.HasField("result")
        return reply.result

    def has_task(self) -> bool:
        """Was it given one already?"""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self.call.read())
        return self._reading.done()

    async def asked_task(self) -> ScheduledTask:
        await self.ask()
        return await self.task()

    def break_off(self) -> None:
        self.call.cancel()


@dataclass
class Door:
    """A server, as the workers of one tenant call it."""

    stub: LittleHorseStub
    tenant: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("tenantid", self.tenant),)

    def stream(self, task_def: str, worker: str = "w1") -> Stream:
        return Stream(self.stub, self.tenant, task_def, worker)

    async def report(self, task: ScheduledTask, output: Any = None, **more: Any) -> None:
        """Success, unless `more` says something else."""
        if not more:
            more = {"status": TaskStatus.TASK_SUCCESS, "output": output or VariableValue()}
        report = ReportTaskRun(task_run_id=task.task_run_id, attempt_number=task.attempt_number, **more)
        await self.stub.ReportTask(report, metadata=self.metadata)


@asynccontextmanager
async def door(port: int, tenant: str) -> AsyncIterator[Door]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Door(LittleHorseStub(channel), tenant)
