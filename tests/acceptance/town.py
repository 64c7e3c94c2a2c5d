"""town: where a scenario takes place: a tenant of its own, with its workers, on an API and a scheduler
that all scenarios of a module share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.node_run import Failure, NodeRun
from lhredis.model.struct_def import PutStructDefRequest
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.wf_run import TaskRun, WfRun
from lhredis.model.wf_spec import WfSpec
from lhredis.scheduler.process import Scheduler
from lhredis.store.connect import connect
from lhredis.worker import TaskFunction, Worker
from lhredis.workflow import Workflow
from lhredis.workflow.thread_draft import ThreadFunction
from tests.api.conftest import PARTITIONS, serving
from tests.hand import Hand
from tests.support import wait_until

WAIT_MS = 20_000
"""How long a scenario waits for a run that should end at once."""


@dataclass
class Town:
    """One tenant. Runs are told by their WfRun or by their id; `hand` works on tasks without a worker."""

    client: Client
    redis_url: str
    tenant: str
    hand: Hand
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    workers: list[asyncio.Task[None]] = field(default_factory=list)

    # Definitions

    async def work(self, *functions: TaskFunction) -> None:
        """Register these tasks, and start one worker for them."""
        for function in functions:
            await self.client.put_task_def(function.task_def)
        worker = Worker(*functions, drain_s=0)
        self.workers.append(asyncio.create_task(worker.run(self.stopping, self.redis_url, self.tenant)))

    async def deploy(self, workflow: Workflow | ThreadFunction, name: str = "flow") -> WfSpec:
        """Register a workflow (or the function that describes it) and the events that it registers."""
        flow = workflow if isinstance(workflow, Workflow) else Workflow(name, workflow)
        *defs, request = flow.requests()
        for one in defs:
            await self._put_def(one)
        return await self.client.put_wf_spec(request)

    async def deploy_changed(self, story: ThreadFunction, change: Callable[[Any], Any]) -> None:
        """Register what neither the builder nor the models would let pass: `change` gets the form of the
        request."""
        form = Workflow("flow", story).compile().to_json()
        change(form)
        await self.client._connection.call("POST", "/v1/wf-specs", form)

    async def events(self, *names: str) -> None:
        """Register ExternalEventDefs without a content type."""
        for name in names:
            await self.client.put_external_event_def(PutExternalEventDefRequest(name=name))

    async def struct_defs(self, *classes: type, **fields: dict[str, Any]) -> None:
        """Register the StructDefs of classes, and `name=fields`."""
        for one in classes:
            await self.client.create_struct_def(one)
        for name, named in fields.items():
            body = {"name": name, "struct_def": {"fields": named}}
            await self.client.put_struct_def(PutStructDefRequest.model_validate(body))

    async def _put_def(self, request: Any) -> None:
        if isinstance(request, PutWorkflowEventDefRequest):
            await self.client.put_workflow_event_def(request)
        elif isinstance(request, PutTaskDefRequest):
            await self.client.put_task_def(request)
        else:
            await self.client.put_external_event_def(request)

    # Runs

    async def run(self, variables: Mapping[str, Any] | None = None, name: str = "flow", **more: Any) -> WfRun:
        """Start a run: as it is right after the call."""
        return await self.client.run_wf(name, variables, **more)

    async def play(
        self, variables: Mapping[str, Any] | None = None, name: str = "flow", **more: Any
    ) -> WfRun:
        """Start a run: as it is when it has ended."""
        return await self.ended(await self.client.run_wf(name, variables, wait_ms=WAIT_MS, **more))

    async def ended(self, run: WfRun | str) -> WfRun:
        """The run, once it has ended."""
        found = await self.client.get_wf_run(_id(run), wait_ms=WAIT_MS)
        assert found.status in TERMINAL_STATUSES, f"{found.id} is still {found.status.name}"
        return found

    async def again(self, run: WfRun | str) -> WfRun:
        """The run as it is now."""
        return await self.client.get_wf_run(_id(run))

    async def until(self, run: WfRun | str, holds: Callable[[WfRun], bool]) -> WfRun:
        """The run, once it looks like that."""

        async def looked_at() -> WfRun | None:
            found = await self.again(run)
            return found if holds(found) else None

        found: WfRun = await wait_until(looked_at)
        return found

    async def post(self, run: WfRun | str, event_def: str, content: Any = None, **more: Any) -> WfRun:
        """Post an ExternalEvent: the run as it is afterwards."""
        await self.client.post_event(_id(run), event_def, content, **more)
        return await self.again(run)

    async def node(self, run: WfRun | str, thread: int, position: int) -> NodeRun:
        return await self.client.get_node_run(_id(run), thread, position)

    async def failure(self, run: WfRun | str, thread: int, position: int) -> Failure:
        """The only failure of a NodeRun."""
        (failure,) = (await self.node(run, thread, position)).failures
        return failure

    async def failed_at(self, run: WfRun, position: int, *words: str) -> None:
        """The run ended with a VAR_SUB_ERROR of this NodeRun, whose message has these words."""
        assert run.status is LHStatus.ERROR
        failure = await self.failure(run, 0, position)
        assert failure.failure_name == "VAR_SUB_ERROR"
        for word in words:
            assert word in failure.message

    async def variable(self, run: WfRun | str, name: str, thread: int = 0) -> Any:
        return (await self.client.get_variable(_id(run), thread, name)).value

    async def variables(self, run: WfRun | str, thread: int = 0) -> dict[str, Any]:
        """The variables of one thread: name → value."""
        found = await self.client.list_variables(_id(run))
        return {one.id.name: one.value for one in found if one.id.thread_run_number == thread}

    async def task_runs(self, run: WfRun | str) -> list[TaskRun]:
        return await self.client.list_task_runs(_id(run))

    async def task_run(self, run: WfRun | str, position: int, thread: int = 0) -> TaskRun:
        """The TaskRun of the TASK NodeRun at this position."""
        return await self.client.get_task_run(_id(run), f"{thread}-{position}")

    async def output(self, run: WfRun | str, position: int, thread: int = 0) -> Any:
        """What the task at this position returned in its last attempt."""
        return (await self.task_run(run, position, thread)).attempts[-1].output

    async def outputs(self, run: WfRun | str) -> list[Any]:
        """What the tasks of a run returned, by thread and position."""
        return [task_run.attempts[-1].output for task_run in await self.task_runs(run)]


def statuses(run: WfRun) -> list[str]:
    """The statuses of the ThreadRuns, by number."""
    return [thread.status.name for thread in run.thread_runs]


def halt_kinds(run: WfRun, thread: int) -> list[str]:
    """Why this ThreadRun halts, in the order of the reasons."""
    return [reason.kind for reason in run.thread_runs[thread].halt_reasons]


def _id(run: WfRun | str) -> str:
    return run if isinstance(run, str) else run.id


@dataclass
class Country:
    """A deployment; `town(name)` is one tenant of it."""

    api_url: str
    redis_url: str
    redis: Redis

    @asynccontextmanager
    async def town(self, tenant: str) -> AsyncIterator[Town]:
        """The tenant's workers end with the scenario."""
        async with Client(self.api_url, tenant=tenant) as client:
            town = Town(client, self.redis_url, tenant, Hand(self.redis, tenant, PARTITIONS))
            try:
                yield town
            finally:
                town.stopping.set()
                await asyncio.wait_for(asyncio.gather(*town.workers), 20)


@asynccontextmanager
async def founded(redis_url: str) -> AsyncIterator[Country]:
    """An API and a scheduler at work on this server."""
    stopping = asyncio.Event()
    async with serving(redis_url) as api_url, connect(redis_url) as redis:
        scheduler = asyncio.create_task(Scheduler(redis, PARTITIONS, "s1").run(stopping))
        try:
            yield Country(api_url, redis_url, redis)
        finally:
            stopping.set()
            await scheduler
