"""result_sender: what workers report, to the results streams: all that came meanwhile in one round trip."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from lhredis.store.task_results import add_results
from lhredis.store.wire import exchange_at_once


class ResultSender:
    """Nothing is kept when Redis is away: whoever reports is told so, and reports again."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[int, bytes, asyncio.Future[None]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def send(self, partition: int, result: bytes) -> None:
        """Hand in the JSON of a result; on return Redis has it. RedisError when it is not known to have it:
        sending it again does no harm."""
        sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((partition, result, sent))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_waiting())
        await sent

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._send(batch)
        finally:
            self._sending = None

    async def _send(self, batch: list[tuple[int, bytes, asyncio.Future[None]]]) -> None:
        error: Exception | None = None
        try:
            await exchange_at_once(
                self._redis, add_results((partition, data) for partition, data, _ in batch)
            )
        except Exception as caught:  # noqa: BLE001 - those who wait are told, whatever it is
            error = caught
        for _, _, sent in batch:
            if sent.done():
                continue
            if error is None:
                sent.set_result(None)
            else:
                sent.set_exception(error)
