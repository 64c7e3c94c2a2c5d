"""sync_struct_defs: the SyncClient's methods for StructDefs."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.enums import StructDefCompatibilityType
from lhredis.model.ids import StructDefId
from lhredis.model.struct_def import (
    PutStructDefRequest,
    StructDef,
    StructDefEvolution,
    ValidateStructDefEvolutionRequest,
)


class SyncStructDefCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def put_struct_def(self, request: PutStructDefRequest) -> StructDef:
        return self._wait(self._client.put_struct_def(request))

    def create_struct_def(
        self,
        cls: type,
        allowed_updates: StructDefCompatibilityType = StructDefCompatibilityType.NO_SCHEMA_UPDATES,
    ) -> StructDef:
        return self._wait(self._client.create_struct_def(cls, allowed_updates))

    def validate_struct_def_evolution(self, request: ValidateStructDefEvolutionRequest) -> StructDefEvolution:
        return self._wait(self._client.validate_struct_def_evolution(request))

    def get_struct_def(self, name: str, version: int | None = None) -> StructDef:
        return self._wait(self._client.get_struct_def(name, version))

    def list_struct_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[StructDefId]:
        return self._wait(self._client.list_struct_defs(prefix, limit, bookmark))

    def list_struct_def_versions(self, name: str) -> list[StructDefId]:
        return self._wait(self._client.list_struct_def_versions(name))

    def delete_struct_def(self, name: str, version: int) -> None:
        self._wait(self._client.delete_struct_def(name, version))
