"""service: every RPC of LittleHorse's service: the function that answers it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.grpc import (
    bulk_jobs,
    correlated_events,
    external_event_defs,
    external_events,
    metrics,
    migration_plans,
    node_runs,
    scheduled_wf_runs,
    server,
    struct_defs,
    task_defs,
    task_runs,
    user_task_defs,
    user_task_runs,
    variables,
    wf_runs,
    wf_specs,
    workflow_event_defs,
    workflow_events,
)
from lhredis.grpc.workers import checkpoints, poll_task, registry, report_task

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
    # Migration plans
    "PutWorkflowMigrationPlan": migration_plans.put_workflow_migration_plan,
    "GetWorkflowMigrationPlan": migration_plans.get_workflow_migration_plan,
    "SearchWorkflowMigrationPlan": migration_plans.search_workflow_migration_plan,
    "DeleteWorkflowMigrationPlan": migration_plans.delete_workflow_migration_plan,
    "ApplyWorkflowMigrationPlan": migration_plans.apply_workflow_migration_plan,
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
    "RegisterTaskWorker": registry.register_task_worker,
    "GetTaskWorkerGroup": registry.get_task_worker_group,
    "PollTask": poll_task.poll_task,
    "ReportTask": report_task.report_task,
    "PutCheckpoint": checkpoints.put_checkpoint_rpc,
    "GetCheckpoint": checkpoints.get_checkpoint,
    # Running and controlling WfRuns
    "RunWf": wf_runs.run_wf,
    "GetWfRun": wf_runs.get_wf_run,
    "GetInactiveThreadRun": wf_runs.get_inactive_thread_run,
    "StopWfRun": wf_runs.stop_wf_run,
    "ResumeWfRun": wf_runs.resume_wf_run,
    "RescueThreadRun": wf_runs.rescue_thread_run,
    "DeleteWfRun": wf_runs.delete_wf_run,
    # ScheduledWfRuns
    "ScheduleWf": scheduled_wf_runs.schedule_wf,
    "GetScheduledWfRun": scheduled_wf_runs.get_scheduled_wf_run,
    "SearchScheduledWfRun": scheduled_wf_runs.search_scheduled_wf_run,
    "DeleteScheduledWfRun": scheduled_wf_runs.delete_scheduled_wf_run,
    # What WfRuns consist of
    "GetNodeRun": node_runs.get_node_run,
    "ListNodeRuns": node_runs.list_node_runs,
    "GetTaskRun": task_runs.get_task_run,
    "ListTaskRuns": task_runs.list_task_runs,
    "GetVariable": variables.get_variable,
    "ListVariables": variables.list_variables,
    # UserTaskRuns
    "GetUserTaskRun": user_task_runs.get_user_task_run,
    "ListUserTaskRuns": user_task_runs.list_user_task_runs,
    "AssignUserTaskRun": user_task_runs.assign_user_task_run,
    "CompleteUserTaskRun": user_task_runs.complete_user_task_run,
    "CancelUserTaskRun": user_task_runs.cancel_user_task_run,
    "SaveUserTaskRunProgress": user_task_runs.save_user_task_run_progress,
    "PutUserTaskRunComment": user_task_runs.put_user_task_run_comment,
    "EditUserTaskRunComment": user_task_runs.edit_user_task_run_comment,
    "DeleteUserTaskRunComment": user_task_runs.delete_user_task_run_comment,
    # ExternalEvents and CorrelatedEvents
    "PutExternalEvent": external_events.put_external_event,
    "GetExternalEvent": external_events.get_external_event,
    "ListExternalEvents": external_events.list_external_events,
    "PutCorrelatedEvent": correlated_events.put_correlated_event,
    "GetCorrelatedEvent": correlated_events.get_correlated_event,
    "DeleteCorrelatedEvent": correlated_events.delete_correlated_event,
    # WorkflowEvents
    "AwaitWorkflowEvent": workflow_events.await_workflow_event,
    "GetWorkflowEvent": workflow_events.get_workflow_event,
    "ListWorkflowEvents": workflow_events.list_workflow_events,
    # Searching and counting
    "SearchWfRun": wf_runs.search_wf_run,
    "SearchNodeRun": node_runs.search_node_run,
    "SearchTaskRun": task_runs.search_task_run,
    "SearchUserTaskRun": user_task_runs.search_user_task_run,
    "SearchVariable": variables.search_variable,
    "SearchExternalEvent": external_events.search_external_event,
    "SearchCorrelatedEvent": correlated_events.search_correlated_event,
    "SearchWorkflowEvent": workflow_events.search_workflow_event,
    "CountNodeRun": node_runs.count_node_run,
    "CountTaskRun": task_runs.count_task_run,
    # Metrics
    "ListWfMetrics": metrics.list_wf_metrics,
    "ListTaskMetrics": metrics.list_task_metrics,
    "GetMetricWindow": metrics.get_metric_window,
    "SearchWfMetricWindow": metrics.search_wf_metric_window,
    # Bulk jobs
    "CreateBulkJob": bulk_jobs.create_bulk_job,
    "GetBulkJob": bulk_jobs.get_bulk_job,
    "SearchBulkJob": bulk_jobs.search_bulk_job,
    "DeleteBulkJob": bulk_jobs.delete_bulk_job,
}
"""`async def rpc(request, context) -> reply`; PollTask is `rpc(requests, context, send)`, which sends replies
one by one."""

_NO_TENANTS = "lhredis keeps no list of tenants: every name is one, as soon as something is put in it"
_NO_PRINCIPALS = "lhredis knows no principals: whoever reaches it may do everything"
_NO_QUOTAS = "lhredis has no quotas"
_NO_MIGRATION = "WfRuns go to another version by a WorkflowMigrationPlan: see PutWorkflowMigrationPlan"
_OTHER_METRICS = "as in LittleHorse's own server: ListTaskMetrics and ListWfMetrics tell what happened"

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
    "MigrateWfSpec": _NO_MIGRATION,
    "GetTaskDefMetricsWindow": _OTHER_METRICS,
    "GetWfSpecMetricsWindow": _OTHER_METRICS,
}
"""The sentence that the others answer, with UNIMPLEMENTED."""
