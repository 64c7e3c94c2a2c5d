"""crowd: real lhredis processes for a test: start them, kill them, see that none is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from lhredis.cli.children import FOLLOW_VARIABLE
from lhredis.client import Client
from lhredis.embedded import EmbeddedServer
from tests.support import wait_until

ROOT = Path(__file__).parents[2]


class Crowd:
    """An embedded Valkey, and processes around it. `async with Crowd() as crowd: …`"""

    def __init__(self, durability: str = "logged") -> None:
        self.server = EmbeddedServer(durability=durability)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    async def __aenter__(self) -> Self:
        self.server.start()
        self.port = _free_port()
        self.start("api", "server", "--port", str(self.port))
        self.client = Client(f"http://127.0.0.1:{self.port}")
        await wait_until(self._ready, timeout_s=30)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self.processes):
            self.kill(name)
        await self.client.close()
        self.server.stop()

    def start(self, name: str, *arguments: str) -> None:
        """`lhredis <arguments>` as a process that this test calls `name`."""
        environment = {
            **os.environ,
            "LHREDIS_REDIS_URL": self.server.url,
            "LHREDIS_API_URL": f"http://127.0.0.1:{self.port}",
            FOLLOW_VARIABLE: "1",  # it ends when the test does, however that ends
        }
        command = [sys.executable, "-m", "lhredis", *arguments, "--log-level", "warning"]
        self.processes[name] = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, start_new_session=True
        )

    def kill(self, name: str) -> None:
        """kill -9, and nobody gets to say goodbye."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> int:
        """SIGTERM; the exit code once it has ended."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    async def _ready(self) -> bool:
        try:
            await self.client.ready()
        except Exception:  # noqa: BLE001 - it is not there yet
            return False
        return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
