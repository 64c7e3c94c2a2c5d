"""checkpoints: what an attempt computes once, for itself and for the retries after it (features.md 18)."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.model.limits import CHECKPOINTS_PER_TASK_RUN_MAX, LOG_CHARS_MAX
from lhredis.model.values import Value, decode_value
from lhredis.store.checkpoints import Checkpoint, decode_checkpoint, encode_checkpoint, find_checkpoint
from lhredis.store.commands.put_checkpoint import Put, put_checkpoint
from lhredis.store.tasks import ScheduledTask, shorten, task_id_parts
from lhredis.worker.payload import payload_of

log = logging.getLogger("lhredis.worker")

RETRY_PAUSE_S = 0.2

R = TypeVar("R")


class AttemptStopped(BaseException):
    """The attempt is not waited for any more (it timed out, or its WfRun is gone): what it would report
    counts for nothing. No Exception, so that a function that catches those does not go on."""


class CheckpointStore:
    """The checkpoints of all attempts that one worker runs. Calls wait while Redis is away, for at most
    the task's timeout."""

    def __init__(self, redis: Redis, worker_id: str, loop: asyncio.AbstractEventLoop) -> None:
        self._redis = redis
        self._worker_id = worker_id
        self.loop = loop

    async def find(self, task: ScheduledTask, number: int) -> Checkpoint | None:
        """What an earlier attempt stored under this number."""
        return await _patiently(task, lambda: find_checkpoint(self._redis, task, number))

    async def put(self, task: ScheduledTask, number: int, json: bytes) -> bytes:
        """Store it, unless something is stored already; what is stored. The attempt's timeout starts anew.
        AttemptStopped."""
        put, kept = await _patiently(
            task, lambda: put_checkpoint(self._redis, self._worker_id, task, number, json)
        )
        if put is Put.STOP:
            raise AttemptStopped(f"attempt {task.id} is not waited for any more")
        return kept


async def _patiently(task: ScheduledTask, call: Callable[[], Awaitable[R]]) -> R:
    deadline = time.monotonic() + task.timeout_ms / 1000
    while True:
        try:
            return await call()
        except (RedisError, OSError) as error:
            if time.monotonic() > deadline:
                raise
            log.warning("a checkpoint of %s waits for Redis: %s", task.id, error)
            await asyncio.sleep(RETRY_PAUSE_S)


class Checkpoints:
    """The checkpoints of one attempt, numbered in the order of the calls. `lines` is the attempt's log:
    what is added while a checkpoint is computed belongs to that one, too."""

    def __init__(self, task: ScheduledTask, store: CheckpointStore, lines: list[str]) -> None:
        self._task = task
        self._store = store
        self._lines = lines
        self._attempt = task_id_parts(task.id)[3]
        self._number = -1
        self._is_busy = False

    async def take(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Value:
        """What the call gives, or gave an earlier attempt. In the event loop."""
        self._enter()
        try:
            found = await self._found()
            if found is not None:
                return found.value
            first = len(self._lines)
            value = function(*args)
            if inspect.isawaitable(value):
                value = await value
            return await self._keep(value, first)
        finally:
            self._is_busy = False

    def take_in_thread(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Value:
        """The same, from the thread of a plain function."""
        self._enter()
        loop = self._store.loop
        try:
            found = asyncio.run_coroutine_threadsafe(self._found(), loop).result()
            if found is not None:
                return found.value
            first = len(self._lines)
            value = function(*args)
            return asyncio.run_coroutine_threadsafe(self._keep(value, first), loop).result()
        finally:
            self._is_busy = False

    def _enter(self) -> None:
        """Number the call. A number must mean the same in every attempt: so one call after the other."""
        if self._is_busy:
            raise RuntimeError("a checkpoint is under way: take them one after the other")
        if self._number + 1 >= CHECKPOINTS_PER_TASK_RUN_MAX:
            raise RuntimeError(
                f"a TaskRun has at most {CHECKPOINTS_PER_TASK_RUN_MAX} checkpoints (CHECKPOINTS_PER_TASK_RUN_MAX)"
            )
        self._number += 1
        self._is_busy = True

    async def _found(self) -> Checkpoint | None:
        """Only a retry has anything to look for."""
        return await self._store.find(self._task, self._number) if self._attempt else None

    async def _keep(self, value: Value, first_line: int) -> Value:
        """Store a value; returned as a retry would find it. A worker that was started again with its old name
        finds what it has stored before."""
        try:
            form = payload_of(value)
            logs = shorten("\n".join(self._lines[first_line:]), LOG_CHARS_MAX)
            json = encode_checkpoint(form, self._attempt, time.time_ns() // 1_000_000, logs or None)
        except (ValueError, TypeError) as error:
            raise ValueError(f"checkpoint {self._number} cannot be stored: {error}") from None
        kept = await self._store.put(self._task, self._number, json)
        return decode_value(form) if kept == json else decode_checkpoint(self._number, kept).value
