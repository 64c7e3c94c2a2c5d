"""demo_processes: the processes of the demo: `lhredis dev` in a temporary folder, and two workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.table import Table

REPOSITORY = Path(__file__).parents[2]
WORKERS = 2
STOP_S_MAX = 20.0
LOG_CHARS_MAX = 4_000


class DemoFailed(Exception):
    """A process of the demo ended, or could not be started; the message has what it logged."""


class DemoProcesses:
    """`with DemoProcesses() as processes: processes.start()`; at the end of the block nothing is left.

    Each process ends when its stdin does, so that even a demo that is killed leaves nothing.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lhredis-demo-")
        self._log = Path(self._folder.name) / "demo.log"
        self._running: list[subprocess.Popen[str]] = []
        self._where: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._running):  # workers first
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()

    @property
    def api_url(self) -> str:
        return str(self._where["api_url"])

    @property
    def redis_url(self) -> str:
        return str(self._where["redis_url"])

    def start(self) -> None:
        """Returns when everything runs. DemoFailed."""
        dev = self._open("dev", "--json", "--data", str(Path(self._folder.name) / "data"))
        assert dev.stdout is not None
        line = dev.stdout.readline()
        if not line:
            raise DemoFailed(self._last_log())
        self._where = json.loads(line)
        for _ in range(WORKERS):
            self._open("worker", "examples.kyc.tasks")

    def deploy(self) -> str:
        """Register the tasks and the workflow; returns what the command printed."""
        command = [sys.executable, "-m", "lhredis", "deploy", "examples.kyc.workflow"]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DemoFailed(done.stderr)
        return done.stdout.rstrip()

    def table(self) -> Table:
        """Every process: what it is, its id, its command."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("process", "id", "command"):
            table.add_column(column, overflow="fold")
        table.add_row(
            "lhredis dev", str(self._running[0].pid), "lhredis dev: starts and watches the next three"
        )
        table.add_row("Valkey", "", f"{self._where['server']} at {self.redis_url}")
        for process in self._where["processes"]:
            table.add_row(process["name"], str(process["pid"]), "lhredis " + " ".join(process["command"][3:]))
        for number, process in enumerate(self._running[1:], 1):
            table.add_row(f"worker {number}", str(process.pid), "lhredis worker examples.kyc.tasks")
        return table

    def _open(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of ours; only what `lhredis dev` prints is read."""
        with self._log.open("a") as log:
            stdout = subprocess.PIPE if arguments[0] == "dev" else log
            process = subprocess.Popen(
                [sys.executable, "-m", "lhredis", *arguments],
                cwd=REPOSITORY, env=self._environment(), stdin=subprocess.PIPE, stdout=stdout,
                stderr=log, text=True, start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        where = {
            f"LHREDIS_{name.upper()}": self._where[name]
            for name in ("api_url", "redis_url")
            if name in self._where
        }
        return {**os.environ, **where, "LHREDIS_ENDS_WITH_STDIN": "1"}

    def _last_log(self) -> str:
        return self._log.read_text()[-LOG_CHARS_MAX:]
