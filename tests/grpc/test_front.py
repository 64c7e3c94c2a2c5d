"""The front: every RPC has an answer or a reason, tenants are apart, a taken port is told."""

from __future__ import annotations

import grpc
import pytest
from littlehorse.model import LittleHorseStub, PutTaskDefRequest, PutTenantRequest, TaskDefId

from lhredis.api.services import Services
from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition
from lhredis.grpc.front import SERVICE, serving
from lhredis.grpc.service import MISSING, RPCS
from tests.grpc.lh import LH, Deployment


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
