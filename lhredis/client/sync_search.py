"""sync_search: the SyncClient's methods that find and count."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.ids import (
    CorrelatedEventId,
    ExternalEventId,
    NodeRunId,
    TaskRunId,
    UserTaskRunId,
    VariableId,
    WorkflowEventId,
)
from lhredis.model.search import (
    CountNodeRunRequest,
    CountTaskRunRequest,
    CountWfRunRequest,
    SearchCorrelatedEventRequest,
    SearchExternalEventRequest,
    SearchNodeRunRequest,
    SearchTaskRunRequest,
    SearchUserTaskRunRequest,
    SearchVariableRequest,
    SearchWfRunRequest,
    SearchWorkflowEventRequest,
)
from lhredis.model.wf_run import WfRun


class SyncSearchCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def search_wf_runs(self, request: SearchWfRunRequest) -> Page[WfRun]:
        return self._wait(self._client.search_wf_runs(request))

    def count_wf_runs(self, request: CountWfRunRequest) -> int:
        return self._wait(self._client.count_wf_runs(request))

    def search_node_runs(self, request: SearchNodeRunRequest) -> Page[NodeRunId]:
        return self._wait(self._client.search_node_runs(request))

    def search_task_runs(self, request: SearchTaskRunRequest) -> Page[TaskRunId]:
        return self._wait(self._client.search_task_runs(request))

    def search_variables(self, request: SearchVariableRequest) -> Page[VariableId]:
        return self._wait(self._client.search_variables(request))

    def search_external_events(self, request: SearchExternalEventRequest) -> Page[ExternalEventId]:
        return self._wait(self._client.search_external_events(request))

    def search_correlated_events(self, request: SearchCorrelatedEventRequest) -> Page[CorrelatedEventId]:
        return self._wait(self._client.search_correlated_events(request))

    def search_workflow_events(self, request: SearchWorkflowEventRequest) -> Page[WorkflowEventId]:
        return self._wait(self._client.search_workflow_events(request))

    def count_node_runs(self, request: CountNodeRunRequest) -> int:
        return self._wait(self._client.count_node_runs(request))

    def count_task_runs(self, request: CountTaskRunRequest) -> int:
        return self._wait(self._client.count_task_runs(request))

    def search_user_task_runs(self, request: SearchUserTaskRunRequest) -> Page[UserTaskRunId]:
        return self._wait(self._client.search_user_task_runs(request))
