"""health: is the process alive, and can it do its work."""

from __future__ import annotations

import asyncio

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.errors import Unavailable
from lhredis.store.commands.accept_write import accept_write

READY_TIMEOUT_S = 2.0


async def live(call: Call) -> Answer:
    """Is the process alive?

    Says nothing of Redis: a process is not restarted because Redis is away.
    """
    return json_answer({"status": "live"})


async def ready(call: Call) -> Answer:
    """Can the server do its work now?

    503 while Redis cannot be reached or takes no writes (its memory is full, its disk failed, it is a
    replica), or the process is about to end.
    """
    services = call.services
    if services.stopping:
        raise Unavailable("the server is stopping")
    assert services.cluster
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            await accept_write(services.redis)
    except TimeoutError:
        raise Unavailable(f"Redis did not answer within {READY_TIMEOUT_S:g} s") from None
    return json_answer({"status": "ready"})
