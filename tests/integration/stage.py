"""stage: a deployment in one process: definitions, steppers and schedulers made by hand, and a hand
that works on tasks with nothing but Redis commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from lhredis.engine.definitions import names_in
from lhredis.engine.events import RunStarted, TaskReported
from lhredis.engine.run import NodeRun, Run, SpecVersion
from lhredis.model.enums import TaskStatus
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.types import ReturnType, VariableDef
from lhredis.scheduler.process import Scheduler
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.registration import register_wf_spec
from lhredis.stepper.stepper import Stepper, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.connect import connect, join_cluster
from lhredis.store.metadata import Metadata
from lhredis.store.runs import load_history, load_run
from lhredis.store.tasks import ScheduledTask, task_id_parts
from lhredis.workflow import Workflow
from tests.hand import Hand

T = "acme"
PARTITIONS = 2


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Process:
    """One process that steps runs: what it caches is its own. `waking` tells the owner of timers."""

    def __init__(self, redis: Redis, runs_max: int = 100) -> None:
        self.metadata = Metadata(redis)
        self.programs = Programs(self.metadata)
        self.cache = RunCache(runs_max)
        self.counters = Counters()
        self.stepper = Stepper(redis, self.programs, self.cache, self.counters)

    async def advance(
        self, *works: Work, consumed: dict[int, list[str]] | None = None
    ) -> list[Outcome | None]:
        """Step this work in one batch, and tell what became of each."""
        batches: dict[int, list[Work]] = {}
        for work in works:
            batches.setdefault(partition_of(work.wf_run_id), []).append(work)
        await self.stepper.advance(batches, consumed or {}, now_ms())
        return [work.outcome for work in works]


def partition_of(wf_run_id: str) -> int:
    return keys.partition_of(wf_run_id, PARTITIONS)


class Stage:
    """Everything of one deployment; ids of runs tell their partition by `partition_of`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clients: list[Redis] = []
        self.redis = self.client()
        self.hand = Hand(self.redis, T, PARTITIONS)
        self.api = Process(self.redis, runs_max=0)

    def client(self) -> Redis:
        redis = connect(self.url)
        self.clients.append(redis)
        return redis

    def process(self) -> Process:
        """Another process with a connection of its own."""
        return Process(self.client())

    def scheduler(self, name: str, lease_ms: int = 60_000) -> Scheduler:
        return Scheduler(self.client(), PARTITIONS, name, lease_ms)

    async def join(self) -> None:
        """Fix the number of partitions, as the first process does; workers read it."""
        await join_cluster(self.redis, PARTITIONS)

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()

    # Definitions and starts

    async def task(self, name: str, returns: str | None = None, /, **inputs: str) -> None:
        variables = tuple(VariableDef(name=word, type_def=kind) for word, kind in inputs.items())
        return_type = ReturnType.model_validate(returns) if returns else None
        request = PutTaskDefRequest(name=name, input_vars=variables, return_type=return_type)
        await self.api.metadata.put_task_def(T, request)

    async def spec(self, story: Any, name: str = "flow") -> SpecVersion:
        """Register a workflow; tasks that do not exist yet are registered without inputs and output."""
        return await self.registered(Workflow(name, story))

    async def registered(self, workflow: Workflow) -> SpecVersion:
        """The same of a workflow with settings of its own."""
        request = workflow.compile()
        for missing in names_in(request).task_defs - set(await self.api.metadata.task_def_names(T)):
            await self.task(missing)
        spec = await register_wf_spec(self.api.metadata, self.api.programs, T, request)
        return SpecVersion(spec.id.name, spec.id.major_version, spec.id.revision)

    async def start(self, wf_run_id: str, spec: SpecVersion, /, **variables: Any) -> Run:
        """Start a run as the API does; it has to succeed."""
        work = starting(wf_run_id, spec, **variables)
        assert await self.api.advance(work) == [Outcome.COMMITTED]
        assert work.run is not None
        return work.run

    # What there is

    async def run(self, wf_run_id: str) -> Run:
        stored = await load_run(self.redis, partition_of(wf_run_id), T, wf_run_id)
        assert stored is not None, f"there is no run {wf_run_id}"
        return stored.run

    async def status(self, wf_run_id: str) -> str:
        return (await self.run(wf_run_id)).status.name

    async def history(self, wf_run_id: str) -> dict[tuple[int, int], NodeRun]:
        return await load_history(self.redis, partition_of(wf_run_id), T, wf_run_id)

    async def quarantined(self) -> list[dict[bytes, bytes]]:
        found = []
        for partition in range(PARTITIONS):
            found += [fields for _, fields in await self.redis.xrange(keys.quarantine(partition))]
        return found

    async def leftovers(self) -> list[str]:
        """What should be gone once everything is done: entries, claims, timers."""
        found = []
        for partition in range(PARTITIONS):
            for key in (keys.results(partition), keys.inbox(partition)):
                found += [key] * await self.redis.xlen(key)
            found += [keys.timers(partition)] * await self.redis.zcard(keys.timers(partition))
            async for key in self.redis.scan_iter(f"lh:{{p{partition}}}:tasks:*"):
                found += [key.decode()] * await self.redis.xlen(key)
                for group in await self.redis.xinfo_groups(key):
                    found += [f"claims of {key.decode()}"] * group["pending"]
        return found

    # A worker's hand

    async def claim(self, task_def: str, worker: str = "w1", count: int = 1) -> list[ScheduledTask]:
        """Take up to `count` tasks; wait for the first one."""
        return await self.hand.claim(task_def, worker, count)

    async def report(self, task: ScheduledTask, status: str = "TASK_SUCCESS", **more: Any) -> None:
        await self.hand.report(task, status, **more)


async def divide_again(redis: Redis, partitions: int) -> None:
    """Redis is emptied, and whoever comes first divides it into another number of partitions."""
    async with redis.pipeline(transaction=True) as pipeline:
        pipeline.flushdb()
        pipeline.hset(keys.cluster(), "partitions", partitions)
        await pipeline.execute()


def starting(wf_run_id: str, spec: SpecVersion, **variables: Any) -> Work:
    return Work(T, wf_run_id, RunStarted(now_ms(), nonce(), variables), starts=spec)


def reported(task: ScheduledTask, output: Any = None, status: TaskStatus = TaskStatus.TASK_SUCCESS) -> Work:
    """A worker's report, as the results reader makes work of it."""
    wf_run_id, thread, position, attempt = task_id_parts(task.id)
    event = TaskReported(now_ms(), nonce(), thread, position, attempt, task.token, status, output, "broken")
    stream = keys.tasks(task.partition, task.tenant, task.task_def)
    return Work(task.tenant, wf_run_id, event, done=[("FINISH", stream, task.entry)])


@asynccontextmanager
async def working(*schedulers: Scheduler) -> AsyncIterator[None]:
    """These schedulers run; they hand over at the end."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(scheduler.run(stopping)) for scheduler in schedulers]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
