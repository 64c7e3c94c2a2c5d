"""Calls that go wrong: requests that make no sense or are too large, clients that go, a server that stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message_factory import GetMessageClass
from littlehorse.config import LHConfig
from littlehorse.model import (
    AwaitWorkflowEventRequest,
    CorrelatedEventConfig,
    LittleHorseStub,
    PutTaskDefRequest,
    RunWfRequest,
    SearchWfSpecRequest,
    WfRunId,
)
from littlehorse.workflow import WorkflowThread

from lhredis.embedded import EmbeddedServer
from lhredis.grpc.context import Front
from lhredis.grpc.front import CLIENT_GONE, DRAIN_S, SERVICE
from lhredis.model.limits import BODY_BYTES_MAX
from tests.grpc.lh import LH, another_front
from tests.grpc.stage import Stage
from tests.grpc.strange import Chance, fill
from tests.support import wait_until

ROUNDS = 10
AWAITS_S = 0.2
WAITS_AT_ONCE = 300

TOLD = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,  # of AwaitWorkflowEvent, when an id happens to be good
}


@pytest.mark.parametrize("oddity", [0.0, 0.05, 1.0])
async def test_no_request_is_a_bug_of_ours(oddity: float, stage: Stage) -> None:
    await _put_things(stage)
    chance = Chance(oddity)
    chance.oddity = oddity
    for number in range(ROUNDS):
        for method in (method for method in SERVICE.methods if not method.client_streaming):
            request = GetMessageClass(method.input_type)()
            if number > 0:
                fill(request, chance)
            status = await _status(stage, method, request)
            assert status in TOLD, f"{method.name} is answered {status}: {request}"


async def _put_things(stage: Stage) -> None:
    """A WfRun `a` of a WfSpec `greet` that waits for the event `greet`, and a TaskDef of that name."""

    def story(wf: WorkflowThread) -> None:
        wf.declare_int("a", 1).searchable()
        wf.wait_for_event("greet", correlation_id="a", correlated_event_config=CorrelatedEventConfig())

    await stage.stub.PutTaskDef(PutTaskDefRequest(name="greet"))
    await stage.deploy(story, "greet")
    await stage.run(name="greet", id="a")


async def _status(stage: Stage, method: MethodDescriptor, request: Any) -> grpc.StatusCode:
    timeout_s = AWAITS_S if method.name == "AwaitWorkflowEvent" else 10
    return await getattr(stage.stub, method.name)(request, timeout=timeout_s).code()  # type: ignore[no-any-return]


async def test_a_request_over_the_limit_is_refused_and_the_channel_goes_on(lh: LH) -> None:
    huge = RunWfRequest(wf_spec_name="x" * (BODY_BYTES_MAX + 1))
    await lh.refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, str(BODY_BYTES_MAX), call=lh.stub.RunWf(huge))
    assert (await lh.stub.SearchWfSpec(SearchWfSpecRequest())).results == []


async def test_nobody_waits_any_longer_for_a_client_that_went(stage: Stage, valkey: EmbeddedServer) -> None:
    request = AwaitWorkflowEventRequest(wf_run_id=await _waiting_run(stage))
    async with another_front(valkey.url) as front, _stub(front, stage) as stub:
        waits = [stub.AwaitWorkflowEvent(request) for _ in range(WAITS_AT_ONCE)]
        await wait_until(lambda: front.services.waiters.count == WAITS_AT_ONCE)
        assert (await stub.Whoami(Empty())).id.id == "anonymous", "others are served meanwhile"
        for wait in waits:
            wait.cancel()
        await wait_until(lambda: front.services.waiters.count == 0)
        gone = f'AwaitWorkflowEvent",status="{CLIENT_GONE}"}} {WAITS_AT_ONCE}.0'
        await wait_until(lambda: gone in front.services.requests.text().decode())


async def test_a_wait_ends_with_its_deadline(stage: Stage) -> None:
    request = AwaitWorkflowEventRequest(wf_run_id=await _waiting_run(stage))
    call = stage.stub.AwaitWorkflowEvent(request, timeout=0.2)
    await stage.lh.refusal(grpc.StatusCode.DEADLINE_EXCEEDED, call=call)


async def test_a_server_that_stops_sends_those_who_wait_elsewhere(
    stage: Stage, valkey: EmbeddedServer
) -> None:
    request = AwaitWorkflowEventRequest(wf_run_id=await _waiting_run(stage))
    async with AsyncExitStack() as stack:
        front = await stack.enter_async_context(another_front(valkey.url))
        async with _stub(front, stage) as stub:
            waits = [stub.AwaitWorkflowEvent(request) for _ in range(WAITS_AT_ONCE)]
            await wait_until(lambda: front.services.waiters.count == WAITS_AT_ONCE)
            async with asyncio.timeout(DRAIN_S):
                await stack.aclose()
            assert {await wait.code() for wait in waits} == {grpc.StatusCode.UNAVAILABLE}


async def _waiting_run(stage: Stage) -> WfRunId:
    """A run that throws no event."""
    await stage.events("never")
    await stage.deploy(lambda wf: wf.wait_for_event("never"))
    return (await stage.run()).id


@asynccontextmanager
async def _stub(front: Front, stage: Stage) -> AsyncIterator[LittleHorseStub]:
    """A client of this server, in the tenant of the stage."""
    config = LHConfig()
    tenant = stage.lh.config.tenant_id
    config.load({"LHC_API_HOST": "127.0.0.1", "LHC_API_PORT": front.port, "LHC_TENANT_ID": tenant})
    async with config.establish_channel(async_channel=True) as channel:
        yield LittleHorseStub(channel)
