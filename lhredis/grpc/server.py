"""server: what clients ask when they start: the version, who they are, and in which tenants."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

from littlehorse.model.acls_pb2 import ACLAction, ACLResource, Principal, ServerACL, ServerACLs, Tenant
from littlehorse.model.object_id_pb2 import PrincipalId, TenantId
from littlehorse.model.service_pb2 import LittleHorseVersion, TenantIdList

from lhredis.config import TENANT_DEFAULT
from lhredis.errors import InvalidArgument
from lhredis.grpc.context import Context
from lhredis.model.ids import check_name

ANONYMOUS = Principal(
    id=PrincipalId(id="anonymous"),
    global_acls=ServerACLs(
        acls=[ServerACL(resources=[ACLResource.ACL_ALL_RESOURCES], allowed_actions=[ACLAction.ALL_ACTIONS])]
    ),
)
"""Whoever asks."""


async def get_server_version(request: Any, context: Context) -> Any:
    """That of LittleHorse whose messages are spoken here."""
    spoken = re.match(r"(\d+)\.(\d+)\.(\d+)", version("littlehorse-client"))
    assert spoken is not None
    major, minor, patch = map(int, spoken.groups())
    return LittleHorseVersion(major_version=major, minor_version=minor, patch_version=patch)


async def whoami(request: Any, context: Context) -> Any:
    return ANONYMOUS


async def get_tenant(request: Any, context: Context) -> Any:
    """Every name is a tenant. InvalidArgument when it is no name."""
    try:
        return Tenant(id=TenantId(id=check_name(request.id)))
    except ValueError as error:
        raise InvalidArgument(f"id: {error}") from None


async def search_tenant(request: Any, context: Context) -> Any:
    """The default tenant, and that of who asks."""
    return TenantIdList(results=[TenantId(id=name) for name in sorted({TENANT_DEFAULT, context.tenant})])
