"""The examples, deployed by the command that each of them names, and run by workers of this process."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lhredis.cli.load import all_of
from lhredis.client import Client
from lhredis.model.enums import LHStatus
from lhredis.worker import TaskFunction, Worker
from tests.cli.processes import Dev, finished, running_dev

WAIT_MS = 30_000


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    with running_dev(tmp_path_factory.mktemp("examples"), "--durability", "memory") as dev:
        yield dev


@asynccontextmanager
async def deployed(dev: Dev, example: str) -> AsyncIterator[Client]:
    """The example, registered and with a worker of its tasks."""
    done = finished(["deploy", f"examples.{example}.workflow"], dev.environment)
    assert done.returncode == 0, done.stderr
    tasks = importlib.import_module(f"examples.{example}.tasks")
    stopping = asyncio.Event()
    worker = Worker(*all_of(tasks, TaskFunction), drain_s=0)
    working = asyncio.create_task(worker.run(stopping, dev.where["redis_url"]))
    try:
        async with Client(dev.where["api_url"]) as client:
            yield client
    finally:
        stopping.set()
        await working


@pytest.mark.parametrize(
    ("example", "variables", "output"),
    [
        ("basic", {"name": "Ada"}, "Welcome, Ada!"),
        ("conditionals", {"grams": 300, "address": "Endor"}, "a drone flies to Endor"),
        ("conditionals", {"grams": 300, "address": "Endor", "fragile": True}, "a van drives to Endor"),
        ("conditionals", {"grams": 60_000, "address": "Endor"}, "a ship sails to Endor"),
        ("conditionals", {"grams": 2_000_000, "address": "Endor"}, "a ship sails to Endor, with a crane"),
        ("while_loop", {"donuts": 3}, 3),
        ("while_loop", {"donuts": 0}, 0),
        ("casting", {"reading": "212 F", "sensor": 7}, "7: 100 degrees"),
        ("timers", {"tea": "green", "steep-seconds": 0}, "the green tea is served"),
        ("exception_handling", {"restaurant": "moe", "guests": 2}, "a table for 2 at moe"),
        ("exception_handling", {"restaurant": "moe", "guests": 12}, "12 pizzas, because there are 10 seats"),
        ("exception_handling", {"restaurant": "moon", "guests": 2}, "2 pizzas, because nobody answers"),
        ("saga", {"city": "paris"}, "flight to paris, hotel in paris"),
    ],
)
async def test_an_example_completes_with_its_output(
    dev: Dev, example: str, variables: dict[str, Any], output: Any
) -> None:
    async with deployed(dev, example) as client:
        run = await client.run_wf(example.replace("_", "-"), variables, wait_ms=WAIT_MS)
        assert run.status is LHStatus.COMPLETED, run.thread_runs[0].error_message
        assert run.thread_runs[0].output == output


async def test_the_saga_undoes_what_was_done(dev: Dev) -> None:
    async with deployed(dev, "saga") as client:
        run = await client.run_wf("saga", {"city": "atlantis"}, wait_ms=WAIT_MS)
        assert run.status is LHStatus.EXCEPTION
        *_, cancelled = await client.list_task_runs(run.id)
        assert cancelled.attempts[-1].output == "cancelled: flight to atlantis"
