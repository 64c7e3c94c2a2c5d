"""poller: one stream of PollTask, as the queue sees it that claims tasks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from lhredis.errors import ResourceExhausted
from lhredis.grpc.workers.claims import Claimed
from lhredis.store.consumers import Consumer

POLLS_MAX = 1_000


class Poller:
    """What was claimed for it waits here until it is sent. `asked` counts the tasks that it waits for,
    `masked_inputs` are names of the TaskDef's."""

    def __init__(self, consumer: Consumer, masked_inputs: Collection[str] = ()) -> None:
        self.consumer = consumer
        self.name = consumer.name
        self.masked_inputs = frozenset(masked_inputs)
        self.is_open = True
        self.asked = 0
        self._given: asyncio.Queue[Claimed | Exception | None] = asyncio.Queue()

    def ask(self) -> None:
        """It asks for one task more. ResourceExhausted when it asks for too many at a time."""
        if self.asked >= POLLS_MAX:
            raise ResourceExhausted(f"a stream asks for at most {POLLS_MAX} tasks at a time (POLLS_MAX)")
        self.asked += 1

    def give(self, claimed: Claimed) -> None:
        """One of those that it asked for."""
        assert self.is_open
        self.asked -= 1
        self._given.put_nowait(claimed)

    def end(self, error: Exception | None = None) -> None:
        """Nothing is given any more; after what was given, `next` raises this error or returns None."""
        self.is_open = False
        self._given.put_nowait(error)

    async def next(self) -> Claimed | None:
        """The next task to be sent, None when there will be none."""
        found = await self._given.get()
        if isinstance(found, Exception):
            raise found
        return found

    def leave(self) -> list[Claimed]:
        """The stream is over: what was given and not taken."""
        self.is_open = False
        left = []
        while not self._given.empty():
            found = self._given.get_nowait()
            if isinstance(found, Claimed):
                left.append(found)
        return left
