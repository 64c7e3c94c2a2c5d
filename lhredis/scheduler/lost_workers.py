"""lost_workers: has the consumer groups forget the names of workers that died.

A worker that ends takes its name off the groups itself. One that is killed cannot: its claims come back
(reclaimer.py), but its name would stay in every stream of its tasks for good.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.scheduler.turns import Turns
from lhredis.store.commands.drop_consumer import drop_consumer
from lhredis.store.task_groups import idle_consumers

LOST_MS_MIN = 60 * 60 * 1000
"""A worker that has asked for nothing for so long is gone. One that lives asks every few seconds; should it
come back all the same, the group knows it again with its first question."""

STREAMS_MAX = 64
"""Streams that one pass looks at."""


class LostWorkers:
    """Walks over the task streams of its partitions, some at a time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._turns = Turns(STREAMS_MAX)

    async def run_once(self, streams: Sequence[str], lost_ms_min: int = LOST_MS_MIN) -> int:
        """One pass; returns how many names were dropped. A name that has claims is never dropped."""
        turn = self._turns.take(streams)
        if not turn:
            return 0
        dropped = 0
        for stream, names in zip(turn, await idle_consumers(self._redis, turn, lost_ms_min), strict=True):
            for name in names:
                dropped += await drop_consumer(self._redis, stream, name)
        return dropped
