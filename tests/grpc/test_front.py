"""The front: every RPC has an answer or a reason, tenants are apart, a taken port is told."""

from __future__ import annotations

import socket

import grpc
import pytest
from littlehorse.model import (
    LittleHorseStub,
    PutTaskDefRequest,
    PutTenantRequest,
    RegisterTaskWorkerRequest,
    TaskDefId,
)

from lhredis.api.services import Services
from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition
from lhredis.grpc.front import SERVICE, serving
from lhredis.grpc.service import MISSING, RPCS
from tests.grpc.lh import LH, Deployment, another_front


def test_every_rpc_has_a_function_or_a_reason() -> None:
    assert sorted([*RPCS, *MISSING]) == sorted(method.name for method in SERVICE.methods)


async def test_what_lhredis_has_not_says_so(lh: LH) -> None:
    call = lh.stub.PutTenant(PutTenantRequest(id="somebody"))
    await lh.refusal(grpc.StatusCode.UNIMPLEMENTED, "tenants", call=call)


async def test_tenants_do_not_see_each_other(deployment: Deployment, lh: LH) -> None:
    await lh.stub.PutTaskDef(PutTaskDefRequest(name="mine"))
    async with deployment.lh("stranger") as stranger:
        call = stranger.stub.GetTaskDef(TaskDefId(name="mine"))
        await lh.refusal(grpc.StatusCode.NOT_FOUND, call=call)


async def test_a_client_without_a_tenant_is_the_default_one(deployment: Deployment) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{deployment.port}") as channel:
        await LittleHorseStub(channel).PutTaskDef(PutTaskDefRequest(name="common"))
    async with deployment.lh("default") as default:
        assert (await default.stub.GetTaskDef(TaskDefId(name="common"))).id.name == "common"


async def test_a_tenant_that_is_no_name_is_refused(deployment: Deployment, lh: LH) -> None:
    async with deployment.lh("no/name") as odd:
        call = odd.stub.GetTaskDef(TaskDefId(name="mine"))
        await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "tenantid", call=call)


async def test_a_taken_port_is_told(deployment: Deployment, valkey: EmbeddedServer) -> None:
    services = Services(valkey.url)
    with pytest.raises(FailedPrecondition, match="cannot listen"):
        async with serving(services, "127.0.0.1", deployment.port):
            pass
    await services.close()


@pytest.mark.parametrize(
    ("host", "advertised", "told"),
    [
        ("127.0.0.1", None, "127.0.0.1:{port}"),
        ("0.0.0.0", None, "localhost:{port}"),
        ("127.0.0.1", "lh.example.com:443", "lh.example.com:443"),
        ("127.0.0.1", "[::1]:443", "[::1]:443"),
    ],
)
async def test_workers_are_told_where_the_server_is(
    valkey: EmbeddedServer, host: str, advertised: str | None, told: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with (
        another_front(valkey.url, port, host, advertised),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = LittleHorseStub(channel)
        await stub.PutTaskDef(PutTaskDefRequest(name="work"))
        request = RegisterTaskWorkerRequest(task_worker_id="w", task_def_id=TaskDefId(name="work"))
        (where,) = (await stub.RegisterTaskWorker(request)).your_hosts
        assert f"{where.host}:{where.port}" == told.format(port=port)


@pytest.mark.parametrize("advertised", ["nowhere", "lh:", ":2023", "lh:70000", "lh:x"])
async def test_an_address_that_is_none_is_told(valkey: EmbeddedServer, advertised: str) -> None:
    with pytest.raises(FailedPrecondition, match="<host>:<port>"):
        async with another_front(valkey.url, advertised=advertised):
            pass
