"""What people see of the values that a task stored on its way."""

from __future__ import annotations

from typing import Annotated

import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.values import MASK
from lhredis.worker import LHType, WorkerContext, task
from tests.api.conftest import StartWorker
from tests.api.specs import compiled, put_doubling


@task
async def book(trip: str, ctx: WorkerContext) -> str:
    async def reserve(what: str) -> dict[str, str]:
        ctx.log(f"reserving a {what}")
        return {"what": what, "trip": trip}

    await ctx.execute_and_checkpoint(reserve, "seat")
    await ctx.execute_and_checkpoint(reserve, "room")
    return "booked"


@task
async def pay(card: Annotated[str, LHType(masked=True)], ctx: WorkerContext) -> str:
    return str(await ctx.execute_and_checkpoint(lambda: f"receipt of {card}"))


async def test_checkpoints_are_listed_by_number(client: Client, scheduling: None, work: StartWorker) -> None:
    await client.put_task_def(book.task_def)
    await client.put_wf_spec(compiled("trip", lambda wf: wf.execute("book", "Naboo")))
    await work(book)
    run = await client.run_wf("trip", wait_ms=10_000)
    assert run.status is LHStatus.COMPLETED
    (found,) = await client.list_task_runs(run.id)
    assert found.total_checkpoints == 2
    assert await client.get_task_run(run.id, "0-1") == found
    seat, room = await client.list_checkpoints(run.id, "0-1")
    assert (seat.id.task_run, seat.id.checkpoint_number) == (found.id, 0)
    assert (seat.value, seat.logs) == ({"what": "seat", "trip": "Naboo"}, "reserving a seat")
    assert (room.id.checkpoint_number, room.value["what"]) == (1, "room")
    assert found.scheduled_at <= seat.created_at <= room.created_at


async def test_a_task_that_stored_nothing_has_no_checkpoints(client: Client) -> None:
    await put_doubling(client)
    run = await client.run_wf("doubling")
    assert (await client.get_task_run(run.id, "0-1")).total_checkpoints == 0
    assert await client.list_checkpoints(run.id, "0-1") == []


async def test_checkpoints_of_a_task_with_a_masked_input_are_masked(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    await client.put_task_def(pay.task_def)
    await client.put_wf_spec(compiled("pay", lambda wf: wf.execute("pay", "4242-4242")))
    await work(pay)
    run = await client.run_wf("pay", wait_ms=10_000)
    assert [found.value for found in await client.list_checkpoints(run.id, "0-1")] == [MASK]


async def test_checkpoints_of_what_is_not_there_are_not_found(client: Client) -> None:
    await put_doubling(client)
    run = await client.run_wf("doubling")
    with pytest.raises(NotFound, match="has no TaskRun '0-2'"):
        await client.list_checkpoints(run.id, "0-2")
    with pytest.raises(NotFound, match="there is no WfRun 'gone'"):
        await client.list_checkpoints("gone", "0-1")
    with pytest.raises(InvalidArgument):
        await client.list_checkpoints(run.id, "nonsense")
