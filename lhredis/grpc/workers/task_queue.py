"""task_queue: claims the tasks of one TaskDef for those who wait for one, and no more than that.

One read is under way at a time. While more than one partition may hold something, they are read without
waiting, and for each poll one entry of one partition at most. When they are empty, or one after the other
brought nothing, one read waits at all of them, and a task that is scheduled wakes it: it brings one entry,
because one commit writes to one partition.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.grpc.workers.claims import Claimed, Claims
from lhredis.grpc.workers.poller import Poller
from lhredis.store import keys
from lhredis.store.consumers import Consumer
from lhredis.store.tasks import (
    ScheduledTask,
    claims_of_consumer,
    decode_task,
    ensure_groups,
    is_no_group,
    read_entries,
)
from lhredis.store.wire import exchange, execute

log = logging.getLogger("lhredis.grpc")

BLOCK_MS = 2_000
"""How long one read waits: less than what redis-py waits for an answer, and than what makes a worker count as
listening (store/queue_places.py)."""

ANSWER_S_MAX = BLOCK_MS / 1000 + 10
"""For versions of redis-py that would wait for ever."""

ERROR_PAUSE_S = 0.2
ROUND_POLLS_MAX = 64
"""Polls that one round of reads is for."""

EMPTY_S = 0.005
"""How long a partition that was seen empty is taken for empty. If it is not any more, a waiting read brings
an entry of it beside that of another partition, and what nobody waits for is given back."""


class TaskQueue:
    """The streams of one TaskDef. `claims_redis` sends nothing twice by itself: after an error it is looked
    up what was claimed. `give_back` takes what was claimed and nobody waits for any more."""

    def __init__(
        self,
        claims_redis: Redis,
        redis: Redis,
        tenant: str,
        task_def: str,
        partitions: int,
        claims: Claims,
        give_back: Callable[[Claimed], None],
    ) -> None:
        self._claims_redis = claims_redis
        self._redis = redis
        self._task_def = task_def
        self._streams = {keys.tasks(number, tenant, task_def): number for number in range(partitions)}
        self._order = deque(self._streams)
        self._seen_empty: dict[str, float] = {}
        self._fruitless = 0
        self._claims = claims
        self._give_back = give_back
        self._polls: deque[Poller] = deque()
        self._polls_gone = 0
        self._polled = asyncio.Event()
        self._polls_at_once = 1
        self._reading_for: set[Consumer] = set()

    @property
    def streams(self) -> Iterable[str]:
        return self._streams

    def poll(self, poller: Poller) -> None:
        """It asks for one task more. ResourceExhausted."""
        poller.ask()
        self._polls.append(poller)
        self._polled.set()

    def leave(self, poller: Poller) -> None:
        """It is over: its polls are not for anybody. They are taken out when they are most of all polls."""
        self._polls_gone += poller.asked
        if self._polls_gone > len(self._polls) // 2:
            self._polls = deque(poller for poller in self._polls if poller.is_open)
            self._polls_gone = 0

    async def run(self) -> None:
        """Claim for ever. A Redis that is away is waited for; any other error is logged."""
        ready = False
        while True:
            await self._polled.wait()
            try:
                if not ready:
                    await ensure_groups(self._redis, list(self._streams))
                    ready = True
                await self.look_again()
                await self._read_once()
            except (RedisError, OSError) as error:
                log.warning("tasks %s: %s", self._task_def, error)
                ready = ready and not is_no_group(error)
                await asyncio.sleep(ERROR_PAUSE_S)
            except Exception:
                log.exception("tasks %s: a read failed", self._task_def)
                await asyncio.sleep(ERROR_PAUSE_S)

    async def look_again(self) -> None:
        """Take what a read claimed that was broken off, so that nobody saw it."""
        for consumer in list(self._reading_for):
            for stream, partition in self._streams.items():
                held = await claims_of_consumer(self._redis, stream, consumer.name)
                for task in await read_entries(self._redis, stream, held):
                    if task is not None:
                        task.partition = partition
                        if not self._claims.knows(task):
                            self._hand_out(task, consumer, [])
            self._reading_for.discard(consumer)

    async def _read_once(self) -> None:
        polls = self._next_polls()
        if not polls:
            self._polled.clear()
            return
        asked = len(polls)
        try:
            filled = self._perhaps_filled()
            # Where answers are slow, those seen first are no more taken for empty when the last ones are read.
            all_fruitless = self._fruitless >= len(self._streams)
            if not all_fruitless and (len(filled) > 1 or (filled and asked > 1)):
                await self._read_now(polls, filled)
            else:
                await self._read_and_wait(polls)
        finally:
            self._polls.extendleft(reversed(polls))
        self._polls_at_once = 1 if polls else min(2 * asked, ROUND_POLLS_MAX)

    def _next_polls(self) -> list[Poller]:
        polls: list[Poller] = []
        while self._polls and len(polls) < self._polls_at_once:
            poller = self._polls.popleft()
            if poller.is_open:
                polls.append(poller)
        return polls

    def _perhaps_filled(self) -> list[str]:
        """The partitions that were not seen empty just now, another one first each time."""
        self._order.rotate(-1)
        since = time.monotonic() - EMPTY_S
        return [stream for stream in self._order if self._seen_empty.get(stream, 0.0) < since]

    async def _read_now(self, polls: list[Poller], filled: list[str]) -> None:
        wanted = Counter((poller.consumer, filled[at % len(filled)]) for at, poller in enumerate(polls))
        self._reading_for.update(consumer for consumer, _ in wanted)
        commands = [_read(consumer.name, count, [stream]) for (consumer, stream), count in wanted.items()]
        replies = await exchange(self._claims_redis, commands)
        for ((consumer, stream), count), reply in zip(wanted.items(), replies, strict=True):
            entries = reply[0][1] if reply else ()
            self._note(stream, len(entries), count)
            self._fruitless = 0 if entries else self._fruitless + 1
            self._take(stream, entries, consumer, polls)
        self._reading_for.clear()

    async def _read_and_wait(self, polls: list[Poller]) -> None:
        """For one worker: so there is nobody else in vain."""
        consumer = polls[0].consumer
        count = max(1, sum(poller.consumer == consumer for poller in polls) // len(self._streams))
        self._reading_for.add(consumer)
        async with asyncio.timeout(ANSWER_S_MAX):
            reply = await execute(
                self._claims_redis, *_read(consumer.name, count, list(self._streams), BLOCK_MS)
            )
        found = {stream.decode(): entries for stream, entries in reply or ()}
        for stream in self._streams:
            self._note(stream, len(found.get(stream, ())), count)
        self._fruitless = len(self._streams) - len(found)
        for stream, entries in found.items():
            self._take(stream, entries, consumer, polls)
        self._reading_for.clear()

    def _note(self, stream: str, got: int, asked: int) -> None:
        if got < asked:
            self._seen_empty[stream] = time.monotonic()
        else:
            self._seen_empty.pop(stream, None)

    def _take(self, stream: str, entries: Iterable[Any], consumer: Consumer, polls: list[Poller]) -> None:
        for entry, fields in entries:
            try:
                task = decode_task(fields[fields.index(b"task") + 1])
            except ValueError:
                log.exception("entry %s of %s is no task", entry.decode(), stream)
                continue
            task.entry, task.partition = entry.decode(), self._streams[stream]
            self._hand_out(task, consumer, polls)

    def _hand_out(self, task: ScheduledTask, consumer: Consumer, polls: list[Poller]) -> None:
        """To exactly one poll of the worker that it was claimed for: of `polls`, or one that came since."""
        claimed = Claimed(task, consumer, time.time_ns() // 1_000_000)
        self._claims.remember(claimed)
        for waiting in (polls, self._polls):
            for poller in waiting:
                if poller.is_open and poller.consumer == consumer:
                    waiting.remove(poller)
                    poller.give(claimed)
                    return
        self._give_back(claimed)


def _read(name: str, count: int, streams: list[str], block_ms: int | None = None) -> tuple[Any, ...]:
    block = ("BLOCK", block_ms) if block_ms is not None else ()
    of = ("GROUP", keys.WORKERS, name, "COUNT", count)
    return ("XREADGROUP", *of, *block, "STREAMS", *streams, *[">"] * len(streams))
