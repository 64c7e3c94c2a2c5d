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
        ("child_threads", {"flour": "rye"}, "bread, from dough of rye"),
        ("for_each", {"party": "ball", "guests": ["Leia", "Han"]}, "2 are invited"),
        ("child_workflow", {"customer": "Jabba", "cents": 1000}, "Jabba owes 1200 cents"),
        ("saga", {"city": "paris"}, "flight to paris, hotel in paris"),
        ("retries", {"failures": 2, "items": 3}, "answered attempt 2"),
        ("checkpointed_tasks", {"traveller": "Ada"}, "flight booked by attempt 0, room booked by attempt 1"),
        ("schedules", {"city": "Theed"}, "Theed is sunny"),
        ("structs", {"make": "Honda", "miles": 42}, "Ada has driven 43 miles"),
        ("arrays_and_maps", {"weights": [3, 7], "prices": {"apple": 10}}, "heaviest 7, apple 15, pear 3"),
        ("masked_values", {"card": "4242-4242-4242-4242", "amount": 9.5}, 17),
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


async def test_an_address_changes_while_the_parcel_is_on_its_way(dev: Dev) -> None:
    async with deployed(dev, "interrupts") as client:
        run = await client.run_wf("interrupts", {"address": "Naboo"})
        await client.post_event(run.id, "address-changed", "Hoth")
        await client.post_event(run.id, "arrived")
        await completed(client, run.id, "handed over at Hoth")


async def test_a_contract_waits_for_its_signature(dev: Dev) -> None:
    async with deployed(dev, "external_event") as client:
        run = await client.run_wf("external-event", {"customer": "Lando"})
        await client.post_event(run.id, "signature", "Lando")
        await completed(client, run.id, "filed, signed by Lando")


async def test_a_contract_that_nobody_signs_ends(dev: Dev) -> None:
    async with deployed(dev, "external_event") as client:
        variables = {"customer": "Lando", "patience-seconds": 1}
        run = await client.run_wf("external-event", variables, wait_ms=WAIT_MS)
        assert run.status is LHStatus.EXCEPTION
        assert run.thread_runs[0].error_message == "The customer took too long"


async def test_a_wish_waits_for_somebody_to_approve_it(dev: Dev) -> None:
    async with deployed(dev, "user_tasks") as client:
        run = await client.run_wf("user-tasks", {"item": "a lightsaber"})
        (form,) = await client.list_user_task_runs(run.id)
        assert form.notes == "Somebody wishes for a lightsaber."
        guid = form.id.user_task_guid
        await client.complete_user_task_run(run.id, guid, "yoda", {"approved": True, "limit": 99})
        await completed(client, run.id, "a lightsaber is ordered, for 99.0 at most")


async def test_a_wish_that_nobody_answers_ends(dev: Dev) -> None:
    async with deployed(dev, "user_tasks") as client:
        variables = {"item": "a lightsaber", "patience-seconds": 0}
        run = await client.run_wf("user-tasks", variables, wait_ms=WAIT_MS)
        assert run.status is LHStatus.EXCEPTION
        assert run.thread_runs[0].error_message == "Nobody has answered"


async def test_a_payment_finds_its_order(dev: Dev) -> None:
    async with deployed(dev, "correlated_event") as client:
        run = await client.run_wf("correlated-event", {"order": "1138"})
        await client.put_correlated_event("payment", "1138", 4200)
        await completed(client, run.id, "order 1138 is shipped, 4200 cents were paid")


async def test_a_guest_gets_the_dish_when_it_is_ready(dev: Dev) -> None:
    async with deployed(dev, "await_workflow_event") as client:
        run = await client.run_wf("await-workflow-event", {"dish": "soup"})
        assert (await client.await_workflow_event(run.id, ["dish-ready"])).content == "hot soup"
        await completed(client, run.id, None)


async def test_a_rocket_starts_when_every_engineer_said_go(dev: Dev) -> None:
    async with deployed(dev, "wait_for_condition") as client:
        run = await client.run_wf("wait-for-condition", {"rocket": "Falcon", "engineers": 2})
        for _ in range(2):
            await client.post_event(run.id, "go")
        await completed(client, run.id, "Falcon has lifted off")


async def test_a_household_closes_when_its_money_is_gone(dev: Dev) -> None:
    async with deployed(dev, "hierarchical") as client:
        home = await client.run_wf("hierarchical", {"money": 100})
        for thing, price, status in (
            ("bed", 60, LHStatus.COMPLETED),
            ("horse", 50, LHStatus.EXCEPTION),
            ("chair", 40, LHStatus.COMPLETED),
        ):
            bought = await client.run_wf(
                "hierarchical-purchase",
                {"thing": thing, "price": price},
                parent_wf_run_id=home.id,
                wait_ms=WAIT_MS,
            )
            assert bought.status is status
        await completed(client, home.id, None)


async def completed(client: Client, id: str, output: Any) -> None:
    run = await client.get_wf_run(id, wait_ms=WAIT_MS)
    assert run.status is LHStatus.COMPLETED, run.thread_runs[0].error_message
    assert run.thread_runs[0].output == output
