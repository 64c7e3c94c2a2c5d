"""service: every RPC of LittleHorse's service: the function that answers it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.grpc import (
    external_event_defs,
    server,
    struct_defs,
    task_defs,
    user_task_defs,
    wf_specs,
    workflow_event_defs,
)

RPCS: dict[str, Callable[..., Any]] = {
    # TaskDefs
    "PutTaskDef": task_defs.put_task_def,
    "GetTaskDef": task_defs.get_task_def,
    "SearchTaskDef": task_defs.search_task_def,
    "DeleteTaskDef": task_defs.delete_task_def,
    # WfSpecs
    "PutWfSpec": wf_specs.put_wf_spec,
    "GetWfSpec": wf_specs.get_wf_spec,
    "GetLatestWfSpec": wf_specs.get_latest_wf_spec,
    "SearchWfSpec": wf_specs.search_wf_spec,
    "DeleteWfSpec": wf_specs.delete_wf_spec,
    # StructDefs
    "PutStructDef": struct_defs.put_struct_def,
    "ValidateStructDefEvolution": struct_defs.validate_struct_def_evolution,
    "GetStructDef": struct_defs.get_struct_def,
    "SearchStructDef": struct_defs.search_struct_def,
    "DeleteStructDef": struct_defs.delete_struct_def,
    # UserTaskDefs
    "PutUserTaskDef": user_task_defs.put_user_task_def,
    "GetUserTaskDef": user_task_defs.get_user_task_def,
    "GetLatestUserTaskDef": user_task_defs.get_latest_user_task_def,
    "SearchUserTaskDef": user_task_defs.search_user_task_def,
    "DeleteUserTaskDef": user_task_defs.delete_user_task_def,
    # ExternalEventDefs
    "PutExternalEventDef": external_event_defs.put_external_event_def,
    "GetExternalEventDef": external_event_defs.get_external_event_def,
    "SearchExternalEventDef": external_event_defs.search_external_event_def,
    "DeleteExternalEventDef": external_event_defs.delete_external_event_def,
    # WorkflowEventDefs
    "PutWorkflowEventDef": workflow_event_defs.put_workflow_event_def,
    "GetWorkflowEventDef": workflow_event_defs.get_workflow_event_def,
    "SearchWorkflowEventDef": workflow_event_defs.search_workflow_event_def,
    "DeleteWorkflowEventDef": workflow_event_defs.delete_workflow_event_def,
    # The server
    "GetServerVersion": server.get_server_version,
    "Whoami": server.whoami,
    "GetTenant": server.get_tenant,
    "SearchTenant": server.search_tenant,
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
    "DeleteCorrelatedEvent": _COMING,
    "DeleteScheduledWfRun": _COMING,
    "CreateBulkJob": _COMING,
    "GetBulkJob": _COMING,
    "SearchBulkJob": _COMING,
    "DeleteBulkJob": _COMING,
    "CountNodeRun": _COMING,
    "CountTaskRun": _COMING,
}
"""The sentence that the others answer, with UNIMPLEMENTED."""
