"""What clients ask when they start."""

from __future__ import annotations

from importlib.metadata import version

import grpc
from google.protobuf.empty_pb2 import Empty
from littlehorse.model import ACLAction, ACLResource, SearchTenantRequest, TenantId

from tests.grpc.lh import LH


async def test_the_version_is_that_of_the_messages(lh: LH) -> None:
    found = await lh.stub.GetServerVersion(Empty())
    numbers = f"{found.major_version}.{found.minor_version}.{found.patch_version}"
    assert numbers == version("littlehorse-client")


async def test_everybody_may_do_everything(lh: LH) -> None:
    found = await lh.stub.Whoami(Empty())
    assert found.id.id == "anonymous"
    (acl,) = found.global_acls.acls
    assert list(acl.resources) == [ACLResource.ACL_ALL_RESOURCES]
    assert list(acl.allowed_actions) == [ACLAction.ALL_ACTIONS]


async def test_every_name_is_a_tenant(lh: LH) -> None:
    assert (await lh.stub.GetTenant(TenantId(id="any"))).id.id == "any"
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "id", call=lh.stub.GetTenant(TenantId(id="a/b")))
    found = [one.id for one in (await lh.stub.SearchTenant(SearchTenantRequest())).results]
    assert found == ["default", lh.config.tenant_id]
