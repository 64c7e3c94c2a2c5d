"""sync_event_defs: the SyncClient's methods for ExternalEventDefs and WorkflowEventDefs."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.event_def import (
    ExternalEventDef,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
    WorkflowEventDef,
)


class SyncEventDefCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def put_external_event_def(self, request: PutExternalEventDefRequest) -> ExternalEventDef:
        return self._wait(self._client.put_external_event_def(request))

    def get_external_event_def(self, name: str) -> ExternalEventDef:
        return self._wait(self._client.get_external_event_def(name))

    def list_external_event_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        return self._wait(self._client.list_external_event_defs(prefix, limit, bookmark))

    def delete_external_event_def(self, name: str) -> None:
        self._wait(self._client.delete_external_event_def(name))

    def put_workflow_event_def(self, request: PutWorkflowEventDefRequest) -> WorkflowEventDef:
        return self._wait(self._client.put_workflow_event_def(request))

    def get_workflow_event_def(self, name: str) -> WorkflowEventDef:
        return self._wait(self._client.get_workflow_event_def(name))

    def list_workflow_event_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        return self._wait(self._client.list_workflow_event_defs(prefix, limit, bookmark))

    def delete_workflow_event_def(self, name: str) -> None:
        self._wait(self._client.delete_workflow_event_def(name))
