"""grpc_worker: the tasks of the benchmarks, done by workers of LittleHorse's own client.

    python -m benchmarks.grpc_worker <port of the gRPC front>

One LHTaskWorker asks for one task at a time, so several of them share the process.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

from littlehorse.config import LHConfig
from littlehorse.worker import LHTaskWorker, WorkerContext

from benchmarks.workload import note_mark

WORKERS = 8
"""LHTaskWorkers of `increment` in a process, each with a stream of its own."""

TASKS_AT_ONCE = 32


async def increment(number: int) -> int:
    return number + 1


async def mark(number: int, ctx: WorkerContext) -> int:
    note_mark(ctx.wf_run_id.id, time.monotonic_ns())
    return number + 1


async def main(port: str) -> None:
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    workers = [LHTaskWorker(mark, "mark", _config(port))]
    workers += [LHTaskWorker(increment, "increment", _config(port)) for _ in range(WORKERS)]
    for worker in workers[:2]:
        worker.register_task_def()
    working = [asyncio.create_task(worker.start()) for worker in workers]
    await stopping.wait()
    for task in working:
        task.cancel()


def _config(port: str) -> LHConfig:
    """Of its own for each worker: workers of one config and task share a connection."""
    config = LHConfig()
    config.load(
        {"LHC_API_HOST": "127.0.0.1", "LHC_API_PORT": port, "LHW_NUM_WORKER_THREADS": str(TASKS_AT_ONCE)}
    )
    return config


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
