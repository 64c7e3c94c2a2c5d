"""deployment: real processes for a benchmark: Valkey, API, schedulers and workers, and their CPU time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from lhredis.cli.children import FOLLOW_VARIABLE
from lhredis.client import SyncClient
from lhredis.embedded import EmbeddedServer
from lhredis.errors import LHRedisError
from lhredis.store.connect import PARTITIONS_DEFAULT
from lhredis.workflow import Workflow

START_S_MAX = 30.0
_QUIET = ("--log-level", "warning")
_TICKS = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).parents[1]


class Deployment:
    """Everything that a deployment has, on this machine. `with Deployment(…) as deployment: …`

    `protocol` is how workers get their tasks: `native`, of the task streams, or `grpc`, as LittleHorse's.
    """

    def __init__(
        self,
        schedulers: int = 1,
        workers: int = 1,
        durability: str = "logged",
        partitions: int = PARTITIONS_DEFAULT,
        environment: dict[str, str] | None = None,
        protocol: str = "native",
    ) -> None:
        self._wanted = {"scheduler": schedulers, "worker": workers, "api": 1}
        self._partitions = str(partitions)
        self._protocol = protocol
        self._server = EmbeddedServer(durability=durability)
        self._environment = {**os.environ, FOLLOW_VARIABLE: "1", **(environment or {})}
        self._processes: dict[str, list[subprocess.Popen[bytes]]] = {}

    def __enter__(self) -> Self:
        self._server.start()
        port, grpc_port = str(_free_port()), str(_free_port())
        url = self._server.url
        server = ["lhredis", "server", "--port", port, "--redis-url", url, "--partitions", self._partitions]
        if self._protocol == "grpc":
            server += ["--grpc-port", grpc_port]
        self._start("api", [*server, *_QUIET], 1)
        self.client = SyncClient(f"http://127.0.0.1:{port}", timeout_s=120)
        deadline = time.monotonic() + START_S_MAX
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("the API did not come up")
            time.sleep(0.05)
        scheduler = ["lhredis", "scheduler", "--redis-url", url, *_QUIET]
        self._start("scheduler", scheduler, self._wanted["scheduler"])
        worker = ["lhredis", "worker", "benchmarks.workload:worker", "--redis-url", url, *_QUIET]
        if self._protocol == "grpc":
            worker = ["benchmarks.grpc_worker", grpc_port]
        self._environment["LHREDIS_API_URL"] = self.client.base_url
        self._start("worker", worker, self._wanted["worker"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_processes()
        self.client.close()
        self._server.stop()

    @property
    def redis_url(self) -> str:
        return self._server.url

    def stop_processes(self) -> None:
        """Let every process end in its own time; what a worker leaves behind is written then."""
        for role in ("worker", "scheduler", "api"):
            for process in self._processes.get(role, ()):
                process.send_signal(signal.SIGTERM)
        for processes in self._processes.values():
            for process in processes:
                process.wait(60)
        self._processes.clear()

    def deploy(self, workflows: Sequence[Workflow]) -> None:
        """Register the WfSpecs, once the worker has registered its TaskDefs."""
        deadline = time.monotonic() + START_S_MAX
        while len(self.client.list_task_defs().items) < 2:
            if time.monotonic() > deadline:
                raise TimeoutError("the worker did not register its TaskDefs")
            time.sleep(0.05)
        for workflow in workflows:
            self.client.put_wf_spec(workflow.compile())

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds that each role has used so far, all its processes together."""
        used = {role: sum(_cpu_s(p.pid) for p in processes) for role, processes in self._processes.items()}
        with redis.Redis.from_url(self.redis_url) as connection:
            used["redis"] = _cpu_s(int(connection.info("server")["process_id"]))
        return used

    def _start(self, role: str, module: list[str], count: int) -> None:
        command = [sys.executable, "-m", *module]
        self._processes[role] = [
            subprocess.Popen(command, env=self._environment, cwd=_ROOT, stdin=subprocess.PIPE)
            for _ in range(count)
        ]

    def _answers(self) -> bool:
        try:
            self.client.ready()
        except LHRedisError:
            return False
        return True


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
