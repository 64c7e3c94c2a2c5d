"""connection: redis-py's own client and pool over a double instead of a socket.

Everything above the socket is the real thing: packing of pipelines, retries, parsing of replies.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.asyncio.connection import Connection
from redis.exceptions import ExecAbortError, RedisError, ResponseError

from lhredis.store.connect import RETRIES_DEFAULT, connect
from tests.simulation import double_values, scripts  # noqa: F401 - they register what the double can do
from tests.simulation.double import OK, Double, Reply, to_bytes

Command = tuple[Any, ...]


class Network(Protocol):
    """What lies between a process and the server. Both may take their time, or raise ConnectionError."""

    async def carry(self, who: str, commands: Sequence[Command], session: Session) -> list[Reply]:
        """Bring commands to the server and its replies back."""
        ...


class CalmNetwork:
    """Everything arrives at once."""

    async def carry(self, who: str, commands: Sequence[Command], session: Session) -> list[Reply]:
        return await session.serve(commands)


def connect_to(double: Double, who: str, network: Network, retries: int = RETRIES_DEFAULT) -> Redis:
    """A client as lhredis makes it, of the process `who`."""
    redis = connect("redis://double", retries=retries)
    redis.connection_pool.connection_class = DoubleConnection
    redis.connection_pool.connection_kwargs |= {"double": double, "who": who, "network": network}
    return redis


class Session:
    """What the server knows of one connection: a transaction under way, and the keys it watches."""

    def __init__(self, double: Double) -> None:
        self.double = double
        self._watched: dict[bytes, int] = {}
        self._queued: list[Command] | None = None

    async def serve(self, commands: Sequence[Command]) -> list[Reply]:
        """Execute commands, and wait for the entries that the last one blocks for."""
        replies = self.execute(commands)
        blocked_ms = _block_ms(commands[-1])
        if replies[-1] is not None or blocked_ms is None or self._queued is not None:
            return replies
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (blocked_ms / 1000 if blocked_ms else math.inf)
        while replies[-1] is None and loop.time() < deadline:
            arrival = self.double.next_arrival()
            alarm = loop.call_at(deadline, _wake, arrival) if blocked_ms else None
            try:
                await arrival
            finally:
                if alarm is not None:
                    alarm.cancel()
            replies[-1] = self._answer(commands[-1])
        return replies

    def execute(self, commands: Sequence[Command]) -> list[Reply]:
        """Execute commands now; errors stand among the replies."""
        return [self._answer(command) for command in commands]

    def _answer(self, command: Command) -> Reply:
        name = str(command[0]).upper()
        try:
            if name == "WATCH":
                for key in map(to_bytes, command[1:]):
                    self._watched[key] = self.double.touched.get(key, 0)
            elif name in ("UNWATCH", "DISCARD"):
                self._watched, self._queued = {}, None
            elif name == "MULTI":
                self._queued = []
            elif name == "EXEC":
                return self._exec()
            elif self._queued is not None:
                self._queued.append(command)
                return b"QUEUED"
            else:
                return self.double.call(*command)
            return OK
        except ResponseError as error:
            return error

    def _exec(self) -> Reply:
        queued, self._queued = self._queued, None
        watched, self._watched = self._watched, {}
        if queued is None:
            raise ExecAbortError("EXEC without MULTI")
        if any(self.double.touched.get(key, 0) != seen for key, seen in watched.items()):
            return None
        return [self._answer(command) for command in queued]


def _wake(arrival: asyncio.Future[None]) -> None:
    if not arrival.done():
        arrival.set_result(None)


def _block_ms(command: Command) -> int | None:
    """How long a command waits for entries, 0 for ever; None for one that does not wait."""
    if command[0] not in ("XREAD", "XREADGROUP"):
        return None
    words = [word for word in command[:8] if isinstance(word, str)]
    return int(command[command.index("BLOCK") + 1]) if "BLOCK" in words else None


class DoubleConnection(Connection):
    """One connection: what is sent is carried to the double when the first reply is read."""

    def __init__(self, *, double: Double, who: str, network: Network, **more: Any) -> None:
        super().__init__(**more)
        self._double, self._who, self._network = double, who, network
        self._session: Session | None = None
        self._sent: list[Command] = []
        self._replies: list[Reply] = []

    @property
    def is_connected(self) -> bool:
        return self._session is not None

    async def connect(self) -> None:
        self._session = self._session or Session(self._double)

    async def disconnect(self, nowait: bool = False, **why: Any) -> None:
        self._session, self._sent, self._replies = None, [], []

    async def can_read(self) -> bool:
        return bool(self._replies)

    def pack_command(self, *args: Any) -> list[Any]:
        return [args]

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[Any]:
        return [tuple(command) for command in commands]

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        await self.connect()
        self._sent += command

    async def read_response(self, *args: Any, **options: Any) -> Reply:
        if self._sent:
            sent, self._sent = self._sent, []
            self._replies = await self._carry(sent)
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        await self.connect()
        return list(await self._carry(commands)) if commands else []

    async def _carry(self, commands: Sequence[Command]) -> list[Reply]:
        assert self._session is not None
        try:
            return await self._network.carry(self._who, commands, self._session)
        except (RedisError, OSError, asyncio.CancelledError):
            await self.disconnect()
            raise
