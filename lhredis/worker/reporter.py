"""reporter: results to the results streams, everything that came up meanwhile in one round trip."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.store.outage import Outage
from lhredis.store.task_results import add_results
from lhredis.store.tasks import ScheduledTask
from lhredis.store.wire import exchange_at_once

log = logging.getLogger("lhredis.worker")

RETRY_PAUSE_S = 0.2


class Reporter:
    """Collects results and sends them. A result leaves memory only when Redis has it."""

    def __init__(self, redis: Redis, worker_id: str, on_sent: Callable[[ScheduledTask], None]) -> None:
        self._redis = redis
        self._worker_id = worker_id
        self._on_sent = on_sent
        self._waiting: list[tuple[ScheduledTask, bytes]] = []
        self._ready = asyncio.Event()
        self._sending = False
        self._outage = Outage(log, "reporting results")

    def report(self, task: ScheduledTask, result: dict[str, Any]) -> None:
        """Queue the result of an attempt: `status` and what goes with it (docs/worker-protocol.md)."""
        self._waiting.append((task, self._encode(task, result)))
        self._ready.set()

    def _encode(self, task: ScheduledTask, result: dict[str, Any]) -> bytes:
        """The result as JSON. One that is none (a string of broken UTF-16, say) is reported as such."""
        whose = {
            "task": task.id,
            "token": task.token,
            "tenant": task.tenant,
            "task_def": task.task_def,
            "entry": task.entry,
            "worker": self._worker_id,
        }
        try:
            return orjson.dumps({**whose, **result})
        except TypeError as error:
            status = "TASK_OUTPUT_SERDE_ERROR" if result["status"] == "TASK_SUCCESS" else "TASK_FAILED"
            return orjson.dumps({**whose, "status": status, "error": f"the result is no JSON: {error}"})

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._sending

    async def run(self) -> None:
        """Send for ever; whatever is queued while one send is under way goes with the next."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            batch, self._waiting = self._waiting, []
            self._sending = True
            await self._send(batch)
            self._sending = False

    async def _send(self, batch: list[tuple[ScheduledTask, bytes]]) -> None:
        commands = add_results((task.partition, data) for task, data in batch)
        while True:
            try:
                await exchange_at_once(self._redis, commands)
                self._outage.works()
                break
            except (RedisError, OSError) as error:
                self._outage.fails(error)
                await asyncio.sleep(RETRY_PAUSE_S)
        for task, _ in batch:
            self._on_sent(task)
