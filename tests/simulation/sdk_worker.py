"""sdk_worker: the real worker of the SDK, with the tasks of the zoo as functions."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import Redis

from lhredis.store.connect import RETRIES_DEFAULT
from lhredis.worker import LHTaskException, TaskFunction, Worker, WorkerContext
from lhredis.worker import worker as worker_module
from tests.simulation.worker import WORK_S, Ledger
from tests.simulation.zoo.tasks import TASKS, TaskKind

CONCURRENCY = 16
"""More than tasks that hang: a worker cannot get rid of those."""

_HINTS = {"INT": int, "STR": str, "JSON_ARR": list, "JSON_OBJ": dict, "BOOL": bool, None: None}


def sdk_worker(ledger: Ledger, seed: str) -> Worker:
    """A worker that is always well-mannered: what it claims, it does and reports."""
    rng = random.Random(seed)
    return Worker(*(_function(kind, ledger, rng) for kind in TASKS.values()), concurrency=CONCURRENCY)


@contextmanager
def connecting(client: Callable[[int], Redis]) -> Iterator[None]:
    """Meanwhile, workers connect with `client(retries)`, whatever URL they have."""
    true_connect = worker_module.connect

    def connect(url: str, retries: int = RETRIES_DEFAULT, **more: Any) -> Redis:
        return client(retries)

    worker_module.connect = connect  # type: ignore[attr-defined]
    try:
        yield
    finally:
        worker_module.connect = true_connect  # type: ignore[attr-defined]


def _function(kind: TaskKind, ledger: Ledger, rng: random.Random) -> TaskFunction:
    async def perform(context: WorkerContext, **inputs: Any) -> Any:
        await asyncio.sleep(rng.expovariate(1 / WORK_S))
        wf_run_id, _, guid = context.task_run_id.rpartition("/")
        place = f"{wf_run_id}/{guid.replace('-', '/')}"
        ledger.note(place, kind.name, inputs)
        for number in range(kind.checkpoints):
            ledger.see(place, number, await context.execute_and_checkpoint(rng.random))
        result = ledger.perform(kind, place, inputs, context.attempt_number)
        if result is None:
            await asyncio.Event().wait()
        elif result["status"] == "TASK_SUCCESS":
            return result["output"]
        elif result["status"] == "TASK_EXCEPTION":
            thrown = result["exception"]
            raise LHTaskException(thrown["name"], thrown["message"], thrown["content"])
        raise RuntimeError("it failed")

    hints = {name: _HINTS[word] for name, word in kind.inputs.items()} | {"context": WorkerContext}
    perform.__annotations__ = hints | {"return": _HINTS[kind.returns]}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=hint)
        for name, hint in hints.items()
    ]
    perform.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return TaskFunction(perform, kind.name)
