"""processes: the tasks of A1, for worker processes that serve some of them each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lhredis.cli.children import FOLLOW_VARIABLE
from lhredis.worker import Worker, task
from tests.acceptance.town import Town

ROOT = Path(__file__).parents[2]


@task
def one() -> None: ...


@task
def two() -> None: ...


@task
def three() -> None: ...


@task
def five() -> None: ...


@task
def seven() -> None: ...


WORKERS = ("first", "second", "third")

first, second, third = Worker(one, seven), Worker(two, five), Worker(three)


@contextmanager
def worker_processes(town: Town) -> Iterator[None]:
    """Each worker of this module in a process of its own; they register their tasks."""
    environment = {
        **os.environ,
        "LHREDIS_REDIS_URL": town.redis_url,
        "LHREDIS_API_URL": town.client.base_url,
        "LHREDIS_TENANT": town.tenant,
        FOLLOW_VARIABLE: "1",  # they end when the test does, however that ends
    }
    started = []
    try:
        for name in WORKERS:
            command = [sys.executable, "-m", "lhredis", "worker", f"{__name__}:{name}"]
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE))
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
