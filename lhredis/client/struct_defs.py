"""struct_defs: the Client's methods for StructDefs."""

from __future__ import annotations

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.enums import StructDefCompatibilityType
from lhredis.model.ids import StructDefId
from lhredis.model.struct_class import struct_def_request
from lhredis.model.struct_def import (
    PutStructDefRequest,
    StructDef,
    StructDefEvolution,
    ValidateStructDefEvolutionRequest,
)


class StructDefCalls:
    """Part of Client."""

    _connection: Connection

    async def put_struct_def(self, request: PutStructDefRequest) -> StructDef:
        """Register a StructDef, as a new version if it changed. InvalidSpec names every problem,
        InvalidArgument the fields whose change is not allowed."""
        reply = await self._connection.call("POST", "/v1/struct-defs", request.to_json())
        return StructDef.model_validate(reply)

    async def create_struct_def(
        self,
        cls: type,
        allowed_updates: StructDefCompatibilityType = StructDefCompatibilityType.NO_SCHEMA_UPDATES,
    ) -> StructDef:
        """Register the StructDef that a class of @lh_struct_def is. TypeError names a field whose type
        cannot be."""
        return await self.put_struct_def(struct_def_request(cls, allowed_updates))

    async def validate_struct_def_evolution(
        self, request: ValidateStructDefEvolutionRequest
    ) -> StructDefEvolution:
        """Would `put_struct_def` take this change? Nothing is registered. NotFound."""
        body = request.to_json()
        reply = await self._connection.call("POST", "/v1/struct-defs:validate-evolution", body)
        return StructDefEvolution.model_validate(reply)

    async def get_struct_def(self, name: str, version: int | None = None) -> StructDef:
        """A version, the newest one by default. NotFound."""
        reply = await self._connection.call("GET", paths.struct_def(name), query={"version": version})
        return StructDef.model_validate(reply)

    async def list_struct_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[StructDefId]:
        """The newest version of each, by name; `bookmark` is that of the page before."""
        query = {"prefix": prefix, "limit": limit, "bookmark": bookmark}
        reply = await self._connection.call("GET", "/v1/struct-defs", query=query)
        found = [StructDefId.model_validate(one) for one in reply["results"]]
        return Page(found, reply.get("bookmark"))

    async def list_struct_def_versions(self, name: str) -> list[StructDefId]:
        """The oldest first. NotFound."""
        reply = await self._connection.call("GET", f"{paths.struct_def(name)}/versions")
        return [StructDefId.model_validate(one) for one in reply["results"]]

    async def delete_struct_def(self, name: str, version: int) -> None:
        """Delete one version; deleting what is not there is fine."""
        await self._connection.call("DELETE", f"{paths.struct_def(name)}/versions/{int(version)}")
