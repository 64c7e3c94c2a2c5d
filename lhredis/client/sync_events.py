"""sync_events: the SyncClient's methods for events posted to WfRuns and thrown by them."""

from __future__ import annotations

from collections.abc import Sequence

from lhredis.client.client_thread import ClientThread
from lhredis.client.events import AWAIT_S_DEFAULT
from lhredis.model.events import CorrelatedEvent, ExternalEvent, WorkflowEvent
from lhredis.model.ids import WorkflowEventId
from lhredis.model.values import Value


class SyncEventCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def post_event(
        self,
        id: str,
        external_event_def: str,
        content: Value = None,
        *,
        guid: str | None = None,
        thread_run_number: int | None = None,
        node_run_position: int | None = None,
    ) -> ExternalEvent:
        return self._wait(
            self._client.post_event(
                id,
                external_event_def,
                content,
                guid=guid,
                thread_run_number=thread_run_number,
                node_run_position=node_run_position,
            )
        )

    def list_external_events(self, id: str) -> list[ExternalEvent]:
        return self._wait(self._client.list_external_events(id))

    def get_external_event(self, id: str, external_event_def: str, guid: str) -> ExternalEvent:
        return self._wait(self._client.get_external_event(id, external_event_def, guid))

    def put_correlated_event(
        self, external_event_def: str, key: str, content: Value = None
    ) -> CorrelatedEvent:
        return self._wait(self._client.put_correlated_event(external_event_def, key, content))

    def get_correlated_event(self, external_event_def: str, key: str) -> CorrelatedEvent:
        return self._wait(self._client.get_correlated_event(external_event_def, key))

    def delete_correlated_event(self, external_event_def: str, key: str) -> None:
        self._wait(self._client.delete_correlated_event(external_event_def, key))

    def list_workflow_events(self, id: str) -> list[WorkflowEvent]:
        return self._wait(self._client.list_workflow_events(id))

    def get_workflow_event(self, id: str, workflow_event_def: str, number: int) -> WorkflowEvent:
        return self._wait(self._client.get_workflow_event(id, workflow_event_def, number))

    def await_workflow_event(
        self,
        id: str,
        defs: str | Sequence[str] = (),
        ignore: Sequence[WorkflowEventId] = (),
        wait_s: float = AWAIT_S_DEFAULT,
    ) -> WorkflowEvent:
        return self._wait(self._client.await_workflow_event(id, defs, ignore, wait_s))
