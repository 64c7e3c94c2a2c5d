"""reclaimer: claims held for longer than their task's timeout become TaskTimedOut.

A worker that dies, hangs or loses its network leaves its claim in the pending list; nothing else
tells. The scan goes in bounded pages: a full one over 250,000 claims blocks Redis for 16 ms.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from lhredis.engine.events import TaskTimedOut
from lhredis.scheduler.turns import Turns
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.tasks import Claim, ScheduledTask, claims_idle_for, read_entries, task_id_parts

IDLE_MS_MIN = 900
"""Claims younger than this are not looked at: no timeout is below one second."""

PAGE_CLAIMS_MAX = 100
"""Claims of one stream that one pass looks at."""

STREAMS_MAX = 64
"""Streams that one pass looks at."""


class Reclaimer:
    """Walks over the task streams of its partitions, a bounded page of each at a time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._after: dict[str, str] = {}
        self._turns = Turns(STREAMS_MAX)

    async def run_once(self, streams: Sequence[tuple[int, str]], now_ms: int) -> dict[int, list[Work]]:
        """One pass over (partition, task stream): the timeouts found, by partition."""
        found: dict[int, list[Work]] = {}
        turn = self._turns.take(streams)
        if not turn:
            return found
        pages = [(stream, self._after.get(stream, "-")) for _, stream in turn]
        answers = await claims_idle_for(self._redis, pages, IDLE_MS_MIN, PAGE_CLAIMS_MAX)
        for (partition, stream), claims in zip(turn, answers, strict=True):
            self._after[stream] = claims[-1].entry if len(claims) == PAGE_CLAIMS_MAX else "-"
            works = await self._look_at(stream, claims, now_ms)
            if works:
                found.setdefault(partition, []).extend(works)
        return found

    async def _look_at(self, stream: str, claims: list[Claim], now_ms: int) -> list[Work]:
        if not claims:
            return []
        tasks = await read_entries(self._redis, stream, [claim.entry for claim in claims])
        works = []
        for claim, task in zip(claims, tasks, strict=True):
            if task is None:
                await self._redis.xack(stream, keys.WORKERS, claim.entry)
            elif claim.idle_ms >= task.timeout_ms:
                works.append(_timed_out(stream, claim, task, now_ms))
        return works


def _timed_out(stream: str, claim: Claim, task: ScheduledTask, now_ms: int) -> Work:
    wf_run_id, thread, position, attempt = task_id_parts(task.id)
    worker_id, since_ms = claim.worker.worker_id, now_ms - claim.idle_ms
    event = TaskTimedOut(now_ms, nonce(), thread, position, attempt, task.token, worker_id, since_ms)
    return Work(task.tenant, wf_run_id, event, done=[("FINISH", stream, claim.entry)])
