"""event_defs: the Client's methods for ExternalEventDefs and WorkflowEventDefs."""

from __future__ import annotations

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.event_def import (
    ExternalEventDef,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
    WorkflowEventDef,
)


class EventDefCalls:
    """Part of Client."""

    _connection: Connection

    async def put_external_event_def(self, request: PutExternalEventDefRequest) -> ExternalEventDef:
        """Register an ExternalEventDef, or replace the one of the same name."""
        reply = await self._connection.call("POST", "/v1/external-event-defs", request.to_json())
        return ExternalEventDef.model_validate(reply)

    async def get_external_event_def(self, name: str) -> ExternalEventDef:
        """NotFound."""
        reply = await self._connection.call("GET", paths.external_event_def(name))
        return ExternalEventDef.model_validate(reply)

    async def list_external_event_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        """Names, sorted; `bookmark` is that of the page before."""
        return await self._names("/v1/external-event-defs", prefix, limit, bookmark)

    async def delete_external_event_def(self, name: str) -> None:
        """Deleting what is not there is fine."""
        await self._connection.call("DELETE", paths.external_event_def(name))

    async def put_workflow_event_def(self, request: PutWorkflowEventDefRequest) -> WorkflowEventDef:
        """Register a WorkflowEventDef; the same one again changes nothing, another content type is
        AlreadyExists."""
        reply = await self._connection.call("POST", "/v1/workflow-event-defs", request.to_json())
        return WorkflowEventDef.model_validate(reply)

    async def get_workflow_event_def(self, name: str) -> WorkflowEventDef:
        """NotFound."""
        reply = await self._connection.call("GET", paths.workflow_event_def(name))
        return WorkflowEventDef.model_validate(reply)

    async def list_workflow_event_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        """Names, sorted; `bookmark` is that of the page before."""
        return await self._names("/v1/workflow-event-defs", prefix, limit, bookmark)

    async def delete_workflow_event_def(self, name: str) -> None:
        """Deleting what is not there is fine."""
        await self._connection.call("DELETE", paths.workflow_event_def(name))

    async def _names(self, path: str, prefix: str | None, limit: int, bookmark: str | None) -> Page[str]:
        query = {"prefix": prefix, "limit": limit, "bookmark": bookmark}
        reply = await self._connection.call("GET", path, query=query)
        return Page([str(found["name"]) for found in reply["results"]], reply.get("bookmark"))
