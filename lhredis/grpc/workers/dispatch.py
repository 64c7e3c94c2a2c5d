"""dispatch: what one process does for workers that speak gRPC: the queues they poll, what they give back."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Collection

from redis.exceptions import RedisError

from lhredis.api.services import Services, end_tasks
from lhredis.errors import Unavailable
from lhredis.grpc.workers.claims import Claimed, Claims
from lhredis.grpc.workers.departures import Departures
from lhredis.grpc.workers.given_back import GivenBack
from lhredis.grpc.workers.poller import Poller
from lhredis.grpc.workers.result_sender import ResultSender
from lhredis.grpc.workers.task_queue import TaskQueue
from lhredis.store.connect import connect
from lhredis.store.consumers import Consumer

log = logging.getLogger("lhredis.grpc")

QUEUES_MAX = 4_096
"""TaskDefs that are polled in one process: each has one connection to Redis, while somebody waits."""

STOP_S_MAX = 5.0


class Dispatch:
    """Open while the server is. `claims` are the attempts that were claimed here, `results` takes what is
    reported."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._front = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._claims_redis = connect(services.redis_url, QUEUES_MAX, retries=0, role="api")
        self.claims = Claims()
        self.results = ResultSender(services.redis)
        self._given_back = GivenBack(services.redis, self.claims, services.counters)
        self._departures = Departures(services.redis)
        self._queues: dict[tuple[str, str], TaskQueue] = {}
        self._pollers: dict[Poller, TaskQueue] = {}
        self._streams: Counter[tuple[TaskQueue, str]] = Counter()
        self._stopping = False
        self._nobody_polls = asyncio.Event()
        self._nobody_polls.set()
        self._reading: list[asyncio.Task[None]] = []
        self._others = [
            asyncio.create_task(self._given_back.run()),
            asyncio.create_task(self._departures.run()),
        ]

    def join(
        self, tenant: str, task_def: str, worker_id: str, version: str | None, masked_inputs: Collection[str]
    ) -> Poller:
        """A stream that is about to poll; `leave` must follow. Unavailable when this server is stopping."""
        if self._stopping:
            raise _stopped()
        poller = Poller(Consumer(worker_id, version, self._front), masked_inputs)
        queue = self._queue(tenant, task_def)
        self._pollers[poller] = queue
        self._streams[queue, poller.name] += 1
        self._nobody_polls.clear()
        self._departures.discard(queue.streams, poller.name)
        return poller

    def poll(self, poller: Poller) -> None:
        """It asks for one task more. ResourceExhausted."""
        self._pollers[poller].poll(poller)

    def leave(self, poller: Poller) -> None:
        """Its stream is over. What it was given and did not take is released."""
        for claimed in poller.leave():
            self.give_back(claimed)
        queue = self._pollers.pop(poller)
        queue.leave(poller)
        self._streams[queue, poller.name] -= 1
        if not self._streams[queue, poller.name]:
            del self._streams[queue, poller.name]
            self._departures.add(queue.streams, poller.name)
        if not self._pollers:
            self._nobody_polls.set()

    def give_back(self, claimed: Claimed) -> None:
        """The task is for others to take."""
        self._given_back.put(claimed)

    async def close(self) -> None:
        """End all streams, and give back what was claimed and not sent. Reports are still taken."""
        self._stopping = True
        for poller in self._pollers:
            poller.end(_stopped())
        await end_tasks(self._reading)
        try:
            async with asyncio.timeout(STOP_S_MAX):
                for queue in self._queues.values():
                    await queue.look_again()
                await self._nobody_polls.wait()
                await self._given_back.done()
                await self._departures.run_once()
        except (RedisError, OSError) as error:
            log.warning("tasks may be left claimed until they time out: %s", error)
        await end_tasks(self._others)
        await self._claims_redis.aclose()

    def _queue(self, tenant: str, task_def: str) -> TaskQueue:
        queue = self._queues.get((tenant, task_def))
        if queue is None:
            queue = self._queues[tenant, task_def] = TaskQueue(
                self._claims_redis,
                self._services.redis,
                tenant,
                task_def,
                self._services.partitions,
                self.claims,
                self.give_back,
            )
            self._reading.append(asyncio.create_task(queue.run()))
        return queue


def _stopped() -> Unavailable:
    return Unavailable("this server is stopping")
