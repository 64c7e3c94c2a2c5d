"""wire: commands to the server and their replies back, on redis-py's connections, without its wrappers.

redis-py connects, authenticates, pools and tries again; what is sent with every task goes past the
rest of it (docs/decisions/0003, 0008).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import hiredis
from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import (
    ClusterCrossSlotError,
    ConnectionError,
    InvalidResponse,
    ResponseError,
    TimeoutError,
)

Command = Sequence[Any]


class _Replies(asyncio.StreamReader):
    """What comes in on a connection. While an exchange waits, it goes to hiredis at once, and who waits is
    called when all replies are there; at other times it waits to be read, as redis-py does."""

    parser: hiredis.Reader
    exchange: asyncio.Future[list[Any]] | None = None
    replies: list[Any]
    count: int

    def expect(self, count: int) -> asyncio.Future[list[Any]]:
        """The replies to come, once they are there."""
        self.replies, self.count = [], count
        self.exchange = asyncio.get_running_loop().create_future()
        return self.exchange

    def feed_data(self, data: Any) -> None:
        waiting = self.exchange
        if waiting is None:
            super().feed_data(data)
            return
        self.parser.feed(data)
        replies = self.replies
        while len(replies) < self.count:
            try:
                reply = self.parser.gets()
            except InvalidResponse as broken:
                self._give_up(ConnectionError(f"what came is no reply: {broken}"))
                return
            if reply is _NOTHING_YET:
                return
            replies.append(reply)
        self.exchange = None
        if not waiting.done():
            waiting.set_result(replies)

    def feed_eof(self) -> None:
        super().feed_eof()
        self._give_up(ConnectionError("the server closed the connection"))

    def set_exception(self, exc: BaseException | type[BaseException]) -> None:
        super().set_exception(exc)  # type: ignore[arg-type]
        self._give_up(exc)

    def _give_up(self, error: BaseException | type[BaseException]) -> None:
        waiting, self.exchange = self.exchange, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)


_NOTHING_YET = object()


class _Packed(AbstractConnection):
    """A connection that packs commands with hiredis in C, and can exchange many in one go."""

    def pack_command(self, *args: Any) -> list[bytes]:
        name = args[0]
        if isinstance(name, str) and " " in name:
            args = (*name.split(), *args[1:])
        return [hiredis.pack_command(args)]

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        return [b"".join([self.pack_command(*command)[0] for command in commands])]

    async def _connect(self) -> None:
        await super()._connect()  # type: ignore[no-untyped-call,safe-super]
        reader: Any = self._reader
        # asyncio gives us no other way to have a reader of our own, be it over TCP, TLS or a Unix socket.
        reader.__class__ = _Replies
        reader.parser = hiredis.Reader(
            protocolError=InvalidResponse, replyError=self._parser.parse_error, notEnoughData=_NOTHING_YET
        )

    async def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one write and return their replies; a refusal stands in its place among them.

        ConnectionError or TimeoutError when not all replies came within `socket_timeout`. Whatever
        raises, and a cancellation too, closes the connection: nobody finds a reply on it that is not his.
        """
        if not commands:
            return []
        packed = b"".join([hiredis.pack_command(tuple(command)) for command in commands])
        timer: asyncio.TimerHandle | None = None
        try:
            if not self.is_connected:
                await self.connect_check_health(check_health=False)
            assert self._writer is not None and isinstance(self._reader, _Replies)
            if self._reader.at_eof():
                raise ConnectionError("the server closed the connection")
            coming = self._reader.expect(len(commands))
            self._writer.write(packed)
            if self.socket_timeout is not None:
                timer = coming.get_loop().call_later(
                    self.socket_timeout, _expire, coming, self.socket_timeout
                )
            replies = await coming
        except BaseException as error:
            await self.disconnect(nowait=True)
            if isinstance(error, OSError):
                raise ConnectionError(f"the connection broke: {error}") from error
            raise
        finally:
            if timer is not None:
                timer.cancel()
        for reply in replies:
            if isinstance(reply, ConnectionError):  # it is loading, say
                await self.disconnect(nowait=True)
                raise reply
        return replies


def _expire(coming: asyncio.Future[list[Any]], after_s: float) -> None:
    if not coming.done():
        coming.set_exception(TimeoutError(f"no reply within {after_s} s"))


class PackedConnection(_Packed, Connection):
    """Over TCP."""


class PackedSSLConnection(_Packed, SSLConnection):
    """Over TLS."""


class PackedUnixConnection(_Packed, UnixDomainSocketConnection):
    """Over a Unix socket."""


_CLASSES: dict[type[AbstractConnection], type[_Packed]] = {
    Connection: PackedConnection,
    SSLConnection: PackedSSLConnection,
    UnixDomainSocketConnection: PackedUnixConnection,
}


class _Pool(ConnectionPool):
    """redis-py's, without what that records and tells listeners, of which we have none, whenever a connection
    is taken and given back: a sixth of an exchange."""

    refuses_transactions = False
    """Is the server known to be part of a cluster?"""

    async def get_connection(self, *given: Any, **options: Any) -> Any:
        connection = self.get_available_connection()  # type: ignore[no-untyped-call]
        try:
            await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        self._in_use_connections.remove(connection)
        if connection.should_reconnect():  # type: ignore[no-untyped-call]
            await connection.disconnect()
        self._available_connections.append(connection)


def make_pool(url: str, **options: Any) -> ConnectionPool:
    """A pool of connections that `exchange` works with; the options are redis-py's."""
    pool = _Pool.from_url(url, **options)
    pool.connection_class = _CLASSES[pool.connection_class]
    return pool


async def exchange(redis: Redis, commands: Sequence[Command], errors: bool = True) -> list[Any]:
    """Send commands in one round trip, as they stand, and return their replies as they come.

    A command that the server refuses is raised as ResponseError once all replies are in, or with
    `errors` False stands in its place among them. While the server is away everything is sent again, as
    often as the client was told to; then ConnectionError or TimeoutError.
    """
    pool = redis.connection_pool
    connection: _Packed = await pool.get_connection()  # type: ignore[no-untyped-call]
    try:
        replies: list[Any] = await connection.retry.call_with_retry(
            lambda: connection.exchange(commands), lambda error: connection.disconnect(nowait=True)
        )
    finally:
        await pool.release(connection)
    return _checked(replies, errors)


async def exchange_at_once(redis: Redis, commands: Sequence[Command], errors: bool = True) -> list[Any]:
    """The same, in a transaction: who waits for several of the streams written to is woken once, and finds
    all that came, and not the first alone. A server that is part of a cluster gets the commands one by one:
    there they may belong to different nodes."""
    pool: _Pool = redis.connection_pool  # type: ignore[assignment]
    if len(commands) < 2 or pool.refuses_transactions:
        return await exchange(redis, commands, errors)
    _, *queued, done = await exchange(redis, [("MULTI",), *commands, ("EXEC",)], errors=False)
    if isinstance(done, ClusterCrossSlotError):
        pool.refuses_transactions = True
        return await exchange(redis, commands, errors)
    if isinstance(done, ResponseError):  # nothing was done: one of the commands was refused at once
        cause = next((reply for reply in queued if isinstance(reply, ResponseError)), done)
        done = [cause] * len(commands)
    return _checked(done, errors)


def _checked(replies: list[Any], errors: bool) -> list[Any]:
    if errors:
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
    return replies


async def execute(redis: Redis, *command: Any) -> Any:
    """Send one command and return its reply, all as in `exchange`."""
    return (await exchange(redis, [command]))[0]
