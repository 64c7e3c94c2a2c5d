"""starter: starts runs: requests in flight at the same moment share one commit for each partition.

While commits are under way, the starts that come in queue up; the next commit takes them together.
A lone start waits for nobody. Each durability that is asked for has a lane of its own, so that a
slow confirmation holds up only those who want it.
"""

from __future__ import annotations

import asyncio
from collections import deque

from redis.asyncio import Redis

from lhredis.api.start_commit import Start, StartCommit
from lhredis.errors import ResourceExhausted, Unavailable
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.store.durability import Durability
from lhredis.store.metadata import Metadata

STARTS_PER_COMMIT_MAX = 256
"""Bounds how long one commit keeps Redis and this process from other work: about 10 ms."""

COMMITS_PER_LANE_MAX = 2
"""While Redis writes one commit, the next one is stepped, if it is a full one: to share a commit
saves more than a second one under way gains."""

STARTS_WAITING_MAX = 50_000


class Starter:
    """Takes starts, and answers each when it is committed or refused."""

    def __init__(
        self, redis: Redis, metadata: Metadata, programs: Programs, counters: Counters, partitions: int
    ) -> None:
        self._parts = (redis, metadata, programs, counters, partitions)
        self._lanes: dict[str, _Lane] = {}

    async def start(self, starts: list[Start], durability: Durability | None) -> None:
        """Start these runs; each tells its outcome afterwards. `durability` is what to confirm beyond
        what the server gives anyway. ResourceExhausted when too many starts wait already."""
        lane = self._lanes.get(str(durability))
        if lane is None:
            commits = [StartCommit(*self._parts, durability) for _ in range(COMMITS_PER_LANE_MAX)]
            lane = self._lanes[str(durability)] = _Lane(commits)
        if sum(lane.waiting for lane in self._lanes.values()) + len(starts) > STARTS_WAITING_MAX:
            raise ResourceExhausted(f"more than {STARTS_WAITING_MAX} starts wait (STARTS_WAITING_MAX)")
        chunks = range(0, len(starts), STARTS_PER_COMMIT_MAX)
        await asyncio.gather(*[lane.add(starts[at : at + STARTS_PER_COMMIT_MAX]) for at in chunks])


class _Lane:
    """The starts that wait, and the commits that take them."""

    def __init__(self, commits: list[StartCommit]) -> None:
        self._idle = commits
        self._queue: deque[tuple[list[Start], asyncio.Future[None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self.waiting = 0

    def add(self, starts: list[Start]) -> asyncio.Future[None]:
        """Done when each of these starts has its outcome."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((starts, done))
        self.waiting += len(starts)
        if self._idle and self._is_worth_a_commit(others=self._under_way):
            self._under_way += 1
            task = asyncio.create_task(self._work(self._idle.pop()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return done

    def _is_worth_a_commit(self, others: int) -> bool:
        return self.waiting >= (STARTS_PER_COMMIT_MAX if others else 1)

    async def _work(self, commit: StartCommit) -> None:
        try:
            while self._is_worth_a_commit(others=self._under_way - 1):
                await _commit(commit, self._take())
        finally:
            self._under_way -= 1
            self._idle.append(commit)

    def _take(self) -> list[tuple[list[Start], asyncio.Future[None]]]:
        taken: list[tuple[list[Start], asyncio.Future[None]]] = []
        count = 0
        while self._queue and (not taken or count + len(self._queue[0][0]) <= STARTS_PER_COMMIT_MAX):
            taken.append(self._queue.popleft())
            count += len(taken[-1][0])
        self.waiting -= count
        return taken


async def _commit(commit: StartCommit, taken: list[tuple[list[Start], asyncio.Future[None]]]) -> None:
    """Commit what was taken from the queue together, and tell those who wait for it."""
    starts = [start for group, _ in taken for start in group]
    error: Exception = Unavailable("the server is stopping")
    try:
        await commit.commit(starts)
    except Exception as failed:  # noqa: BLE001 - every start gets its answer
        error = failed
    finally:
        for start in starts:
            if start.run is None and start.error is None:
                start.error = error
        for _, done in taken:
            if not done.done():
                done.set_result(None)
