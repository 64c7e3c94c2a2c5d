"""given_back: tasks that were claimed and that no worker took, on their way back to their queues."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from lhredis.grpc.workers.claims import Claimed, Claims
from lhredis.stepper.counters import Counters
from lhredis.store.commands.release_task import release_task
from lhredis.store.tasks import is_no_group

log = logging.getLogger("lhredis.grpc")

ERROR_PAUSE_S = 0.2


class GivenBack:
    """Each task is released at once, or as soon as Redis is there again; after its timeout there is nothing
    to release, because the attempt has timed out."""

    def __init__(self, redis: Redis, claims: Claims, counters: Counters) -> None:
        self._redis = redis
        self._counters = counters
        self._claims = claims
        self._waiting: deque[Claimed] = deque()
        self._came = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()

    def put(self, claimed: Claimed) -> None:
        self._waiting.append(claimed)
        self._done.clear()
        self._came.set()

    async def run(self) -> None:
        """Release for ever."""
        while True:
            await self._came.wait()
            try:
                while self._waiting:
                    await self._release(self._waiting[0])
                    self._waiting.popleft()
                self._came.clear()
                self._done.set()
            except (RedisError, OSError) as error:
                log.warning("tasks to be given back wait for Redis: %s", error)
                await asyncio.sleep(ERROR_PAUSE_S)
            except Exception:
                log.exception("a task was not given back: %s", self._waiting.popleft().task.id)

    async def done(self) -> None:
        """Wait until nothing is left to be released."""
        await self._done.wait()

    async def _release(self, claimed: Claimed) -> None:
        task = claimed.task
        if time.time_ns() // 1_000_000 - claimed.since_ms < task.timeout_ms:
            await self._release_now(claimed)
        self._claims.forget(claimed)

    async def _release_now(self, claimed: Claimed) -> None:
        try:
            await release_task(self._redis, claimed.consumer.name, claimed.task)
        except ResponseError as error:
            if not is_no_group(error):
                raise  # else Redis was emptied, and the claim with it
        self._counters.add("tasks_given_back", 1)
