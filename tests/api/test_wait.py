"""Waiting for a WfRun to end."""

from __future__ import annotations

import asyncio
import time

import pytest
from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from tests.api.conftest import StartWorker, serving
from tests.api.specs import double, put_doubling, put_instant
from tests.support import wait_until


async def test_a_start_waits_for_the_end(client: Client, scheduling: None, work: StartWorker) -> None:
    await put_doubling(client)
    await work(double)
    run = await client.run_wf("doubling", {"n": 21}, wait_ms=10_000)
    assert run.status is LHStatus.COMPLETED
    assert run.thread_runs[0].output == 42


async def test_who_waits_is_told_at_the_end(client: Client, scheduling: None, work: StartWorker) -> None:
    await put_doubling(client)
    started = await client.run_wf("doubling")
    waiting = [asyncio.create_task(client.get_wf_run(started.id, wait_ms=10_000)) for _ in range(20)]
    await work(double)
    assert {run.status for run in await asyncio.gather(*waiting)} == {LHStatus.COMPLETED}


async def test_when_the_time_is_over_the_run_is_shown_as_it_is(client: Client) -> None:
    await put_doubling(client)
    run = await client.run_wf("doubling", wait_ms=30)
    assert run.status is LHStatus.RUNNING
    assert (await client.get_wf_run(run.id, wait_ms=30)).status is LHStatus.RUNNING


async def test_nobody_waits_for_a_run_that_has_ended(client: Client) -> None:
    await put_instant(client)
    began = time.monotonic()
    run = await client.run_wf("instant", wait_ms=60_000)
    await client.get_wf_run(run.id, wait_ms=60_000)
    assert time.monotonic() - began < 5


async def test_waiting_for_nothing_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match="there is no WfRun 'nothing'"):
        await client.get_wf_run("nothing", wait_ms=1000)


async def test_waiting_has_a_limit(client: Client) -> None:
    with pytest.raises(InvalidArgument, match="wait_ms: expected an integer from 0 to 60000"):
        await client.get_wf_run("any", wait_ms=60_001)


async def test_many_who_wait_share_one_reader(client: Client, redis: Redis) -> None:
    await put_doubling(client)
    runs = [await client.run_wf("doubling") for _ in range(30)]
    waiting = [asyncio.create_task(client.get_wf_run(run.id, wait_ms=1_000)) for run in runs]
    await wait_until(lambda: _readers(redis))
    assert await _readers(redis) == 1
    await asyncio.gather(*waiting)


async def test_who_waits_is_answered_when_the_process_ends(redis_url: str, redis: Redis) -> None:
    async with serving(redis_url) as url:
        client = Client(url, tenant="default")
        await put_doubling(client)
        run = await client.run_wf("doubling")
        waiting = asyncio.create_task(client.get_wf_run(run.id, wait_ms=60_000))
        await wait_until(lambda: _readers(redis))
    assert (await asyncio.wait_for(waiting, 5)).status is LHStatus.RUNNING
    await client.close()


async def _readers(redis: Redis) -> int:
    """How many connections read changes: none does while nobody waits."""
    return sum(connection["cmd"] == "xread" for connection in await redis.client_list())
