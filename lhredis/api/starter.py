"""starter: starts runs: requests in flight at the same moment share one commit for each partition.

While a commit is under way, the starts that come in queue up; the next commit takes them together.
A lone start waits for nobody. Each durability that is asked for has a lane of its own, so that a
slow confirmation holds up only those who want it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from redis.asyncio import Redis

from lhredis.api.spec_versions import find_version
from lhredis.engine.events import RunStarted
from lhredis.engine.run import Run, SpecVersion
from lhredis.errors import AlreadyExists, ResourceExhausted, Unavailable
from lhredis.model.values import Value
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.stepper import Stepper, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store.durability import Durability
from lhredis.store.keys import partition_of
from lhredis.store.metadata import Metadata
from lhredis.store.runs import load_run

STARTS_PER_COMMIT_MAX = 256
"""Bounds how long one commit keeps Redis and this process from other work: about 10 ms."""

STARTS_WAITING_MAX = 50_000


@dataclass(slots=True)
class Start:
    """A run to be started. Afterwards either `run` (as committed) or `error` is there. `fresh` tells
    that the id was made for this start: nobody else can have taken it."""

    tenant: str
    wf_run_id: str
    wf_spec_name: str
    major_version: int | None
    revision: int | None
    variables: dict[str, Value]
    fresh: bool = False
    run: Run | None = None
    error: Exception | None = None


class Starter:
    """Takes starts, and answers each when it is committed or refused."""

    def __init__(
        self, redis: Redis, metadata: Metadata, programs: Programs, counters: Counters, partitions: int
    ) -> None:
        self._redis = redis
        self._metadata = metadata
        self._programs = programs
        self._counters = counters
        self._partitions = partitions
        self._lanes: dict[str, _Lane] = {}

    async def start(self, starts: list[Start], durability: Durability | None) -> None:
        """Start these runs; each tells its outcome afterwards. `durability` is what to confirm beyond
        what the server gives anyway. ResourceExhausted when too many starts wait already."""
        lane = self._lanes.get(str(durability))
        if lane is None:
            stepper = Stepper(self._redis, self._programs, RunCache(0), self._counters)
            lane = self._lanes[str(durability)] = _Lane(
                self._redis, self._metadata, self._programs, stepper, self._partitions, durability
            )
        chunks = [
            starts[at : at + STARTS_PER_COMMIT_MAX] for at in range(0, len(starts), STARTS_PER_COMMIT_MAX)
        ]
        if len(chunks) == 1:
            await lane.start(chunks[0])
        else:
            await asyncio.gather(*(lane.start(chunk) for chunk in chunks))


@dataclass(slots=True)
class _Lane:
    """One commit at a time, and the starts that wait for the next."""

    redis: Redis
    metadata: Metadata
    programs: Programs
    stepper: Stepper
    partitions: int
    durability: Durability | None
    queue: deque[tuple[list[Start], asyncio.Future[None]]] = field(default_factory=deque)
    waiting: int = 0
    running: asyncio.Task[None] | None = None

    async def start(self, starts: list[Start]) -> None:
        if self.waiting + len(starts) > STARTS_WAITING_MAX:
            raise ResourceExhausted(f"{self.waiting} starts wait already (STARTS_WAITING_MAX)")
        done = asyncio.get_running_loop().create_future()
        self.queue.append((starts, done))
        self.waiting += len(starts)
        if self.running is None:
            self.running = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        try:
            while self.queue:
                await self._commit_next()
        finally:
            self.running = None

    async def _commit_next(self) -> None:
        """Commit what waits, or as much of it as one commit takes, and answer it."""
        taken = self._take()
        starts = [start for group, _ in taken for start in group]
        try:
            await self._commit(starts)
        except asyncio.CancelledError:
            _fail(starts, Unavailable("the server is stopping"))
            raise
        except Exception as error:  # noqa: BLE001 - every start gets its answer
            _fail(starts, error)
        finally:
            for _, done in taken:
                if not done.done():
                    done.set_result(None)

    def _take(self) -> list[tuple[list[Start], asyncio.Future[None]]]:
        taken: list[tuple[list[Start], asyncio.Future[None]]] = []
        count = 0
        while self.queue and (not taken or count + len(self.queue[0][0]) <= STARTS_PER_COMMIT_MAX):
            taken.append(self.queue.popleft())
            count += len(taken[-1][0])
        self.waiting -= count
        return taken

    async def _commit(self, starts: list[Start]) -> None:
        """Step and commit these starts together; sets the outcome of each."""
        versions: dict[tuple[str, str, int | None, int | None], SpecVersion | Exception] = {}
        batches: dict[int, list[Work]] = {}
        works: list[tuple[Start, Work]] = []
        now_ms = time.time_ns() // 1_000_000
        word = nonce()
        for start in starts:
            wanted = (start.tenant, start.wf_spec_name, start.major_version, start.revision)
            version = versions.get(wanted)
            if version is None:
                version = versions[wanted] = await self._find(*wanted)
            if isinstance(version, Exception):
                start.error = version
                continue
            event = RunStarted(now_ms, word, start.variables)
            work = Work(start.tenant, start.wf_run_id, event, starts=version)
            batches.setdefault(partition_of(start.wf_run_id, self.partitions), []).append(work)
            works.append((start, work))
        try:
            await self.stepper.advance(batches, {}, now_ms, self.durability)
        finally:
            for start, work in works:
                await self._settle(start, work)

    async def _find(
        self, tenant: str, name: str, major: int | None, revision: int | None
    ) -> SpecVersion | Exception:
        try:
            version = await find_version(self.redis, self.metadata, tenant, name, major, revision)
            await self.programs.of(tenant, version)
            return version
        except Exception as error:  # noqa: BLE001 - it is the answer of those who want this version
            return error

    async def _settle(self, start: Start, work: Work) -> None:
        if work.outcome is Outcome.COMMITTED and work.run is not None:
            start.run = work.run
        elif work.outcome is Outcome.REFUSED:
            start.error = work.error
        elif work.outcome is Outcome.EXISTS:
            start.error = AlreadyExists(f"WfRun with id {start.wf_run_id} already exists!")
            if start.fresh:
                await self._take_ours(start)
        elif work.outcome is Outcome.QUARANTINED:
            start.error = RuntimeError(f"the start was set aside:\n{work.poisoned}")

    async def _take_ours(self, start: Start) -> None:
        """A commit whose answer was lost was sent again, and met itself: the run is the one we made."""
        partition = partition_of(start.wf_run_id, self.partitions)
        stored = await load_run(self.redis, partition, start.tenant, start.wf_run_id)
        if stored is not None:
            start.run, start.error = stored.run, None


def _fail(starts: list[Start], error: Exception) -> None:
    for start in starts:
        if start.run is None and start.error is None:
            start.error = error
