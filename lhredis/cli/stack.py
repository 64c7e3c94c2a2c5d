"""stack: the processes of one `lhredis dev`: Valkey, API, scheduler, workers."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from lhredis.cli.children import Child, stop_all
from lhredis.cli.ports import is_free
from lhredis.embedded import EmbeddedServer
from lhredis.errors import Unavailable

READY_S_MAX = 30.0
READY_PAUSE_S = 0.02
STOP_S_MAX = 20.0
WATCH_PAUSE_S = 1.0


class Stack:
    """Started in the order in which they need each other, stopped in the opposite one."""

    def __init__(
        self,
        data: Path,
        api_port: int,
        redis_port: int,
        grpc_port: int | None,
        durability: Literal["logged", "fsync", "memory"],
        modules: tuple[str, ...],
        log_level: str | None,
        say: Callable[[str], None],
    ) -> None:
        self.server = EmbeddedServer(data, redis_port, durability=durability)
        self.api_url = f"http://127.0.0.1:{api_port}"
        self._api_port = api_port
        self._grpc_port = grpc_port
        self._durability = durability
        self._modules = modules
        self._log_level = log_level or "warning"
        self._say = say
        self._services: list[Child] = []
        self._workers: list[Child] = []

    async def start(self, stopping: asyncio.Event) -> None:
        """Returns when the API answers, or when it is to stop. FailedPrecondition when the data folder
        is in use, Unavailable when something does not come up."""
        self.server.start()
        for name, arguments in (
            ("api", self._server_arguments()),
            ("scheduler", ["scheduler"]),
        ):
            self._services.append(self._child(name, arguments))
            await self._services[-1].start()
        await self._wait_until_ready(stopping)
        if stopping.is_set():
            return
        for module in self._modules:
            self._workers.append(self._child(f"worker {module}", ["worker", module]))
            await self._workers[-1].start()

    def _server_arguments(self) -> list[str]:
        arguments = ["server", "--port", str(self._api_port)]
        return arguments if self._grpc_port is None else [*arguments, "--grpc-port", str(self._grpc_port)]

    async def watch(self, stopping: asyncio.Event) -> None:
        """Until `stopping`: should Valkey die, start it again at the same port; the others wait for it."""
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), WATCH_PAUSE_S)
            except TimeoutError:
                if is_free(self.server.port):
                    self._say(
                        f"Valkey ended unexpectedly (see {self.server.folder}/server.log); starting it again"
                    )
                    self.server.kill()
                    self.server.start()

    async def stop(self) -> None:
        """Workers first, so that what they report is still heard."""
        await stop_all(self._workers, STOP_S_MAX)
        await stop_all(self._services, STOP_S_MAX)
        self.server.stop()

    def where(self) -> dict[str, Any]:
        """Where everything is; what `lhredis dev --json` prints."""
        return {
            "api_url": self.api_url,
            "docs_url": f"{self.api_url}/docs",
            "metrics_url": f"{self.api_url}/metrics",
            "grpc_address": None if self._grpc_port is None else f"127.0.0.1:{self._grpc_port}",
            "redis_url": self.server.url,
            "server": self.server.version,
            "durability": self._durability,
            "data_folder": str(self.server.folder),
            "processes": [
                {"name": child.name, "pid": child.pid, "command": child.command}
                for child in (*self._services, *self._workers)
            ],
        }

    def _child(self, name: str, arguments: list[str]) -> Child:
        environment = {"LHREDIS_REDIS_URL": self.server.url, "LHREDIS_API_URL": self.api_url}
        return Child(name, [*arguments, "--log-level", self._log_level], self._say, environment)

    async def _wait_until_ready(self, stopping: asyncio.Event) -> None:
        deadline = time.monotonic() + READY_S_MAX
        while not stopping.is_set():
            state = await asyncio.to_thread(_state_of_api, self._api_port)
            if state == "ready":
                return
            if time.monotonic() > deadline:
                raise Unavailable(f"the API was not ready after {READY_S_MAX:g} s: {state}")
            await asyncio.sleep(READY_PAUSE_S)


def _state_of_api(port: int) -> str:
    """`ready`, or why not. By hand, because our client and its models take half a second to load."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        return "ready" if response.status == 200 else response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"it does not answer: {error}"
    finally:
        connection.close()
