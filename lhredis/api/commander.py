"""commander: takes commands: requests in flight at the same moment share one commit for each partition.

While commits are under way, the commands that come in queue up; the next commit takes them together.
A lone one waits for nobody. Each durability that is asked for has a lane of its own, so that a slow
confirmation holds up only those who want it.
"""

from __future__ import annotations

import asyncio
from collections import deque

from redis.asyncio import Redis

from lhredis.api.commands import Command, CommandCommit, Start
from lhredis.errors import ResourceExhausted, Unavailable
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.store.durability import Durability
from lhredis.store.metadata import Metadata

COMMANDS_PER_COMMIT_MAX = 256
"""Bounds how long one commit keeps Redis and this process from other work: about 10 ms."""

COMMITS_PER_LANE_MAX = 2
"""While Redis writes one commit, the next one is stepped, if it is a full one: to share a commit
saves more than a second one under way gains."""

COMMANDS_WAITING_MAX = 50_000


class Commander:
    """Takes commands, and answers each when it is committed or refused."""

    def __init__(
        self, redis: Redis, metadata: Metadata, programs: Programs, counters: Counters, partitions: int
    ) -> None:
        self._parts = (redis, metadata, programs, counters, partitions)
        self._lanes: dict[str, _Lane] = {}

    async def do(self, commands: list[Start | Command], durability: Durability | None) -> None:
        """Have these done; each tells its outcome afterwards. `durability` is what to confirm beyond
        what the server gives anyway. ResourceExhausted when too many commands wait already."""
        lane = self._lanes.get(str(durability))
        if lane is None:
            commits = [CommandCommit(*self._parts, durability) for _ in range(COMMITS_PER_LANE_MAX)]
            lane = self._lanes[str(durability)] = _Lane(commits)
        if sum(lane.waiting for lane in self._lanes.values()) + len(commands) > COMMANDS_WAITING_MAX:
            raise ResourceExhausted(f"more than {COMMANDS_WAITING_MAX} commands wait (COMMANDS_WAITING_MAX)")
        chunks = range(0, len(commands), COMMANDS_PER_COMMIT_MAX)
        await asyncio.gather(*[lane.add(commands[at : at + COMMANDS_PER_COMMIT_MAX]) for at in chunks])


class _Lane:
    """The commands that wait, and the commits that take them."""

    def __init__(self, commits: list[CommandCommit]) -> None:
        self._idle = commits
        self._queue: deque[tuple[list[Start | Command], asyncio.Future[None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self.waiting = 0

    def add(self, commands: list[Start | Command]) -> asyncio.Future[None]:
        """Done when each of these commands has its outcome."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((commands, done))
        self.waiting += len(commands)
        if self._idle and self._is_worth_a_commit(others=self._under_way):
            self._under_way += 1
            task = asyncio.create_task(self._work(self._idle.pop()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return done

    def _is_worth_a_commit(self, others: int) -> bool:
        return self.waiting >= (COMMANDS_PER_COMMIT_MAX if others else 1)

    async def _work(self, commit: CommandCommit) -> None:
        try:
            while self._is_worth_a_commit(others=self._under_way - 1):
                await _commit(commit, self._take())
        finally:
            self._under_way -= 1
            self._idle.append(commit)

    def _take(self) -> list[tuple[list[Start | Command], asyncio.Future[None]]]:
        taken: list[tuple[list[Start | Command], asyncio.Future[None]]] = []
        count = 0
        while self._queue and (not taken or count + len(self._queue[0][0]) <= COMMANDS_PER_COMMIT_MAX):
            taken.append(self._queue.popleft())
            count += len(taken[-1][0])
        self.waiting -= count
        return taken


async def _commit(
    commit: CommandCommit, taken: list[tuple[list[Start | Command], asyncio.Future[None]]]
) -> None:
    """Commit what was taken from the queue together, and tell those who wait for it."""
    commands = [command for group, _ in taken for command in group]
    error: Exception = Unavailable("the server is stopping")
    try:
        await commit.commit(commands)
    except Exception as failed:  # noqa: BLE001 - every command gets its answer
        error = failed
    finally:
        for command in commands:
            if command.run is None and command.error is None:
                command.error = error
        for _, done in taken:
            if not done.done():
                done.set_result(None)
