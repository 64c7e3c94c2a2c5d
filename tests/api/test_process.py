"""The API as a process: its port, its end, and a Redis that goes away."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from lhredis.api.process import _listen, serve
from lhredis.client import Client
from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition, Unavailable
from lhredis.model.enums import LHStatus
from tests.api.conftest import serving
from tests.api.specs import put_doubling, put_instant
from tests.integration.stage import divide_again
from tests.support import wait_until

PROCESS = """
import asyncio, sys
from lhredis.api.process import serve
asyncio.run(serve(sys.argv[1], port=0, on_listening=lambda url: print(url, flush=True)))
"""


def test_an_answer_waits_for_no_acknowledgement() -> None:
    with _listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_port_that_is_taken_is_said_at_once(api_url: str, redis_url: str) -> None:
    port = int(api_url.rpartition(":")[2])
    with pytest.raises(FailedPrecondition, match=f"cannot listen on 127.0.0.1:{port}.*in use"):
        await serve(redis_url, port=port)


async def test_a_host_that_does_not_exist_is_said_at_once(redis_url: str) -> None:
    with pytest.raises(FailedPrecondition, match="the API cannot listen on no"):
        await serve(redis_url, host="no.such.host.invalid", port=0)


async def test_another_number_of_partitions_is_said_at_once(api_url: str, redis_url: str) -> None:
    with pytest.raises(FailedPrecondition, match="started with 4 partitions, and 16 were asked for"):
        await serve(redis_url, 16, port=0)


async def test_no_redis_is_said_at_once() -> None:
    with pytest.raises(Unavailable, match="Redis cannot be reached"):
        await serve("redis://127.0.0.1:1", port=0)


async def test_the_process_ends_when_redis_was_emptied_and_divided_in_another_way(
    redis_url: str, redis: Redis
) -> None:
    """What it went on to start would be where no scheduler and no worker looks."""
    with pytest.raises(FailedPrecondition, match="it had 4 partitions and has 5 now"):
        async with serving(redis_url):
            await divide_again(redis, 5)
            await wait_until(lambda: gone(redis))


async def gone(redis: Redis) -> bool:
    return not any(":api:" in client["name"] for client in await redis.client_list())


async def test_a_signal_ends_the_process_and_answers_who_waits(redis_url: str, redis: Redis) -> None:
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, redis_url, stdout=asyncio.subprocess.PIPE, cwd=root
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    async with Client(url, tenant="default") as client:
        await put_doubling(client)
        run = await client.run_wf("doubling")
        waiting = asyncio.create_task(client.get_wf_run(run.id, wait_ms=60_000))

        async def somebody_waits() -> bool:
            return any(connection["cmd"] == "xread" for connection in await redis.client_list())

        await wait_until(somebody_waits)
        process.send_signal(signal.SIGTERM)
        assert (await asyncio.wait_for(waiting, 10)).status is LHStatus.RUNNING
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_while_redis_is_away_every_request_is_answered_and_then_all_is_well(
    tmp_path: Path,
) -> None:
    with EmbeddedServer(folder=tmp_path, durability="fsync") as valkey:
        async with serving(valkey.url) as url, Client(url, tenant="default") as client:
            await put_instant(client)
            valkey.kill()
            outcomes = await asyncio.gather(
                *(client.run_wf("instant") for _ in range(20)),
                client.get_wf_run("a"),
                client.get_wf_run("a", wait_ms=1000),
                client.list_task_defs(),
                client.ready(),
                client.server(),
                return_exceptions=True,
            )
            assert {type(outcome) for outcome in outcomes[:-1]} == {Unavailable}
            assert "lhredis_redis_up 0.0" in await client.metrics()
            async with httpx.AsyncClient() as http:
                assert (await http.get(f"{url}/health/live")).status_code == 200
            valkey.start()

            async def is_ready() -> bool:
                try:
                    return bool(await client.ready())
                except Unavailable:
                    return False

            await wait_until(is_ready, 20)
            assert (await client.run_wf("instant", wait_ms=1000)).status is LHStatus.COMPLETED
