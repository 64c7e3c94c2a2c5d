"""hired: a task worker of LittleHorse's client in a process of its own, as an application would start it.

    python -m tests.grpc.hired <port> <tenant> <worker id> <function>…

LHTaskWorker makes blocking calls in its event loop, so it cannot live in that of the server that it calls.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from littlehorse.config import LHConfig
from littlehorse.exceptions import LHTaskException
from littlehorse.model import VariableValue
from littlehorse.worker import LHTaskWorker, LHType, WorkerContext

_ROOT = Path(__file__).parents[2]
VERSION = "7.1"


async def greet(name: str) -> str:
    return f"hello {name}"


async def double(number: int) -> int:
    return 2 * number


async def tell(ctx: WorkerContext) -> dict[str, Any]:
    """All that a worker may know of its attempt."""
    ctx.log("told")
    return {
        "wf_run_id": ctx.wf_run_id.id,
        "position": ctx.node_run_id.position,
        "guid": ctx.idempotency_key,
        "task_def": ctx.task_def_name,
        "attempt": ctx.attempt_number,
        "year": ctx.scheduled_time.year,
    }


async def unlock(
    secret: Annotated[str, LHType("secret", masked=True)], ctx: WorkerContext
) -> Annotated[str, LHType("key", masked=True)]:
    ctx.log(f"tries {secret}")
    return f"opened with {secret}"


async def burst(ctx: WorkerContext) -> str:
    if ctx.attempt_number < 2:
        raise RuntimeError(f"attempt {ctx.attempt_number} burst")
    return "held"


async def refuse(reason: str) -> str:
    content = VariableValue(str=reason)
    raise LHTaskException("not-today", "come back tomorrow", content)


async def two_steps(ctx: WorkerContext) -> str:
    """Breaks between its two checkpoints when it is tried for the first time."""
    first = await ctx.execute_and_checkpoint(lambda checkpoint: f"first of {ctx.attempt_number}")
    if ctx.attempt_number == 0:
        raise RuntimeError("between the checkpoints")
    second = await ctx.execute_and_checkpoint(lambda checkpoint: f"second of {ctx.attempt_number}")
    return f"{first}, {second}"


async def nap() -> str:
    await asyncio.sleep(1.5)
    return "awake"


@asynccontextmanager
async def hired(port: int, tenant: str, *functions: Any, worker_id: str = "hired-1") -> AsyncIterator[None]:
    """A worker that registers these functions' TaskDefs and works on them."""
    names = [function.__name__ for function in functions]
    command = (sys.executable, "-m", "tests.grpc.hired", str(port), tenant, worker_id, *names)
    process = await asyncio.create_subprocess_exec(*command, cwd=_ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"registered\n"
        yield
    finally:
        process.terminate()
        await process.wait()


async def _work(port: str, tenant: str, worker_id: str, names: list[str]) -> None:
    config = LHConfig()
    config.load(
        {
            "LHC_API_HOST": "127.0.0.1",
            "LHC_API_PORT": port,
            "LHC_TENANT_ID": tenant,
            "LHW_TASK_WORKER_ID": worker_id,
            "LHW_TASK_WORKER_VERSION": VERSION,
        }
    )
    workers = [LHTaskWorker(globals()[name], name.replace("_", "-"), config) for name in names]
    for worker in workers:
        worker.register_task_def()
    print("registered", flush=True)
    await asyncio.gather(*(worker.start() for worker in workers))


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:4], sys.argv[4:]))
