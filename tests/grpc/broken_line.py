"""broken_line: a line to Redis that can lose an answer: what was sent is done, and nobody learns of it. Or it
brings answers late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Line:
    """Carries bytes both ways. Once `loses` is set, the next answer is lost, and its connection with it; with
    `loses_answer_to` it is the answer to a command that has these bytes. While it is cut, nothing gets
    through. Answers are `late_s` seconds late."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.loses = False
        self.loses_answer_to: bytes | None = None
        self.lost = 0
        self.late_s = 0.0
        self._is_cut = False
        self._clients: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        self._is_cut = True
        for client in self._clients:
            client.close()

    def mend(self) -> None:
        self._is_cut = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client's."""
        if self._is_cut:
            writer.close()
            return
        self._clients.add(writer)
        from_server, to_server = await asyncio.open_connection(*self._server)
        is_marked = asyncio.Event()
        ways = [
            asyncio.create_task(self._ask(reader, to_server, is_marked)),
            asyncio.create_task(self._answer(from_server, writer, is_marked)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        to_server.close()
        writer.close()
        self._clients.discard(writer)

    async def _ask(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_marked: asyncio.Event
    ) -> None:
        while data := await source.read(65_536):
            if self.loses_answer_to is not None and self.loses_answer_to in data:
                self.loses_answer_to = None
                is_marked.set()
            target.write(data)
            await target.drain()

    async def _answer(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_marked: asyncio.Event
    ) -> None:
        while data := await source.read(65_536):
            if self.loses or is_marked.is_set():
                self.loses = False
                self.lost += 1
                return
            await asyncio.sleep(self.late_s)
            target.write(data)
            await target.drain()


@asynccontextmanager
async def broken_line(redis_url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line, and the URL by which Redis is reached over it."""
    parts = urlsplit(redis_url)
    line = Line(str(parts.hostname), int(parts.port or 6379))
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield line, parts._replace(netloc=f"127.0.0.1:{port}").geturl()
    finally:
        server.close()
