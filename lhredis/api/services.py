"""services: what the handlers share, and what goes on in the background while the API is up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from redis.exceptions import RedisError

from lhredis.api.commander import Commander
from lhredis.api.request_metrics import RequestMetrics
from lhredis.api.waiters import Waiters
from lhredis.engine.run import SpecVersion
from lhredis.errors import FailedPrecondition, LHRedisError, Unavailable
from lhredis.model.value_types import StructType
from lhredis.model.wf_spec import WfSpec
from lhredis.stepper.correlator import Correlator
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.schedules import Schedules
from lhredis.store import keys
from lhredis.store.connect import Cluster, connect, join_cluster, stay_joined
from lhredis.store.durability import Durability, server_durability
from lhredis.store.metadata import WF_SPECS_KEPT_MAX, Metadata
from lhredis.store.outage import Outage
from lhredis.store.recent import Recent

log = logging.getLogger("lhredis.api")

CONNECTIONS_MAX = 256
"""Connections to Redis: the places below, one for each durability in use, the background."""

PLACES_MAX = 64
"""Requests that work on Redis at the same time; the others queue. Starts share commits instead."""

REFRESH_PAUSE_S = 0.5
FLUSH_PAUSE_S = 1.0
CLUSTER_PAUSE_S = 0.5
DURABILITY_PAUSE_S = 5.0
ERROR_PAUSE_S = 0.2
CANCEL_AGAIN_S = 0.2


class Services:
    """One API process's parts. `open` before the first request, `close` after the last."""

    def __init__(self, redis_url: str, partitions: int | None = None) -> None:
        self.redis_url = redis_url
        self._partitions_wanted = partitions
        self.redis = connect(redis_url, CONNECTIONS_MAX, role="api")
        self.metadata = Metadata(self.redis)
        self.programs = Programs(self.metadata)
        self.counters = Counters()
        self.requests = RequestMetrics()
        self.places = asyncio.Semaphore(PLACES_MAX)
        self.stopping = False
        self.openapi = b""
        self.struct_types: Recent[tuple[str, SpecVersion], tuple[WfSpec, tuple[StructType, ...]]] = Recent(
            WF_SPECS_KEPT_MAX
        )
        """Versions of WfSpecs and the StructDefs that they name: showing a run need not look for them."""
        self._cluster: Cluster | None = None
        self.left: FailedPrecondition | None = None
        """Why this process must end: its Redis is another one now."""
        self.has_left = asyncio.Event()
        self._durability = Durability("memory")
        self._background: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Join the cluster, and begin what goes on in the background. A second time does nothing.
        FailedPrecondition, Unavailable: as join_cluster."""
        if self._cluster is not None:
            return
        self._cluster = await join_cluster(self.redis, self._partitions_wanted)
        self._durability = await server_durability(self.redis)
        self.commander = Commander(self.redis, self.metadata, self.programs, self.counters, self.partitions)
        self.correlator = Correlator(self.redis, self.partitions)
        self.schedules = Schedules(self.redis, self.partitions)
        self.waiters = Waiters(self.redis, self.partitions)
        self._background = [
            asyncio.create_task(_repeat("refresh", self.programs.refresh, REFRESH_PAUSE_S)),
            asyncio.create_task(_repeat("counters", self._flush, FLUSH_PAUSE_S)),
            asyncio.create_task(_repeat("durability", self._ask_durability, DURABILITY_PAUSE_S)),
            asyncio.create_task(_repeat("changes", self.waiters.run_once, 0)),
            asyncio.create_task(_repeat("cluster", self._stay_joined, CLUSTER_PAUSE_S)),
        ]

    def stop_waiting(self) -> None:
        """The process is to end: who waits for a run gets it as it is, `/health/ready` says no."""
        self.stopping = True
        if self._cluster is not None:
            self.waiters.release()

    async def close(self) -> None:
        """End what goes on in the background; what is counted is written a last time."""
        self.stop_waiting()
        await end_tasks(self._background)
        try:
            await self._flush()
        except (RedisError, OSError) as error:
            log.warning("the last counts were not written: %s", error)
        await self.redis.aclose()

    @property
    def cluster(self) -> Cluster:
        if self._cluster is None:
            raise Unavailable("the server is not ready: it has not joined its cluster")
        if self.left is not None:
            raise Unavailable(str(self.left))
        return self._cluster

    @property
    def partitions(self) -> int:
        return self.cluster.partitions

    def partition_of(self, wf_run_id: str) -> int:
        return keys.partition_of(wf_run_id, self.partitions)

    @property
    def durability(self) -> Durability:
        """What the Redis server gives to every commit."""
        return self._durability

    async def _stay_joined(self) -> None:
        assert self._cluster is not None
        try:
            await stay_joined(self.redis, self._cluster.partitions)
        except FailedPrecondition as error:
            if self.left is None:
                log.error("api: %s", error)
            self.left = error
            self.has_left.set()

    async def _flush(self) -> None:
        await self.counters.flush(self.redis)

    async def _ask_durability(self) -> None:
        self._durability = await server_durability(self.redis)


async def end_tasks(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel these until they have ended: what they wait for may come in the very moment of a
    cancellation, which then passes them by."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


async def _repeat(name: str, once: Callable[[], Awaitable[None]], pause_s: float) -> None:
    """Call `once` for ever. A Redis that is away is waited for, any other error is logged."""
    outage = Outage(log, name)
    while True:
        try:
            await once()
            outage.works()
            await asyncio.sleep(pause_s)
        except (RedisError, OSError, LHRedisError) as error:
            outage.fails(error)
            await asyncio.sleep(ERROR_PAUSE_S)
        except Exception:
            log.exception("%s: a pass failed", name)
            await asyncio.sleep(ERROR_PAUSE_S)
