"""worker: `lhredis worker`: run task functions, in this process or in several of its children."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.options import ApiUrl, Level, RedisUrl
from lhredis.errors import AlreadyExists, InvalidArgument, Unavailable

if TYPE_CHECKING:
    from lhredis.worker import Worker

log = logging.getLogger("lhredis.worker")

KILL_MARGIN_S = 5.0
"""How much longer than its own drain a child may take to end."""


def worker(
    target: Annotated[
        str, typer.Argument(help="module:object (a Worker or a @task function), or a module: all its tasks.")
    ],
    processes: Annotated[int, typer.Option(min=1, max=1024, help="One that dies is started again.")] = 1,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Tasks at a time in each process.")
    ] = None,
    register: Annotated[
        bool, typer.Option("--register/--no-register", help="Register the TaskDefs through the API first.")
    ] = True,
    redis_url: RedisUrl = None,
    api_url: ApiUrl = None,
    log_level: Level = None,
) -> None:
    """Run tasks: take them from Redis, call your functions, report. SIGTERM lets what was begun end."""
    from lhredis.cli.logs import set_up_logs
    from lhredis.cli.service import run_service
    from lhredis.cli.where import find_redis_url

    set_up_logs(log_level)
    found = find_worker(target, concurrency)
    if register:
        register_tasks(found, api_url)
    url = find_redis_url(redis_url)
    if processes == 1:
        run_service(lambda stopping: found.run(stopping, url), log_level)
        return
    arguments = ["worker", target, "--no-register", "--redis-url", url]
    if concurrency is not None:
        arguments += ["--concurrency", str(concurrency)]
    if log_level is not None:
        arguments += ["--log-level", log_level]
    asyncio.run(_run_children(arguments, processes, found.drain_s + KILL_MARGIN_S))


def find_worker(target: str, concurrency: int | None = None) -> Worker:
    """The Worker that `target` names, or one of the task functions that it names.

    `concurrency` replaces what a Worker has. InvalidArgument when there is none.
    """
    from lhredis.cli.load import all_of, load
    from lhredis.worker import TaskFunction, Worker

    module, found = load(target)
    if found is None:
        found = _of_tasks(target, all_of(module, TaskFunction))
    elif isinstance(found, TaskFunction):
        found = Worker(found)
    elif not isinstance(found, Worker):
        raise InvalidArgument(f"{target} is a {type(found).__name__}; a Worker or a @task function is needed")
    if concurrency is not None:
        found.concurrency = concurrency
    return found


def _of_tasks(target: str, functions: Sequence[Any]) -> Worker:
    from lhredis.worker import Worker

    if not functions:
        raise InvalidArgument(f"{target} has no task: put @task before a function")
    try:
        return Worker(*functions)
    except ValueError as error:
        raise InvalidArgument(f"{target}: {error}") from None


def register_tasks(found: Worker, api_url: str | None) -> None:
    """Register the TaskDef of every function. An API that is away, or another TaskDef of the same
    name, is an error: a worker whose tasks differ from what the server knows must not start."""
    with connect(api_url) as client:
        for function in found.functions.values():
            try:
                client.put_task_def(function.task_def)
            except AlreadyExists as error:
                raise AlreadyExists(
                    f"{error} The function {function.__name__} has another signature: "
                    "give it a new name, or delete the TaskDef"
                ) from None
            except Unavailable as error:
                raise Unavailable(
                    f"the TaskDefs cannot be registered: {error} (--no-register skips it)"
                ) from None
    log.info("registered: %s", ", ".join(found.functions))


async def _run_children(arguments: list[str], processes: int, grace_s: float) -> None:
    from lhredis.cli.children import Child, end_with_parent, stop_all, stop_on_signals

    stopping = asyncio.Event()
    stop_on_signals(stopping)
    end_with_parent()
    children = [Child(f"worker {number}", arguments, log.warning) for number in range(1, processes + 1)]
    for child in children:
        await child.start()
    log.info("%d worker processes: %s", processes, ", ".join(str(child.pid) for child in children))
    await stopping.wait()
    await stop_all(children, grace_s)
    log.info("all worker processes ended")
