"""obstacles: what keeps a WfRun from moving whatever its threads wait for."""

from __future__ import annotations

from redis.exceptions import ResponseError

from lhredis.api.services import Services
from lhredis.api.shown_run import ShownRun
from lhredis.store import keys
from lhredis.store.commands.accept_write import accept_write
from lhredis.store.outage import what_redis_said
from lhredis.store.quarantine import set_aside_of


async def obstacles_of(services: Services, shown: ShownRun) -> list[str]:
    """A sentence for each: Redis takes no writes, nobody works the partition, events were set aside."""
    found = []
    redis, run, partition = services.redis, shown.run, shown.partition
    try:
        await accept_write(redis)
    except ResponseError as error:
        found.append(f"Redis takes no writes: {what_redis_said(error)}")
    if not await redis.exists(keys.owner(partition)):
        found.append(f"no scheduler works its partition {partition}")
    aside = await set_aside_of(redis, partition, run.tenant, run.id)
    if aside:
        number = f"{aside} events" if aside > 1 else "an event"
        found.append(f"{number} of it could not be stepped: GET /v1/quarantine says why")
    return found
