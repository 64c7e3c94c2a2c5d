"""departures: workers whose streams have ended, and whose names the consumer groups still have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.store.commands.drop_consumer import drop_consumer

log = logging.getLogger("lhredis.grpc")

PAUSE_S = 10.0
"""Between two looks; longer than a read for a worker that has just gone may still take."""


class Departures:
    """A name is dropped once nothing is claimed under it any more."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._leaving: dict[tuple[str, str], None] = {}

    def add(self, streams: Iterable[str], name: str) -> None:
        self._leaving.update(((stream, name), None) for stream in streams)

    def discard(self, streams: Iterable[str], name: str) -> None:
        """The worker is back."""
        for stream in streams:
            self._leaving.pop((stream, name), None)

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(PAUSE_S)
            try:
                await self.run_once()
            except (RedisError, OSError) as error:
                log.warning("workers that have left wait for Redis: %s", error)

    async def run_once(self) -> int:
        """Drop those that hold nothing; returns how many."""
        dropped = 0
        for stream, name in list(self._leaving):
            if await drop_consumer(self._redis, stream, name):
                self._leaving.pop((stream, name), None)
                dropped += 1
        return dropped
