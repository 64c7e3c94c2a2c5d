"""service: every RPC of LittleHorse's service: the function that answers it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.grpc import task_defs

RPCS: dict[str, Callable[..., Any]] = {
    # TaskDefs
    "PutTaskDef": task_defs.put_task_def,
    "GetTaskDef": task_defs.get_task_def,
    "SearchTaskDef": task_defs.search_task_def,
    "DeleteTaskDef": task_defs.delete_task_def,
    # WfSpecs
    # StructDefs
    # UserTaskDefs
    # ExternalEventDefs
    # WorkflowEventDefs
    # The server
    # Task workers
    # Running and controlling WfRuns
    # ScheduledWfRuns
    # What WfRuns consist of
    # UserTaskRuns
    # ExternalEvents and CorrelatedEvents
    # WorkflowEvents
    # Searching and counting
    # Bulk jobs
}
"""`async def rpc(request, context) -> reply`; PollTask takes a stream of requests, and is one of replies."""

_NO_TENANTS = "lhredis keeps no list of tenants: every name is one, as soon as something is put in it"
_NO_PRINCIPALS = "lhredis knows no principals: whoever reaches it may do everything"
_NO_QUOTAS = "lhredis has no quotas"
_NO_MIGRATIONS = "lhredis does not migrate WfRuns: each stays on the version that it was started with"
_NO_METRICS = "lhredis keeps no metric windows: GET /metrics of its HTTP API has counters and histograms"
_COMING = "is not there yet"

MISSING: dict[str, str] = {
    "PutTenant": _NO_TENANTS,
    "GetTenant": _NO_TENANTS,
    "SearchTenant": _NO_TENANTS,
    "PutPrincipal": _NO_PRINCIPALS,
    "GetPrincipal": _NO_PRINCIPALS,
    "SearchPrincipal": _NO_PRINCIPALS,
    "DeletePrincipal": _NO_PRINCIPALS,
    "PutQuota": _NO_QUOTAS,
    "GetQuota": _NO_QUOTAS,
    "SearchQuota": _NO_QUOTAS,
    "DeleteQuota": _NO_QUOTAS,
    "ListQuotaUsageMetrics": _NO_QUOTAS,
    "MigrateWfSpec": _NO_MIGRATIONS,
    "PutWorkflowMigrationPlan": _NO_MIGRATIONS,
    "GetWorkflowMigrationPlan": _NO_MIGRATIONS,
    "DeleteWorkflowMigrationPlan": _NO_MIGRATIONS,
    "ApplyWorkflowMigrationPlan": _NO_MIGRATIONS,
    "SearchWorkflowMigrationPlan": _NO_MIGRATIONS,
    "GetTaskDefMetricsWindow": _NO_METRICS,
    "GetWfSpecMetricsWindow": _NO_METRICS,
    "ListTaskMetrics": _NO_METRICS,
    "ListWfMetrics": _NO_METRICS,
    "GetMetricWindow": _NO_METRICS,
    "SearchWfMetricWindow": _NO_METRICS,
    "GetTaskWorkerGroup": _COMING,
    "PutExternalEventDef": _COMING,
    "GetExternalEventDef": _COMING,
    "PutWorkflowEventDef": _COMING,
    "PutWfSpec": _COMING,
    "GetWfSpec": _COMING,
    "GetLatestWfSpec": _COMING,
    "PutStructDef": _COMING,
    "GetStructDef": _COMING,
    "ValidateStructDefEvolution": _COMING,
    "PutUserTaskDef": _COMING,
    "GetUserTaskDef": _COMING,
    "GetLatestUserTaskDef": _COMING,
    "RunWf": _COMING,
    "ScheduleWf": _COMING,
    "SearchScheduledWfRun": _COMING,
    "GetScheduledWfRun": _COMING,
    "GetWfRun": _COMING,
    "GetUserTaskRun": _COMING,
    "AssignUserTaskRun": _COMING,
    "CompleteUserTaskRun": _COMING,
    "CancelUserTaskRun": _COMING,
    "SaveUserTaskRunProgress": _COMING,
    "ListUserTaskRuns": _COMING,
    "PutUserTaskRunComment": _COMING,
    "EditUserTaskRunComment": _COMING,
    "DeleteUserTaskRunComment": _COMING,
    "GetNodeRun": _COMING,
    "ListNodeRuns": _COMING,
    "GetTaskRun": _COMING,
    "ListTaskRuns": _COMING,
    "GetVariable": _COMING,
    "ListVariables": _COMING,
    "PutExternalEvent": _COMING,
    "PutCorrelatedEvent": _COMING,
    "GetExternalEvent": _COMING,
    "GetCorrelatedEvent": _COMING,
    "AwaitWorkflowEvent": _COMING,
    "GetWorkflowEventDef": _COMING,
    "GetWorkflowEvent": _COMING,
    "ListExternalEvents": _COMING,
    "ListWorkflowEvents": _COMING,
    "SearchWfRun": _COMING,
    "SearchCorrelatedEvent": _COMING,
    "SearchNodeRun": _COMING,
    "SearchTaskRun": _COMING,
    "SearchUserTaskRun": _COMING,
    "SearchVariable": _COMING,
    "SearchExternalEvent": _COMING,
    "SearchWorkflowEvent": _COMING,
    "SearchUserTaskDef": _COMING,
    "SearchWfSpec": _COMING,
    "SearchExternalEventDef": _COMING,
    "SearchWorkflowEventDef": _COMING,
    "SearchStructDef": _COMING,
    "GetInactiveThreadRun": _COMING,
    "RegisterTaskWorker": _COMING,
    "PollTask": _COMING,
    "ReportTask": _COMING,
    "PutCheckpoint": _COMING,
    "GetCheckpoint": _COMING,
    "StopWfRun": _COMING,
    "ResumeWfRun": _COMING,
    "RescueThreadRun": _COMING,
    "DeleteWfRun": _COMING,
    "DeleteStructDef": _COMING,
    "DeleteWfSpec": _COMING,
    "DeleteUserTaskDef": _COMING,
    "DeleteExternalEventDef": _COMING,
    "DeleteCorrelatedEvent": _COMING,
    "DeleteWorkflowEventDef": _COMING,
    "DeleteScheduledWfRun": _COMING,
    "CreateBulkJob": _COMING,
    "GetBulkJob": _COMING,
    "SearchBulkJob": _COMING,
    "DeleteBulkJob": _COMING,
    "Whoami": _COMING,
    "GetServerVersion": _COMING,
    "CountNodeRun": _COMING,
    "CountTaskRun": _COMING,
}
"""The sentence that the others answer, with UNIMPLEMENTED."""
