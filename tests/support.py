"""support: what tests of every folder use."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

poll_ms = 5


async def wait_until(predicate: Callable[[], Any], timeout_s: float = 30) -> Any:
    """Ask `predicate`, sync or async, until its answer is true, and return that answer.

    Raises `AssertionError`, with the predicate's source and its last answer, after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        if inspect.isawaitable(answer):
            # The predicate itself may hang: on a stream that stays empty, on a server that is gone.
            answer = await asyncio.wait_for(answer, max(deadline - time.monotonic(), 0.001))
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not after {timeout_s} s: {_source(predicate)}; last answer: {answer!r}")
        await asyncio.sleep(poll_ms / 1000)


async def serves_all_streams(redis: Redis) -> bool:
    """Does a reader that waits for several streams get all that one transaction wrote? Redis before 7.2 gives it
    what the first of them has; the rest comes with the next read."""
    version = str((await redis.info("server"))["redis_version"])
    return tuple(map(int, version.split(".")[:2])) >= (7, 2)


def _source(predicate: Callable[[], Any]) -> str:
    try:
        return " ".join(inspect.getsource(predicate).split())
    except (OSError, TypeError):
        return repr(predicate)
