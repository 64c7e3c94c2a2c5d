"""process: the API as a process of its own: a socket, uvicorn, an end that loses no request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from lhredis.api.asgi import create_app
from lhredis.api.services import Services
from lhredis.errors import FailedPrecondition

log = logging.getLogger("lhredis.api")

BACKLOG = 2048
KEEP_ALIVE_S = 75
"""Longer than clients and proxies keep idle connections: they close them, not we under a request."""

DRAIN_S = 15
"""How long requests under way may still take once the process is to end."""

Beside = Callable[[Services], contextlib.AbstractAsyncContextManager[object]]


async def serve(
    redis_url: str,
    partitions: int | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    stopping: asyncio.Event | None = None,
    on_listening: Callable[[str], None] | None = None,
    beside: Beside | None = None,
) -> None:
    """Serve the API until `stopping` (without one: until SIGTERM or SIGINT), then finish what is under
    way. `port` 0 takes a free one; `on_listening` is told the URL once requests are answered. `beside` is
    another front, over the same services, that serves meanwhile.

    FailedPrecondition when the port is taken, or the cluster has another number of partitions, or has it all
    of a sudden; Unavailable when Redis cannot be reached.
    """
    if stopping is None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with _listen(host, port) as listening:
        app = create_app(redis_url, partitions)
        services: Services = app.state.services
        try:
            await services.open()
            url = _url(host, listening)
            server = _Server(app, services, lambda: _tell(url, on_listening))
            async with beside(services) if beside is not None else contextlib.nullcontext():
                watches = [
                    asyncio.create_task(_end_when(event, server)) for event in (stopping, services.has_left)
                ]
                try:
                    await server.serve(sockets=[listening])
                finally:
                    for watch in watches:
                        watch.cancel()
        finally:
            await services.close()
        if services.left is not None:
            raise services.left


class _Server(uvicorn.Server):
    """uvicorn, told to end by us and not by signals of its own."""

    def __init__(self, app: Starlette, services: Services, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                backlog=BACKLOG,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )
        self._services = services
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.stop_waiting()
        await super().shutdown(sockets)


async def _end_when(event: asyncio.Event, server: uvicorn.Server) -> None:
    await event.wait()
    server.should_exit = True


def _tell(url: str, on_listening: Callable[[str], None] | None) -> None:
    log.info("api: %s", url)
    if on_listening is not None:
        on_listening(url)


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address, before anything else is begun.

    Its connections send what they have at once. asyncio sees to that only when a socket names TCP as its
    protocol, which Python's do not; an answer in two parts would wait 40 ms for an acknowledgement.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        raise FailedPrecondition(f"the API cannot listen on {host}:{port}: {error}") from None


def _url(host: str, listening: socket.socket) -> str:
    """How those on this machine reach it."""
    port = listening.getsockname()[1]
    reached = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
