"""service: the one loop that every background service runs in."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from lhredis.errors import Unavailable
from lhredis.store.outage import Outage

log = logging.getLogger("lhredis.scheduler")

ERROR_PAUSE_S = 0.2


async def serve(
    name: str,
    run_once: Callable[[], Awaitable[int]],
    pause_s: float,
    stopping: asyncio.Event,
    asks: Callable[[], object] = lambda: True,
) -> None:
    """Call `run_once` until `stopping`, with a pause of about `pause_s` after a pass that had nothing
    to do. A Redis that is away is waited for; any other error is logged, and the next pass tries
    again: a service never ends by itself. While `asks()` is false a pass asks Redis nothing, so that its
    success does not tell that Redis works."""
    outage = Outage(log, name)
    while not stopping.is_set():
        try:
            done = await run_once()
        except (RedisError, OSError, Unavailable) as error:
            outage.fails(error)
            await _pause(ERROR_PAUSE_S, stopping)
        except Exception:
            log.exception("%s: a pass failed", name)
            await _pause(ERROR_PAUSE_S, stopping)
        else:
            if asks():
                outage.works()
            if done == 0 and pause_s > 0:
                await _pause(pause_s, stopping)


async def _pause(seconds: float, stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds * random.uniform(0.8, 1.2))
    except TimeoutError:
        pass
