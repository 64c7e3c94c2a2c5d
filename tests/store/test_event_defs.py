"""The story of event definitions: external ones are replaced, workflow ones stay as they are."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from lhredis.errors import AlreadyExists, NotFound
from lhredis.model.enums import VariableType
from lhredis.model.event_def import (
    CorrelatedEventConfig,
    ExternalEventRetentionPolicy,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
)
from lhredis.model.types import ReturnType
from lhredis.store import keys
from lhredis.store.metadata import Metadata
from tests.lua.dump import everything

T = "acme"


@pytest.fixture
def metadata(redis: Redis) -> Metadata:
    return Metadata(redis)


def typed(kind: str) -> ReturnType:
    return ReturnType.model_validate(kind)


def external(name: str = "paid", content: str | None = None) -> PutExternalEventDefRequest:
    return PutExternalEventDefRequest(name=name, content_type=typed(content) if content else None)


def thrown(name: str = "sent", content: str | None = None) -> PutWorkflowEventDefRequest:
    if content is None:
        return PutWorkflowEventDefRequest(name=name)
    return PutWorkflowEventDefRequest(name=name, content_type=typed(content))


async def test_what_one_process_put_the_next_call_of_any_finds(metadata: Metadata, redis: Redis):
    request = PutExternalEventDefRequest(
        name="paid",
        content_type=typed("INT"),
        retention_policy=ExternalEventRetentionPolicy(seconds_after_put=60),
        correlated_event_config=CorrelatedEventConfig(ttl_seconds=5, delete_after_first_correlation=True),
    )
    put = await metadata.put_external_event_def(T, request)
    thrown_def = await metadata.put_workflow_event_def(T, thrown("sent", "STR"))
    other = Metadata(redis)
    assert await other.external_event_def(T, "paid") == put
    assert await other.workflow_event_def(T, "sent") == thrown_def
    assert put.type_information is not None and put.type_information.return_type is not None
    assert put.type_information.return_type.primitive_type is VariableType.INT
    assert put.retention_policy.seconds_after_put == 60
    assert put.correlated_event_config == request.correlated_event_config


async def test_an_external_event_def_is_replaced(metadata: Metadata):
    await metadata.put_external_event_def(T, external("paid", "INT"))
    await metadata.put_external_event_def(T, external("paid"))
    assert (await metadata.external_event_def(T, "paid")).type_information is None


async def test_the_same_workflow_event_def_again_changes_nothing(metadata: Metadata):
    first = await metadata.put_workflow_event_def(T, thrown("sent", "STR"))
    epoch = await metadata.epoch(T)
    assert await metadata.put_workflow_event_def(T, thrown("sent", "STR")) == first
    said = PutWorkflowEventDefRequest.model_validate(
        {"name": "sent", "content_type": {"return_type": {"primitive_type": "STR", "masked": False}}}
    )
    assert await metadata.put_workflow_event_def(T, said) == first
    assert await metadata.epoch(T) == epoch


@pytest.mark.parametrize(("first", "other"), [("STR", "INT"), ("STR", None), (None, "STR")])
async def test_another_content_type_of_a_workflow_event_def_is_refused(
    metadata: Metadata, first: str | None, other: str | None
):
    before = await metadata.put_workflow_event_def(T, thrown("sent", first))
    with pytest.raises(AlreadyExists, match=r"WorkflowEventDef \[sent\] already exists and is immutable"):
        await metadata.put_workflow_event_def(T, thrown("sent", other))
    assert await metadata.workflow_event_def(T, "sent") == before


async def test_one_of_many_processes_registers_a_workflow_event_def(redis: Redis):
    kinds = ["INT", "STR", "BOOL", "DOUBLE"]
    found = await asyncio.gather(
        *(Metadata(redis).put_workflow_event_def(T, thrown("sent", kind)) for kind in kinds),
        return_exceptions=True,
    )
    assert sum(isinstance(each, AlreadyExists) for each in found) == 3


async def test_every_change_makes_another_epoch(metadata: Metadata):
    changes = (
        lambda: metadata.put_external_event_def(T, external()),
        lambda: metadata.put_external_event_def(T, external()),
        lambda: metadata.put_workflow_event_def(T, thrown()),
        lambda: metadata.delete_external_event_def(T, "paid"),
        lambda: metadata.delete_workflow_event_def(T, "sent"),
    )
    epochs = {await metadata.epoch(T)}
    for number, change in enumerate(changes, start=1):
        await change()
        epochs.add(await metadata.epoch(T))
        assert len(epochs) == number + 1


async def test_a_deleted_one_is_gone_and_may_come_back_as_another(metadata: Metadata, redis: Redis):
    await metadata.put_external_event_def(T, external())
    await metadata.put_workflow_event_def(T, thrown("sent", "STR"))
    for _ in range(2):
        await metadata.delete_external_event_def(T, "paid")
        await metadata.delete_workflow_event_def(T, "sent")
    with pytest.raises(NotFound, match="there is no ExternalEventDef 'paid'"):
        await metadata.external_event_def(T, "paid")
    with pytest.raises(NotFound, match="there is no WorkflowEventDef 'sent'"):
        await metadata.workflow_event_def(T, "sent")
    assert set(await everything(redis)) == {keys.metadata_epoch(T)}
    await metadata.put_workflow_event_def(T, thrown("sent", "INT"))


async def test_those_that_exist_are_found_by_name(metadata: Metadata):
    for name in ("b", "a", "c"):
        await metadata.put_external_event_def(T, external(name))
        await metadata.put_workflow_event_def(T, thrown(name))
    assert set(await metadata.external_event_defs(T, ["a", "c", "missing"])) == {"a", "c"}
    assert set(await metadata.workflow_event_defs(T, ["b", "missing"])) == {"b"}
    assert await metadata.external_event_defs(T, []) == {}
    assert await metadata.workflow_event_defs("other", ["b"]) == {}


async def test_names_are_listed_by_prefix_and_page(metadata: Metadata):
    for name in ("order-paid", "order-sent", "other", "Order", "a"):
        await metadata.put_external_event_def(T, external(name))
    names = metadata.external_event_def_names
    assert await names(T) == ["Order", "a", "order-paid", "order-sent", "other"]
    assert await names(T, "order") == ["order-paid", "order-sent"]
    assert await names(T, "o", limit=2) == ["order-paid", "order-sent"]
    assert await names(T, "o", after="order-sent", limit=2) == ["other"]
    assert await names(T, "o", after="order-q") == ["order-sent", "other"], "the name may be deleted by now"
    assert await names(T, "x") == []
