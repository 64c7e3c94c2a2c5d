"""processes: start `lhredis …` for a test as a process of its own, and see what became of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
STOP_S_MAX = 30
UNSET = ("LHREDIS_API_URL", "LHREDIS_REDIS_URL", "LHREDIS_TENANT", "LHREDIS_LOG_LEVEL")


@dataclass
class Dev:
    """A running `lhredis dev`: its process, and what it said of where it is."""

    process: subprocess.Popen[str]
    where: dict[str, Any]
    log: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = {
            **clean_environment(),
            "LHREDIS_API_URL": self.where["api_url"],
            "LHREDIS_REDIS_URL": self.where["redis_url"],
        }

    def pid_of(self, name: str) -> int:
        return next(int(one["pid"]) for one in self.where["processes"] if one["name"] == name)

    def pids(self) -> list[int]:
        return [self.process.pid, *(int(one["pid"]) for one in self.where["processes"])]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_S_MAX)


def clean_environment() -> dict[str, str]:
    """Ours without what tells lhredis where things are; our modules can be imported from anywhere."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lhredis", *arguments]


@contextmanager
def running_dev(folder: Path, *arguments: str) -> Iterator[Dev]:
    """`lhredis dev` with its data in this folder, at free ports, until the end of the block."""
    log = folder / "dev.log"
    ports = [
        word
        for option in ("--port", "--redis-port", "--grpc-port")
        if option not in arguments
        for word in (option, free_port())
    ]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command("dev", "--json", "--data", str(folder / "data"), *ports, *arguments),
            cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, stderr=stderr, text=True,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        yield Dev(process, json.loads(line), log)
    finally:
        process.terminate()
        process.wait(STOP_S_MAX)


def free_port() -> str:
    """One that nobody has, and that no other test takes for a default."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def finished(
    arguments: list[str], environment: dict[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`lhredis <arguments>` in this folder, when it has ended."""
    return subprocess.run(
        command(*arguments), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def running(
    arguments: list[str], environment: dict[str, str], folder: Path
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`lhredis <arguments>` in this folder, until the end of the block, and the file that it logs to."""
    log = folder / "process.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command(*arguments), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


def is_alive(pid: int) -> bool:
    """Whether there is such a process that is not merely waiting to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()
