"""search: the Client's methods that find and count."""

from __future__ import annotations

from lhredis.client.connection import Connection
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


class SearchCalls:
    """Part of Client. Each takes the request as a model (lhredis/model/search.py): all of its filters must
    hold; a page's bookmark goes into the next request. A page may be shorter than the limit though there
    are more. InvalidArgument says which filter makes no sense; ResourceExhausted names the limit that a
    search went over."""

    _connection: Connection

    async def search_wf_runs(self, request: SearchWfRunRequest) -> Page[WfRun]:
        """WfRuns by spec, version, status, start time, searchable variables and parent, the newest first."""
        reply = await self._connection.call("POST", "/v1/wf-runs:search", request.to_json())
        return Page([WfRun.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def count_wf_runs(self, request: CountWfRunRequest) -> int:
        """How many WfRuns there are, exactly."""
        return int((await self._connection.call("POST", "/v1/wf-runs:count", request.to_json()))["count"])

    async def search_node_runs(self, request: SearchNodeRunRequest) -> Page[NodeRunId]:
        """NodeRuns by status, time, and the ExternalEventDef that they wait for."""
        reply = await self._connection.call("POST", "/v1/node-runs:search", request.to_json())
        return Page([NodeRunId.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def search_task_runs(self, request: SearchTaskRunRequest) -> Page[TaskRunId]:
        """TaskRuns of a TaskDef, by status and time."""
        reply = await self._connection.call("POST", "/v1/task-runs:search", request.to_json())
        return Page([TaskRunId.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def search_variables(self, request: SearchVariableRequest) -> Page[VariableId]:
        """Searchable variables by their value."""
        reply = await self._connection.call("POST", "/v1/variables:search", request.to_json())
        return Page([VariableId.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def search_external_events(self, request: SearchExternalEventRequest) -> Page[ExternalEventId]:
        """ExternalEvents of a def, by time, claimed or not."""
        reply = await self._connection.call("POST", "/v1/external-events:search", request.to_json())
        return Page(
            [ExternalEventId.model_validate(found) for found in reply["results"]], reply.get("bookmark")
        )

    async def search_correlated_events(
        self, request: SearchCorrelatedEventRequest
    ) -> Page[CorrelatedEventId]:
        """CorrelatedEvents of a def, by time, with ExternalEvents or without."""
        reply = await self._connection.call("POST", "/v1/correlated-events:search", request.to_json())
        return Page(
            [CorrelatedEventId.model_validate(found) for found in reply["results"]], reply.get("bookmark")
        )

    async def search_workflow_events(self, request: SearchWorkflowEventRequest) -> Page[WorkflowEventId]:
        """WorkflowEvents of a def, by time."""
        reply = await self._connection.call("POST", "/v1/workflow-events:search", request.to_json())
        return Page(
            [WorkflowEventId.model_validate(found) for found in reply["results"]], reply.get("bookmark")
        )

    async def count_node_runs(self, request: CountNodeRunRequest) -> int:
        """How many NodeRuns the WfRuns of a WfSpec have, exactly."""
        return int((await self._connection.call("POST", "/v1/node-runs:count", request.to_json()))["count"])

    async def count_task_runs(self, request: CountTaskRunRequest) -> int:
        """How many TaskRuns of a TaskDef wait for a worker."""
        return int((await self._connection.call("POST", "/v1/task-runs:count", request.to_json()))["count"])

    async def search_user_task_runs(self, request: SearchUserTaskRunRequest) -> Page[UserTaskRunId]:
        """UserTaskRuns by status, UserTaskDef, user, group and time."""
        reply = await self._connection.call("POST", "/v1/user-task-runs:search", request.to_json())
        return Page(
            [UserTaskRunId.model_validate(found) for found in reply["results"]], reply.get("bookmark")
        )
