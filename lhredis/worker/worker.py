"""worker: takes tasks from their streams as a member of the consumer group, runs and reports them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis import config
from lhredis.store import keys
from lhredis.store.connect import connect, join_cluster, stay_joined
from lhredis.store.outage import Outage
from lhredis.store.tasks import ScheduledTask, decode_task, ensure_groups, is_no_group
from lhredis.store.wire import execute as send
from lhredis.worker.checkpoints import AttemptStopped, CheckpointStore
from lhredis.worker.context import WorkerContext
from lhredis.worker.execute import execute
from lhredis.worker.function import TaskFunction
from lhredis.worker.health import Pulse, WorkerHealth
from lhredis.worker.reporter import Reporter

log = logging.getLogger("lhredis.worker")

CONCURRENCY_DEFAULT = 64
BLOCK_MS = 1_000
ERROR_PAUSE_S = 0.2
CANCEL_PAUSE_S = 0.1
LEAVE_PAUSE_S = 0.05
LEAVE_TRIES_MAX = 20
DRAIN_S_DEFAULT = 30.0
STALE_CLAIM_S = 0.5
"""A task that waited longer than this in the worker gets a fresh claim when it starts, so that its
timeout counts from its start."""

CLAIMS_PAGE_MAX = 100
"""Claims of one stream that are read again at a time."""

REMEMBERED_MAX = 10_000
"""Reported entries that are remembered, so that a re-read of our own claims does not run them twice."""


class Worker:
    """Runs the tasks of these functions, at most `concurrency` at a time (plain functions in as many
    threads). `version` is shown with every attempt. One per process and event loop."""

    def __init__(
        self,
        *functions: TaskFunction,
        concurrency: int = CONCURRENCY_DEFAULT,
        version: str | None = None,
        drain_s: float = DRAIN_S_DEFAULT,
    ) -> None:
        if not functions:
            raise ValueError("a Worker needs at least one task function")
        if concurrency < 1:
            raise ValueError(f"concurrency must be at least 1; got {concurrency}")
        self.functions = {function.task_def_name: function for function in functions}
        if len(self.functions) != len(functions):
            raise ValueError("two functions of a Worker have the same task name")
        self.concurrency = concurrency
        self.version = version
        self.drain_s = drain_s
        self.worker_id = ""
        self._pulse = Pulse()

    @property
    def is_running(self) -> bool:
        """Does it take tasks? Not before run(), and not once it is to stop."""
        return self._pulse.is_running

    @property
    def health(self) -> WorkerHealth:
        """For liveness probes; may be asked from any thread."""
        return self._pulse.health

    async def run(
        self, stopping: asyncio.Event, redis_url: str | None = None, tenant: str | None = None
    ) -> None:
        """Work until `stopping`, then finish what was begun, for at most `drain_s` seconds."""
        url = redis_url or config.redis_url()
        redis, claims = connect(url, role="worker"), connect(url, retries=0, role="worker")
        try:
            cluster = await join_cluster(redis, None)
            self.worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
            session = _Session(
                self, redis, claims, cluster.partitions, tenant or config.tenant(), self._pulse
            )
            await session.run(stopping)
        finally:
            self._pulse.stops()
            await redis.aclose()
            await claims.aclose()


class _Session:
    """A worker at work: reader, runners and reporter around one queue of claimed tasks.

    `claims` sends nothing twice by itself: a claim whose answer got lost must be noticed, and is then
    found by reading our own claims again.
    """

    def __init__(
        self, worker: Worker, redis: Redis, claims: Redis, partitions: int, tenant: str, pulse: Pulse
    ) -> None:
        self._worker = worker
        self._pulse = pulse
        self._outage = Outage(log, f"worker {worker.worker_id}")
        self._partitions = partitions
        self._redis = redis
        self._claims = claims
        self._streams = {
            keys.tasks(partition, tenant, name): partition
            for name in worker.functions
            for partition in range(partitions)
        }
        self._by_bytes = {stream.encode(): (stream, partition) for stream, partition in self._streams.items()}
        self._queue: deque[tuple[str, ScheduledTask]] = deque()
        self._in_hand: set[tuple[int, str, str]] = set()
        self._reported: OrderedDict[tuple[int, str, str], None] = OrderedDict()
        self._slot_free = asyncio.Event()
        self._idle: list[asyncio.Future[None]] = []
        self._waking = False
        self._runners: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(worker.concurrency, thread_name_prefix="lhredis-task")
        self._reporter = Reporter(redis, worker.worker_id, self._sent)
        self._loop = asyncio.get_running_loop()
        self._checkpoints = CheckpointStore(redis, worker.worker_id, self._loop)
        self._heartbeats: set[asyncio.Task[Any]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`; if reader or reporter breaks (a bug, or a Redis that is another one now),
        end in order and raise why."""
        await ensure_groups(self._redis, list(self._streams))
        self._pulse.is_running = True
        log.info("worker %s: %s", self._worker.worker_id, ", ".join(self._worker.functions))
        reporter = asyncio.create_task(self._reporter.run())
        reader = asyncio.create_task(self._read_for_ever())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait((stop, reader, reporter), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        self._pulse.stops()
        broken = next((task for task in (reader, reporter) if task.done()), None)
        await self._stop_reading(reader)
        drained = await self._drain()
        for task in (*self._runners, reporter, *self._heartbeats):
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        log.info(
            "worker %s: %s", self._worker.worker_id, "drained" if drained else "stopped with tasks under way"
        )
        if drained:
            await self._leave_groups()
        if broken is not None:
            broken.result()

    async def _stop_reading(self, reader: asyncio.Task[None]) -> None:
        """End the reader, and take what the server gave it in the moment when it ended.

        It is cancelled until it is over: redis-py takes a cancellation that meets a time-out of its own
        for that time-out, and the reader would go on.
        """
        while not reader.done():
            reader.cancel()
            await asyncio.wait((reader,), timeout=CANCEL_PAUSE_S)
        try:
            await self._take_claims()
        except (RedisError, OSError) as error:
            log.warning("worker %s: claims may be left behind: %s", self._worker.worker_id, error)

    async def _drain(self) -> bool:
        """Wait until everything that was claimed is reported; False when the time was not enough."""
        deadline = time.monotonic() + self._worker.drain_s
        while self._in_hand or not self._reporter.idle:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    async def _leave_groups(self) -> None:
        """Take our name off the groups, each once nothing there is ours any more (else our claims would
        be lost with it). The schedulers acknowledge our last results in a moment: wait that long."""
        staying = list(self._streams)
        for _ in range(LEAVE_TRIES_MAX):
            try:
                staying = [stream for stream in staying if not await self._left(stream)]
            except (RedisError, OSError):
                return
            if not staying:
                return
            await asyncio.sleep(LEAVE_PAUSE_S)

    async def _left(self, stream: str) -> bool:
        name = self._worker.worker_id
        if await self._redis.xpending_range(stream, keys.WORKERS, "-", "+", 1, consumername=name):
            return False
        await self._redis.xgroup_delconsumer(stream, keys.WORKERS, name)
        return True

    async def _read_for_ever(self) -> None:
        recover = False
        while True:
            free = self._worker.concurrency - len(self._in_hand)
            if free <= 0:
                self._slot_free.clear()
                self._pulse.hears()
                await self._slot_free.wait()
                continue
            try:
                if recover:
                    await self._take_claims()
                    recover = False
                count = max(1, free // len(self._streams))
                self._pulse.asks()
                self._take(await self._read(dict.fromkeys(self._streams, ">"), count, BLOCK_MS))
                self._outage.works()
                self._pulse.hears()
                for _ in range(2):  # let a runner begin, and what is done at once be sent, before we ask on
                    await asyncio.sleep(0)
            except (RedisError, OSError) as error:
                self._outage.fails(error)
                await asyncio.sleep(ERROR_PAUSE_S)
                recover = True
                await self._try_ensure_groups(error)

    async def _try_ensure_groups(self, error: Exception) -> None:
        """Groups go when Redis is emptied. FailedPrecondition when it is divided in another way since."""
        if is_no_group(error):
            try:
                await stay_joined(self._redis, self._partitions)
                await ensure_groups(self._redis, list(self._streams))
            except (RedisError, OSError) as again:
                log.warning("worker %s: %s", self._worker.worker_id, again)

    async def _take_claims(self) -> None:
        """Take all claims of ours that are neither in hand nor reported, page by page: what we have reported
        stays claimed until a scheduler has committed it, and may be much."""
        after = dict.fromkeys(self._streams, "0")
        while after:
            reply = await self._read(after, CLAIMS_PAGE_MAX, None)
            self._take(reply)
            after = {
                self._by_bytes[stream][0]: entries[-1][0].decode()
                for stream, entries in reply
                if len(entries) == CLAIMS_PAGE_MAX
            }

    async def _read(self, after: dict[str, str], count: int, block_ms: int | None) -> list[Any]:
        """By stream: claim new tasks (`>`), or read again the claims that we hold behind an entry."""
        block = ("BLOCK", block_ms) if block_ms is not None else ()
        reply = await send(
            self._claims,
            "XREADGROUP",
            "GROUP",
            keys.WORKERS,
            self._worker.worker_id,
            "COUNT",
            count,
            *block,
            "STREAMS",
            *after,
            *after.values(),
        )
        return list(reply or ())

    def _take(self, reply: Sequence[Any]) -> None:
        for raw_stream, entries in reply:
            stream, partition = self._by_bytes[raw_stream]
            for entry, fields in entries:
                if fields:
                    self._take_entry(stream, partition, entry.decode(), fields)
        self._wake_one()

    def _take_entry(self, stream: str, partition: int, entry: str, fields: list[bytes]) -> None:
        try:
            task = decode_task(fields[fields.index(b"task") + 1])
            if keys.tasks(partition, task.tenant, task.task_def) != stream:
                raise ValueError(f"it is of {task.tenant}/{task.task_def}")
        except ValueError:
            log.exception("worker %s: entry %s of %s is no task", self._worker.worker_id, entry, stream)
            return
        if task.task_def not in self._worker.functions:
            log.error("worker %s: entry %s of %s is of another task", self._worker.worker_id, entry, stream)
            return
        task.entry, task.partition, task.claimed_at = entry, partition, time.monotonic()
        key = (partition, task.task_def, entry)
        if key not in self._in_hand and key not in self._reported:
            self._in_hand.add(key)
            self._queue.append((stream, task))

    def _wake_one(self) -> None:
        """Let one more runner look at the queue, if there is anything in it."""
        if not self._queue or self._waking:
            return
        if self._idle:
            self._waking = True
            self._idle.pop().set_result(None)
        elif len(self._runners) < self._worker.concurrency:
            self._waking = True
            self._runners.append(asyncio.create_task(self._run_tasks()))

    async def _run_tasks(self) -> None:
        """A runner: takes tasks from the queue one after the other. Runners are kept instead of a new
        asyncio task for each attempt, which costs more than all else that a small attempt needs."""
        while True:
            self._waking = False
            while self._queue:
                stream, task = self._queue.popleft()
                self._wake_one()
                if time.monotonic() - task.claimed_at > STALE_CLAIM_S:
                    await self._refresh_claim(stream, task)
                function = self._worker.functions[task.task_def]
                context = WorkerContext(task, self._heartbeat, self._checkpoints)
                try:
                    result = await execute(function, task, context, self._threads)
                except AttemptStopped as stopped:
                    log.info("worker %s: %s", self._worker.worker_id, stopped)
                    self._sent(task)
                    continue
                if self._worker.version is not None:
                    result["worker_version"] = self._worker.version
                self._reporter.report(task, result)
            waiter = self._loop.create_future()
            self._idle.append(waiter)
            await waiter

    def _sent(self, task: ScheduledTask) -> None:
        key = (task.partition, task.task_def, task.entry)
        self._in_hand.discard(key)
        self._reported[key] = None
        if len(self._reported) > REMEMBERED_MAX:
            self._reported.popitem(last=False)
        self._slot_free.set()

    def _heartbeat(self, task: ScheduledTask) -> None:
        stream = keys.tasks(task.partition, task.tenant, task.task_def)
        self._loop.call_soon_threadsafe(self._start_heartbeat, stream, task)

    def _start_heartbeat(self, stream: str, task: ScheduledTask) -> None:
        beat = asyncio.create_task(self._refresh_claim(stream, task))
        self._heartbeats.add(beat)
        beat.add_done_callback(self._heartbeats.discard)

    async def _refresh_claim(self, stream: str, task: ScheduledTask) -> None:
        try:
            await self._redis.xclaim(
                stream,
                keys.WORKERS,
                self._worker.worker_id,
                min_idle_time=0,
                message_ids=[task.entry],
                justid=True,
            )
        except (RedisError, OSError) as error:
            log.warning(
                "worker %s: the claim of %s was not refreshed: %s", self._worker.worker_id, task.id, error
            )
