"""The client beside its requests: what it says when things go wrong, and its sync form."""

from __future__ import annotations

import asyncio
import inspect

import httpx
import pytest

from lhredis.client import Client, SyncClient
from lhredis.errors import DeadlineExceeded, InvalidArgument, LHRedisError, NotFound, Unavailable
from lhredis.model.enums import LHStatus
from lhredis.model.wf_run import RunWfRequest
from tests.api.specs import compiled, double, instant, put_instant


def answering(status: int, content: bytes = b"", error: Exception | None = None) -> Client:
    """A client whose server answers always the same."""

    def handle(request: httpx.Request) -> httpx.Response:
        if error is not None:
            raise error
        return httpx.Response(status, content=content)

    return Client("http://lhredis", tenant="default", transport=httpx.MockTransport(handle))


async def test_nobody_there_is_unavailable() -> None:
    async with Client("http://127.0.0.1:1") as client:
        with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1.* cannot be reached"):
            await client.server()


async def test_an_answer_that_takes_too_long_is_a_missed_deadline() -> None:
    async with answering(200, error=httpx.ReadTimeout("slow")) as client:
        with pytest.raises(DeadlineExceeded, match="GET /v1/server was not answered within 30 s"):
            await client.server()


async def test_a_proxy_that_answers_for_the_server_is_quoted() -> None:
    async with answering(502, b"<h1>Bad Gateway</h1>") as client:
        with pytest.raises(Unavailable, match=r"answered 502.*Bad Gateway"):
            await client.server()
    async with answering(418, b"[]") as client:
        with pytest.raises(LHRedisError, match="answered 418"):
            await client.server()
    async with answering(200, b"<html>") as client:
        with pytest.raises(LHRedisError, match="no JSON"):
            await client.server()


async def test_a_name_that_cannot_stand_in_a_url_is_not_sent() -> None:
    async with answering(500) as client:
        for call in (
            client.get_wf_run("../task-defs"),
            client.get_wf_run(""),
            client.get_task_def("a/b"),
            client.get_variable("a", 0, "x?y"),
        ):
            with pytest.raises(InvalidArgument, match="letters, digits and inner hyphens"):
                await call


async def test_a_value_that_no_variable_holds_is_not_sent() -> None:
    async with answering(500) as client:
        with pytest.raises(InvalidArgument, match="variable 'x': no variable type holds a Python set"):
            await client.run_wf("a", {"x": {1, 2}})
        with pytest.raises(InvalidArgument, match="variable 'x': an INT has 64 bits"):
            await client.run_wf("a", {"x": 2**70})


def test_a_tenant_or_url_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(InvalidArgument, match="tenant"):
        Client("http://lhredis", tenant="a b")


async def test_the_sync_client_does_the_same(client: Client, api_url: str) -> None:
    await put_instant(client)

    def story() -> None:
        with SyncClient(api_url, tenant="default") as sync:
            assert sync.ready() == {"status": "ready"}
            assert sync.put_task_def(double.task_def).id.name == "double"
            assert sync.list_task_defs().items == ["double"]
            spec = sync.put_wf_spec(compiled("instant", instant))
            assert sync.get_wf_spec("instant") == spec
            run = sync.run_wf("instant", {"n": 5}, wait_ms=100)
            assert run.status is LHStatus.COMPLETED
            assert sync.get_wf_run(run.id) == run
            assert sync.list_wf_runs().items == [run]
            assert len(sync.list_node_runs(run.id)) == 2
            assert sync.list_task_runs(run.id) == []
            assert sync.get_variable(run.id, 0, "n").value == 5
            assert len(sync.run_wf_batch([RunWfRequest(wf_spec_name="instant")])) == 1
            assert "lhredis_runs_started_total" in sync.metrics()
            assert sync.quarantine() == []
            with pytest.raises(NotFound):
                sync.get_wf_run("gone")
            sync.close()

    await asyncio.to_thread(story)


def test_the_sync_client_has_every_method_of_the_client() -> None:
    def methods(client: type) -> dict[str, str]:
        return {
            name: str(inspect.signature(found).replace(return_annotation=None))
            for name, found in inspect.getmembers(client, inspect.isfunction)
            if not name.startswith("_")
        }

    assert methods(SyncClient) == methods(Client)


async def test_the_sync_client_works_where_a_loop_runs_already(client: Client, api_url: str) -> None:
    sync = SyncClient("http://127.0.0.1:1", tenant="default")
    with pytest.raises(Unavailable):
        sync.server()
    sync.close()
