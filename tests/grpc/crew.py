"""crew: task workers of LittleHorse's client, of several tenants, in one process of their own.

LHTaskWorker makes blocking calls in its event loop, so it cannot live in that of the server that it calls.
The process is told on its standard input whom to hire, a line each:

    {"settings": {"LHC_TENANT_ID": "t1", …}, "functions": ["tests.grpc.test_data_workflows:greet"]}

A function's TaskDef has its name, with hyphens.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from littlehorse.config import LHConfig
from littlehorse.worker import LHTaskWorker

_ROOT = Path(__file__).parents[2]
HIRED = b"hired\n"
VERSION = "7.1"
"""What every worker says it is the version of."""


class Crew:
    """The process, started when the first worker is hired."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def hire(
        self, config: LHConfig, *functions: Callable[..., Any], worker_id: str = "hired-1"
    ) -> None:
        """Register the TaskDefs of these functions, and start a worker for each."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.grpc.crew"),
                cwd=_ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        host, _, port = config.bootstrap_server.rpartition(":")
        settings = {
            "LHC_API_HOST": host,
            "LHC_API_PORT": port,
            "LHC_TENANT_ID": config.tenant_id,
            "LHW_TASK_WORKER_ID": worker_id,
            "LHW_TASK_WORKER_VERSION": VERSION,
        }
        order = {
            "settings": settings,
            "functions": [f"{function.__module__}:{function.__name__}" for function in functions],
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        assert await self._process.stdout.readline() == HIRED

    async def dismiss(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def gathered() -> AsyncIterator[Crew]:
    """A crew that is dismissed at the end."""
    crew = Crew()
    try:
        yield crew
    finally:
        await crew.dismiss()


@asynccontextmanager
async def hired(config: LHConfig, *functions: Any, worker_id: str = "hired-1") -> AsyncIterator[None]:
    """A crew of its own, at work on these functions."""
    async with gathered() as crew:
        await crew.hire(config, *functions, worker_id=worker_id)
        yield


async def _take_orders() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    async with asyncio.TaskGroup() as at_work:
        while line := await orders.readline():
            order = json.loads(line)
            config = LHConfig()
            config.load(order["settings"])
            for function in map(_function, order["functions"]):
                worker = LHTaskWorker(function, function.__name__.replace("_", "-"), config)
                worker.register_task_def()
                at_work.create_task(worker.start())
            sys.stdout.buffer.write(HIRED)
            sys.stdout.flush()


def _function(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


if __name__ == "__main__":
    asyncio.run(_take_orders())
