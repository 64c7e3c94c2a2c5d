"""The examples about tasks do what their texts say."""

from __future__ import annotations

import pytest

from examples.checkpointed_tasks import tasks as trip
from examples.checkpointed_tasks.workflow import workflow as checkpointed_tasks
from examples.masked_values import tasks as payment
from examples.masked_values.workflow import workflow as masked_values
from examples.retries import tasks as service
from examples.retries.workflow import workflow as retries
from lhredis.client import Client
from lhredis.model.enums import LHStatus
from lhredis.model.values import MASK
from tests.api.conftest import StartWorker

pytestmark = pytest.mark.usefixtures("scheduling")


async def test_a_trip_is_booked_without_a_second_flight(client: Client, work: StartWorker) -> None:
    await client.put_task_def(trip.book_trip.task_def)
    await client.put_wf_spec(checkpointed_tasks.compile())
    await work(trip.book_trip)
    run = await client.run_wf("checkpointed-tasks", {"traveller": "Ada"}, wait_ms=10_000)
    assert run.thread_runs[0].output == "flight booked by attempt 0, room booked by attempt 1"
    flight, room = await client.list_checkpoints(run.id, "0-1")
    assert (flight.logs, room.logs) == ("booking a flight for Ada", "booking a room for Ada")


async def test_nobody_sees_the_card(client: Client, work: StartWorker) -> None:
    for function in (payment.charge_card, payment.archive_receipt):
        await client.put_task_def(function.task_def)
    await client.put_wf_spec(masked_values.compile())
    await work(payment.charge_card, payment.archive_receipt)
    inputs = {"card": "4242-4242-4242-4242", "amount": 9.5}
    run = await client.run_wf("masked-values", inputs, wait_ms=10_000)
    assert run.thread_runs[0].output == len("receipt 4242-9.50")
    charged, archived = await client.list_task_runs(run.id)
    assert [one.value for one in charged.input_variables] == [MASK, 9.5]
    assert charged.attempts[0].log_output == f"charging 9.5 to {MASK}"
    assert charged.attempts[0].output == archived.input_variables[0].value == MASK
    assert "4242-4242" not in str([charged, archived, *await client.list_variables(run.id)])


@pytest.mark.parametrize(
    ("failures", "items", "status", "attempts"),
    [(2, 3, LHStatus.COMPLETED, [1, 3]), (4, 3, LHStatus.ERROR, [1, 4]), (0, 11, LHStatus.EXCEPTION, [1])],
)
async def test_what_fails_is_tried_again_and_what_is_refused_is_not(
    client: Client, work: StartWorker, failures: int, items: int, status: LHStatus, attempts: list[int]
) -> None:
    for function in (service.check_stock, service.call_shaky_service):
        await client.put_task_def(function.task_def)
    await client.put_wf_spec(retries.compile())
    await work(service.check_stock, service.call_shaky_service)
    run = await client.run_wf("retries", {"failures": failures, "items": items}, wait_ms=10_000)
    assert run.status is status
    found = await client.list_task_runs(run.id)
    assert [len(one.attempts) for one in found] == attempts
    if status is LHStatus.COMPLETED:
        assert run.thread_runs[0].output == "answered attempt 2"
