"""What holds when a start is answered, and asking for more."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument, LHRedisError
from tests.api.specs import put_instant

BODY = {"wf_spec_name": "instant"}
HEADER = "LHRedis-Durability"


async def test_every_answer_to_a_start_says_what_holds(client: Client, http: httpx.AsyncClient) -> None:
    await put_instant(client)
    server = (await client.server())["durability"]
    one = await http.post("/v1/wf-runs", json=BODY)
    many = await http.post("/v1/wf-runs:batch", json={"runs": [BODY]})
    assert one.headers[HEADER] == many.headers[HEADER] == server == "memory"


async def test_asking_for_less_than_the_server_gives_is_fine(client: Client, http: httpx.AsyncClient) -> None:
    await put_instant(client)
    answer = await http.post("/v1/wf-runs", json=BODY, headers={HEADER: "memory"})
    assert (answer.status_code, answer.headers[HEADER]) == (201, "memory")


async def test_a_durability_that_cannot_be_had_is_said(client: Client) -> None:
    await put_instant(client)
    with pytest.raises(LHRedisError, match="confirm"):
        await client.run_wf("instant", durability="replicated:2")


async def test_a_deletion_is_as_durable_as_is_asked_and_says_what_holds(
    client: Client, http: httpx.AsyncClient
) -> None:
    await put_instant(client)
    for wf_run_id in ("r1", "r2"):
        await client.run_wf("instant", id=wf_run_id)
    answer = await http.delete("/v1/wf-runs/r1")
    assert (answer.status_code, answer.headers[HEADER]) == (204, "memory")
    answer = await http.delete("/v1/wf-runs/r2", headers={HEADER: "replicated:2"})
    assert (answer.status_code, "not confirmed as replicated:2" in answer.text) == (503, True)
    assert (await http.get("/v1/wf-runs/r2")).status_code == 404


async def test_a_slow_confirmation_does_not_hold_up_others(client: Client) -> None:
    await put_instant(client)
    slow = asyncio.create_task(client.run_wf("instant", durability="replicated:1"))
    for _ in range(5):
        await client.run_wf("instant")
    assert not slow.done()
    with pytest.raises(LHRedisError):
        await slow


@pytest.mark.parametrize("word", ["paper", "replicated", "replicated:0", "Fsync", "replicated:1000"])
async def test_a_durability_that_does_not_exist_is_refused(client: Client, word: str) -> None:
    with pytest.raises(InvalidArgument, match="durability is memory, logged, fsync or replicated"):
        await client.run_wf("instant", durability=word)
