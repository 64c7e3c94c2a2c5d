"""Registering, reading, listing and deleting ExternalEventDefs and WorkflowEventDefs."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from lhredis.client import Client, SyncClient
from lhredis.errors import AlreadyExists, InvalidArgument, InvalidSpec, NotFound
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from tests.api.conftest import serving

PAID = PutExternalEventDefRequest.model_validate(
    {
        "name": "paid",
        "content_type": "INT",
        "retention_policy": {"seconds_after_put": 60},
        "correlated_event_config": {"ttl_seconds": 5, "delete_after_first_correlation": True},
    }
)
SENT = PutWorkflowEventDefRequest.model_validate({"name": "sent", "content_type": "STR"})


async def test_they_are_read_as_they_were_registered(client: Client) -> None:
    paid, sent = await client.put_external_event_def(PAID), await client.put_workflow_event_def(SENT)
    assert (paid.id.name, sent.id.name) == ("paid", "sent")
    assert paid.type_information == PAID.content_type
    assert paid.correlated_event_config == PAID.correlated_event_config
    assert await client.get_external_event_def("paid") == paid
    assert await client.get_workflow_event_def("sent") == sent


async def test_another_process_sees_them_at_once(client: Client, redis_url: str) -> None:
    async with serving(redis_url) as url, Client(url, tenant="default") as other:
        put = await client.put_external_event_def(PAID)
        assert await other.get_external_event_def("paid") == put
        await other.delete_external_event_def("paid")
        with pytest.raises(NotFound):
            await client.get_external_event_def("paid")


async def test_an_external_event_def_is_replaced_and_a_workflow_event_def_is_not(client: Client) -> None:
    await client.put_external_event_def(PAID)
    assert (await client.put_external_event_def(PutExternalEventDefRequest(name="paid"))) == (
        await client.get_external_event_def("paid")
    )
    assert (await client.get_external_event_def("paid")).type_information is None
    sent = await client.put_workflow_event_def(SENT)
    assert await client.put_workflow_event_def(SENT) == sent
    with pytest.raises(AlreadyExists, match=r"WorkflowEventDef \[sent\] already exists"):
        await client.put_workflow_event_def(PutWorkflowEventDefRequest(name="sent"))


async def test_a_deleted_one_is_gone_and_deleting_again_is_fine(client: Client) -> None:
    await client.put_external_event_def(PAID)
    await client.put_workflow_event_def(SENT)
    for _ in range(2):
        await client.delete_external_event_def("paid")
        await client.delete_workflow_event_def("sent")
    with pytest.raises(NotFound, match="there is no ExternalEventDef 'paid'"):
        await client.get_external_event_def("paid")
    with pytest.raises(NotFound, match="there is no WorkflowEventDef 'sent'"):
        await client.get_workflow_event_def("sent")


async def test_they_are_listed_page_by_page(client: Client) -> None:
    names = [f"order-{i:02}" for i in range(7)]
    for name in (*names, "other"):
        await client.put_external_event_def(PutExternalEventDefRequest(name=name))
        await client.put_workflow_event_def(PutWorkflowEventDefRequest(name=name))
    for listed in (client.list_external_event_defs, client.list_workflow_event_defs):
        assert (await listed()).items == [*names, "other"]
        seen: list[str] = []
        page = await listed("order", 3)
        while True:
            seen += page.items
            if page.bookmark is None:
                break
            assert len(page.items) == 3
            page = await listed("order", 3, page.bookmark)
        assert seen == names
        assert (await listed("order-07")).items == []


@pytest.mark.parametrize("bookmark", ["", "x", "MTc5", "bmFtZS8", "bmFtZS9hL2I", "ünï", "a" * 2000])
async def test_a_made_up_bookmark_is_refused(client: Client, bookmark: str) -> None:
    with pytest.raises(InvalidArgument, match="bookmark: is none that this API gave"):
        await client.list_external_event_defs(bookmark=bookmark)


@pytest.mark.parametrize("prefix", ["-a", "a_b", "a*", "a" * 129])
async def test_a_prefix_that_no_name_has_is_refused(client: Client, prefix: str) -> None:
    with pytest.raises(InvalidArgument, match="prefix: expected the beginning of a name"):
        await client.list_workflow_event_defs(prefix)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "name"),
        ({"name": "a_b"}, "name"),
        ({"name": "a", "content_type": "WORD"}, "content_type.return_type.primitive_type"),
        ({"name": "a", "retention_policy": {"seconds_after_put": -1}}, "retention_policy.seconds_after_put"),
        (
            {"name": "a", "correlated_event_config": {"ttl_seconds": 0}},
            "correlated_event_config.ttl_seconds",
        ),
        ({"name": "a", "retention": {}}, "retention"),
    ],
)
async def test_what_is_wrong_is_named(
    client: Client, http: httpx.AsyncClient, body: dict[str, object], path: str
) -> None:
    answer = await http.post("/v1/external-event-defs", json=body)
    assert answer.status_code == 400
    assert [one["path"] for one in answer.json()["problems"]] == [path]
    with pytest.raises(InvalidSpec):
        await client._connection.call("POST", "/v1/external-event-defs", body)


async def test_the_sync_client_does_the_same(api_url: str) -> None:
    def story() -> None:
        with SyncClient(api_url, tenant="default") as sync:
            assert sync.put_external_event_def(PAID) == sync.get_external_event_def("paid")
            assert sync.put_workflow_event_def(SENT) == sync.get_workflow_event_def("sent")
            assert sync.list_external_event_defs("pa").items == ["paid"]
            assert sync.list_workflow_event_defs(limit=1).items == ["sent"]
            sync.delete_external_event_def("paid")
            sync.delete_workflow_event_def("sent")
            assert sync.list_external_event_defs().items == []

    await asyncio.to_thread(story)
