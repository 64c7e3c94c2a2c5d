"""event_defs: ExternalEventDefs, which a put replaces, and WorkflowEventDefs, which never change."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from redis.asyncio import Redis

from lhredis.errors import AlreadyExists
from lhredis.model.event_def import (
    ExternalEventDef,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
    WorkflowEventDef,
)
from lhredis.model.ids import ExternalEventDefId, WorkflowEventDefId
from lhredis.store import keys
from lhredis.store.definitions import Definitions, now_text


class EventDefs:
    """The event definitions of all tenants. Each call asks Redis, so that it sees every earlier put."""

    def __init__(self, redis: Redis) -> None:
        self._external = Definitions(redis, ExternalEventDef, keys.external_event_defs)
        self._workflow = Definitions(redis, WorkflowEventDef, keys.workflow_event_defs)

    async def put_external_event_def(
        self, tenant: str, request: PutExternalEventDefRequest
    ) -> ExternalEventDef:
        """Register an ExternalEventDef, or replace the one of the same name."""
        event_def = _external_event_def(request)
        await self._external.put(tenant, request.name, event_def)
        return event_def

    async def external_event_def(self, tenant: str, name: str) -> ExternalEventDef:
        """NotFound."""
        return await self._external.get(tenant, name)

    async def external_event_defs(self, tenant: str, names: Iterable[str]) -> dict[str, ExternalEventDef]:
        """Those of the named ExternalEventDefs that exist, in one round trip."""
        return await self._external.some(tenant, names)

    async def external_event_def_names(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[str]:
        """Sorted: those that start with `prefix`, at most `limit` of those that follow `after`."""
        return await self._external.names(tenant, prefix, after, limit)

    async def delete_external_event_def(self, tenant: str, name: str) -> None:
        """Deleting what is not there is fine."""
        await self._external.delete(tenant, name)

    async def put_workflow_event_def(
        self, tenant: str, request: PutWorkflowEventDefRequest
    ) -> WorkflowEventDef:
        """Register a WorkflowEventDef. The same content type again changes nothing; AlreadyExists
        with another one."""
        event_def = _workflow_event_def(request)
        found = await self._workflow.put_new(tenant, request.name, event_def)
        if found is None:
            return event_def
        if _content_type(found) != _content_type(event_def):
            raise AlreadyExists(
                f"WorkflowEventDef [{request.name}] already exists and is immutable: "
                f"its content type is {_content_type(found).decode()}"
            )
        return found

    async def workflow_event_def(self, tenant: str, name: str) -> WorkflowEventDef:
        """NotFound."""
        return await self._workflow.get(tenant, name)

    async def workflow_event_defs(self, tenant: str, names: Iterable[str]) -> dict[str, WorkflowEventDef]:
        """Those of the named WorkflowEventDefs that exist, in one round trip."""
        return await self._workflow.some(tenant, names)

    async def workflow_event_def_names(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[str]:
        """Sorted: those that start with `prefix`, at most `limit` of those that follow `after`."""
        return await self._workflow.names(tenant, prefix, after, limit)

    async def delete_workflow_event_def(self, tenant: str, name: str) -> None:
        """Deleting what is not there is fine."""
        await self._workflow.delete(tenant, name)


def _external_event_def(request: PutExternalEventDefRequest) -> ExternalEventDef:
    return ExternalEventDef(
        id=ExternalEventDefId(name=request.name),
        type_information=request.content_type,
        retention_policy=request.retention_policy,
        correlated_event_config=request.correlated_event_config,
        created_at=now_text(),
    )


def _workflow_event_def(request: PutWorkflowEventDefRequest) -> WorkflowEventDef:
    return WorkflowEventDef(
        id=WorkflowEventDefId(name=request.name), content_type=request.content_type, created_at=now_text()
    )


def _content_type(event_def: WorkflowEventDef) -> bytes:
    """As JSON with all defaults: what is said and what is meant anyway is the same."""
    return orjson.dumps(event_def.content_type.model_dump(mode="json"))
