"""app: the HTTP API: every URL, in one table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from lhredis.api import (
    bulk_jobs,
    checkpoints,
    correlated_events,
    event_search,
    explain,
    external_event_defs,
    external_events,
    health,
    metrics,
    migration_plans,
    node_runs,
    node_search,
    openapi,
    quarantine,
    run_control,
    scheduled_wf_runs,
    server,
    struct_defs,
    task_defs,
    task_runs,
    thread_runs,
    user_task_defs,
    user_task_operations,
    user_task_runs,
    user_task_search,
    variables,
    wf_run_search,
    wf_runs,
    wf_specs,
    workflow_event_defs,
    workflow_events,
)
from lhredis.api.answers import Answer
from lhredis.api.operation import Endpoint
from lhredis.api.operation import Operation as Op
from lhredis.api.parameters import (
    AWAIT_MS,
    BOOKMARK,
    BULK_JOB_STATUS,
    EVENT_DEF,
    IGNORE,
    LIMIT,
    MAJOR_VERSION,
    NAME_BOOKMARK,
    PREFIX,
    REVISION,
    SCHEDULE_BOOKMARK,
    STATUS,
    STRUCT_DEF_VERSION,
    TASK_DEF_NAME,
    THREAD,
    USER_ID,
    USER_TASK_DEF_VERSION,
    WAIT_MS,
    WF_SPEC_NAME,
)
from lhredis.api.problems import RequestRefused, answer_of
from lhredis.api.replies import (
    BulkJobPage,
    CheckpointList,
    CorrelatedEventIdPage,
    Count,
    ExternalEventDefPage,
    ExternalEventIdPage,
    ExternalEventList,
    Health,
    NodeRunIdPage,
    NodeRunList,
    QuarantineList,
    RunWfBatchReply,
    ScheduledWfRunPage,
    ServerInfo,
    StructDefList,
    StructDefPage,
    TaskDefPage,
    TaskRunIdPage,
    TaskRunList,
    UserTaskDefList,
    UserTaskDefPage,
    UserTaskRunIdPage,
    UserTaskRunList,
    VariableIdPage,
    VariableList,
    WfRunPage,
    WfSpecList,
    WfSpecPage,
    WorkflowEventDefPage,
    WorkflowEventIdPage,
    WorkflowEventList,
    WorkflowMigrationPlanPage,
)
from lhredis.api.services import Services
from lhredis.model.bulk_job import BulkJob, CreateBulkJobRequest
from lhredis.model.event_def import (
    ExternalEventDef,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
    WorkflowEventDef,
)
from lhredis.model.events import (
    CorrelatedEvent,
    ExternalEvent,
    PutCorrelatedEventRequest,
    PutExternalEventRequest,
    WorkflowEvent,
)
from lhredis.model.explanation import Explanation
from lhredis.model.migration import (
    ApplyWorkflowMigrationPlanRequest,
    MigrationForecasts,
    PutWorkflowMigrationPlanRequest,
    TryWorkflowMigrationPlanRequest,
    WorkflowMigrationPlan,
)
from lhredis.model.node_run import NodeRun
from lhredis.model.scheduled_wf_run import ScheduledWfRun, ScheduleWfRequest
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
from lhredis.model.struct_def import (
    PutStructDefRequest,
    StructDef,
    StructDefEvolution,
    ValidateStructDefEvolutionRequest,
)
from lhredis.model.task_def import PutTaskDefRequest, TaskDef
from lhredis.model.thread_run import InactiveThreadRun
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskDef
from lhredis.model.user_task_run import (
    AssignUserTaskRunRequest,
    CancelUserTaskRunRequest,
    CompleteUserTaskRunRequest,
    PutUserTaskRunCommentRequest,
    ReleaseUserTaskRunRequest,
    SaveUserTaskRunProgressRequest,
    UserTaskRun,
)
from lhredis.model.wf_run import (
    RescueThreadRunRequest,
    ResumeWfRunRequest,
    RunWfBatchRequest,
    RunWfRequest,
    StopWfRunRequest,
    TaskRun,
    Variable,
    WfRun,
)
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec

RUN = "/v1/wf-runs/{wf_run_id}"
SCHEDULE = "/v1/scheduled-wf-runs/{scheduled_wf_run_id}"
PLANS = "/v1/workflow-migration-plans"
FORM = RUN + "/user-task-runs/{user_task_guid}"
NAMES = (PREFIX, LIMIT, NAME_BOOKMARK)
CHANGE = (404, 412, 413, 415, 429, 503)
"""What can be wrong with a command to a run."""
SEARCH = (413, 415, 429, 503)

# fmt: off
OPERATIONS: tuple[Op, ...] = (
    Op("POST",   "/v1/wf-runs", wf_runs.run_wf, WfRun, 201, (WAIT_MS,), RunWfRequest,
       (404, 409, 412, 413, 415, 429, 503), waits=True, starts=True),
    Op("POST",   "/v1/wf-runs:batch", wf_runs.run_wf_batch, RunWfBatchReply, 200, (), RunWfBatchRequest,
       (413, 415, 429, 503), waits=True, starts=True),
    Op("GET",    "/v1/wf-runs", wf_run_search.list_wf_runs, WfRunPage,
       query=(WF_SPEC_NAME, STATUS, LIMIT, BOOKMARK), errors=SEARCH),
    Op("POST",   "/v1/wf-runs:search", wf_run_search.search_wf_runs, WfRunPage, body=SearchWfRunRequest, errors=SEARCH),
    Op("POST",   "/v1/wf-runs:count", wf_run_search.count_wf_runs, Count, body=CountWfRunRequest, errors=SEARCH),
    Op("POST",   "/v1/node-runs:search", node_search.search_node_runs, NodeRunIdPage, body=SearchNodeRunRequest,
       errors=SEARCH),
    Op("POST",   "/v1/node-runs:count", node_search.count_node_runs, Count, body=CountNodeRunRequest, errors=SEARCH),
    Op("POST",   "/v1/task-runs:search", node_search.search_task_runs, TaskRunIdPage, body=SearchTaskRunRequest,
       errors=SEARCH),
    Op("POST",   "/v1/task-runs:count", node_search.count_task_runs, Count, body=CountTaskRunRequest, errors=SEARCH),
    Op("POST",   "/v1/user-task-runs:search", user_task_search.search_user_task_runs, UserTaskRunIdPage,
       body=SearchUserTaskRunRequest, errors=SEARCH),
    Op("POST",   "/v1/variables:search", node_search.search_variables, VariableIdPage, body=SearchVariableRequest,
       errors=SEARCH),
    Op("POST",   "/v1/external-events:search", event_search.search_external_events, ExternalEventIdPage,
       body=SearchExternalEventRequest, errors=SEARCH),
    Op("POST",   "/v1/correlated-events:search", event_search.search_correlated_events, CorrelatedEventIdPage,
       body=SearchCorrelatedEventRequest, errors=SEARCH),
    Op("POST",   "/v1/workflow-events:search", event_search.search_workflow_events, WorkflowEventIdPage,
       body=SearchWorkflowEventRequest, errors=SEARCH),
    Op("GET",    RUN, wf_runs.get_wf_run, WfRun, query=(WAIT_MS,), errors=(404, 429, 503), waits=True),
    Op("GET",    RUN + "/node-runs", node_runs.list_node_runs, NodeRunList, query=(THREAD,), errors=(404, 503)),
    Op("GET",    RUN + "/node-runs/{thread_run_number}/{position}", node_runs.get_node_run, NodeRun,
       errors=(404, 503)),
    Op("GET",    RUN + "/task-runs", task_runs.list_task_runs, TaskRunList, errors=(404, 503)),
    Op("GET",    RUN + "/task-runs/{task_guid}", task_runs.get_task_run, TaskRun, errors=(404, 503)),
    Op("GET",    RUN + "/task-runs/{task_guid}/checkpoints", checkpoints.list_checkpoints, CheckpointList,
       errors=(404, 503)),
    Op("GET",    RUN + "/variables", variables.list_variables, VariableList, errors=(404, 503)),
    Op("GET",    RUN + "/variables/{thread_run_number}/{variable}", variables.get_variable, Variable,
       errors=(404, 503)),

    Op("GET",    RUN + "/explain", explain.explain_wf_run, Explanation, errors=(404, 503)),
    Op("GET",    RUN + "/threads/{thread_run_number}", thread_runs.get_thread_run, InactiveThreadRun,
       errors=(404, 503)),
    Op("POST",   RUN + ":stop", run_control.stop_wf_run, WfRun, body=StopWfRunRequest, errors=CHANGE, starts=True),
    Op("POST",   RUN + ":rescue", run_control.rescue_thread_run, WfRun, body=RescueThreadRunRequest,
       errors=CHANGE, starts=True),
    Op("DELETE", RUN, run_control.delete_wf_run, status=204),
    Op("POST",   RUN + ":resume", run_control.resume_wf_run, WfRun, body=ResumeWfRunRequest, errors=CHANGE,
       starts=True),

    Op("GET",    RUN + "/user-task-runs", user_task_runs.list_user_task_runs, UserTaskRunList, errors=(404, 503)),
    Op("GET",    FORM, user_task_runs.get_user_task_run, UserTaskRun, errors=(404, 503)),
    Op("POST",   FORM + ":assign", user_task_operations.assign_user_task_run, UserTaskRun,
       body=AssignUserTaskRunRequest, errors=CHANGE, starts=True),
    Op("POST",   FORM + ":release", user_task_operations.release_user_task_run, UserTaskRun,
       body=ReleaseUserTaskRunRequest, errors=CHANGE, starts=True),
    Op("POST",   FORM + ":complete", user_task_operations.complete_user_task_run, UserTaskRun,
       body=CompleteUserTaskRunRequest, errors=CHANGE, starts=True),
    Op("POST",   FORM + ":save", user_task_operations.save_user_task_run_progress, UserTaskRun,
       body=SaveUserTaskRunProgressRequest, errors=CHANGE, starts=True),
    Op("POST",   FORM + ":cancel", user_task_operations.cancel_user_task_run, UserTaskRun,
       body=CancelUserTaskRunRequest, errors=CHANGE, starts=True),
    Op("POST",   FORM + "/comments", user_task_operations.put_user_task_run_comment, UserTaskRun,
       body=PutUserTaskRunCommentRequest, errors=CHANGE, starts=True),
    Op("PUT",    FORM + "/comments/{comment_id}", user_task_operations.edit_user_task_run_comment, UserTaskRun,
       body=PutUserTaskRunCommentRequest, errors=CHANGE, starts=True),
    Op("DELETE", FORM + "/comments/{comment_id}", user_task_operations.delete_user_task_run_comment, UserTaskRun,
       query=(USER_ID,), errors=(404, 412, 429, 503), starts=True),

    Op("POST",   "/v1/external-events", external_events.put_external_event, ExternalEvent, 201, (),
       PutExternalEventRequest, (*CHANGE, 409), starts=True),
    Op("GET",    RUN + "/external-events", external_events.list_external_events, ExternalEventList,
       errors=(404, 503)),
    Op("GET",    RUN + "/external-events/{event_def}/{guid}", external_events.get_external_event, ExternalEvent,
       errors=(404, 503)),
    Op("POST",   "/v1/correlated-events", correlated_events.put_correlated_event, CorrelatedEvent, 201, (),
       PutCorrelatedEventRequest, (409, 413, 415, 429, 503)),
    Op("GET",    "/v1/correlated-events/{event_def}/{key}", correlated_events.get_correlated_event,
       CorrelatedEvent, errors=(404, 503)),
    Op("DELETE", "/v1/correlated-events/{event_def}/{key}", correlated_events.delete_correlated_event, status=204),
    Op("GET",    RUN + "/workflow-events", workflow_events.list_workflow_events, WorkflowEventList,
       errors=(404, 503)),
    Op("GET",    RUN + "/workflow-events/{event_def}/{number}", workflow_events.get_workflow_event, WorkflowEvent,
       errors=(404, 503)),
    Op("GET",    RUN + "/workflow-events:await", workflow_events.await_workflow_event, WorkflowEvent,
       query=(EVENT_DEF, IGNORE, AWAIT_MS), errors=(404, 429, 503, 504), waits=True),

    Op("POST",   "/v1/scheduled-wf-runs", scheduled_wf_runs.schedule_wf, ScheduledWfRun, 201, (), ScheduleWfRequest,
       (404, 409, 413, 415, 429, 503)),
    Op("GET",    "/v1/scheduled-wf-runs", scheduled_wf_runs.list_scheduled_wf_runs, ScheduledWfRunPage,
       query=(WF_SPEC_NAME, MAJOR_VERSION, REVISION, LIMIT, SCHEDULE_BOOKMARK)),
    Op("GET",    SCHEDULE, scheduled_wf_runs.get_scheduled_wf_run, ScheduledWfRun, errors=(404, 503)),
    Op("POST",   SCHEDULE + ":pause", scheduled_wf_runs.pause_scheduled_wf_run, ScheduledWfRun, errors=(404, 503)),
    Op("POST",   SCHEDULE + ":resume", scheduled_wf_runs.resume_scheduled_wf_run, ScheduledWfRun,
       errors=(404, 503)),
    Op("POST",   SCHEDULE + ":run-now", scheduled_wf_runs.run_scheduled_wf_run_now, WfRun, 201,
       errors=(404, 409, 412, 429, 503), starts=True),
    Op("DELETE", SCHEDULE, scheduled_wf_runs.delete_scheduled_wf_run, status=204),

    Op("POST",   "/v1/wf-specs", wf_specs.put_wf_spec, WfSpec, body=PutWfSpecRequest,
       errors=(409, 412, 413, 415, 503)),
    Op("GET",    "/v1/wf-specs", wf_specs.list_wf_specs, WfSpecPage, query=(PREFIX, TASK_DEF_NAME, LIMIT, NAME_BOOKMARK)),
    Op("GET",    "/v1/wf-specs/{name}", wf_specs.get_wf_spec, WfSpec, query=(MAJOR_VERSION, REVISION),
       errors=(404, 503)),
    Op("GET",    "/v1/wf-specs/{name}/versions", wf_specs.list_wf_spec_versions, WfSpecList, errors=(404, 503)),
    Op("DELETE", "/v1/wf-specs/{name}/versions/{version}", wf_specs.delete_wf_spec_version, status=204),

    Op("POST",   "/v1/task-defs", task_defs.put_task_def, TaskDef, body=PutTaskDefRequest,
       errors=(409, 413, 415, 503)),
    Op("GET",    "/v1/task-defs", task_defs.list_task_defs, TaskDefPage, query=NAMES),
    Op("GET",    "/v1/task-defs/{name}", task_defs.get_task_def, TaskDef, errors=(404, 503)),
    Op("DELETE", "/v1/task-defs/{name}", task_defs.delete_task_def, status=204),

    Op("POST",   "/v1/struct-defs", struct_defs.put_struct_def, StructDef, body=PutStructDefRequest,
       errors=(413, 415, 503)),
    Op("POST",   "/v1/struct-defs:validate-evolution", struct_defs.validate_struct_def_evolution, StructDefEvolution,
       body=ValidateStructDefEvolutionRequest, errors=(404, 413, 415, 503)),
    Op("GET",    "/v1/struct-defs", struct_defs.list_struct_defs, StructDefPage, query=NAMES),
    Op("GET",    "/v1/struct-defs/{name}", struct_defs.get_struct_def, StructDef, query=(STRUCT_DEF_VERSION,),
       errors=(404, 503)),
    Op("GET",    "/v1/struct-defs/{name}/versions", struct_defs.list_struct_def_versions, StructDefList,
       errors=(404, 503)),
    Op("DELETE", "/v1/struct-defs/{name}/versions/{struct_def_version}", struct_defs.delete_struct_def_version, status=204),

    Op("POST",   "/v1/user-task-defs", user_task_defs.put_user_task_def, UserTaskDef, body=PutUserTaskDefRequest,
       errors=(413, 415, 503)),
    Op("GET",    "/v1/user-task-defs", user_task_defs.list_user_task_defs, UserTaskDefPage, query=NAMES),
    Op("GET",    "/v1/user-task-defs/{name}", user_task_defs.get_user_task_def, UserTaskDef,
       query=(USER_TASK_DEF_VERSION,), errors=(404, 503)),
    Op("GET",    "/v1/user-task-defs/{name}/versions", user_task_defs.list_user_task_def_versions, UserTaskDefList,
       errors=(404, 503)),
    Op("DELETE", "/v1/user-task-defs/{name}/versions/{user_task_def_version}",
       user_task_defs.delete_user_task_def_version, status=204),

    Op("POST",   "/v1/external-event-defs", external_event_defs.put_external_event_def, ExternalEventDef,
       body=PutExternalEventDefRequest, errors=(413, 415, 503)),
    Op("GET",    "/v1/external-event-defs", external_event_defs.list_external_event_defs, ExternalEventDefPage,
       query=NAMES),
    Op("GET",    "/v1/external-event-defs/{name}", external_event_defs.get_external_event_def, ExternalEventDef,
       errors=(404, 503)),
    Op("DELETE", "/v1/external-event-defs/{name}", external_event_defs.delete_external_event_def, status=204),

    Op("POST",   "/v1/workflow-event-defs", workflow_event_defs.put_workflow_event_def, WorkflowEventDef,
       body=PutWorkflowEventDefRequest, errors=(409, 413, 415, 503)),
    Op("GET",    "/v1/workflow-event-defs", workflow_event_defs.list_workflow_event_defs, WorkflowEventDefPage,
       query=NAMES),
    Op("GET",    "/v1/workflow-event-defs/{name}", workflow_event_defs.get_workflow_event_def, WorkflowEventDef,
       errors=(404, 503)),
    Op("DELETE", "/v1/workflow-event-defs/{name}", workflow_event_defs.delete_workflow_event_def, status=204),

    Op("POST",   PLANS, migration_plans.put_migration_plan, WorkflowMigrationPlan,
       body=PutWorkflowMigrationPlanRequest, errors=(409, 412, 413, 415, 503)),
    Op("GET",    PLANS, migration_plans.list_migration_plans, WorkflowMigrationPlanPage, query=(WF_SPEC_NAME, *NAMES)),
    Op("GET",    PLANS + "/{name}", migration_plans.get_migration_plan, WorkflowMigrationPlan, errors=(404, 503)),
    Op("DELETE", PLANS + "/{name}", migration_plans.delete_migration_plan, status=204),
    Op("POST",   PLANS + "/{name}:apply", migration_plans.apply_migration_plan, WfRun,
       body=ApplyWorkflowMigrationPlanRequest, errors=CHANGE, starts=True),
    Op("POST",   PLANS + "/{name}:try", migration_plans.try_migration_plan, MigrationForecasts,
       body=TryWorkflowMigrationPlanRequest, errors=(404, *SEARCH)),

    Op("POST",   "/v1/bulk-jobs", bulk_jobs.create_bulk_job, BulkJob, 201, (), CreateBulkJobRequest,
       (409, 413, 415, 503)),
    Op("GET",    "/v1/bulk-jobs", bulk_jobs.list_bulk_jobs, BulkJobPage, query=(BULK_JOB_STATUS, LIMIT, NAME_BOOKMARK)),
    Op("GET",    "/v1/bulk-jobs/{name}", bulk_jobs.get_bulk_job, BulkJob, errors=(404, 503)),
    Op("DELETE", "/v1/bulk-jobs/{name}", bulk_jobs.delete_bulk_job, status=204, errors=(412, 503)),

    Op("GET",    "/v1/server", server.get_server, ServerInfo),
    Op("GET",    "/v1/quarantine", quarantine.list_quarantine, QuarantineList, query=(LIMIT,)),
    Op("GET",    "/health/live", health.live, Health, errors=(), waits=True),
    Op("GET",    "/health/ready", health.ready, Health, waits=True),
    Op("GET",    "/metrics", metrics.get_metrics, content_type="text/plain", errors=(), waits=True),
    Op("GET",    "/openapi.json", openapi.get_openapi, content_type="application/json", errors=(), waits=True),
    Op("GET",    "/docs", openapi.get_docs, content_type="text/html", errors=(), waits=True),
)
# fmt: on


def create_app(redis_url: str, partitions: int | None = None) -> Starlette:
    """The API as an ASGI app. Its lifespan joins the cluster (FailedPrecondition, Unavailable: as
    store/connect.py's join_cluster); `app.state.services` are its parts."""
    services = Services(redis_url, partitions)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await services.open()
        try:
            yield
        finally:
            await services.close()

    paths: dict[str, list[Op]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, []).append(operation)
    # Verbs first: `/v1/wf-runs/{id}` takes `x:stop` for an id.
    routes = [Route(path, Endpoint(path, paths[path], services)) for path in sorted(paths, key=_has_no_verb)]
    handlers: dict[Any, Any] = {HTTPException: _no_route(services)}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False
    app.state.services = services
    services.openapi = openapi.document(OPERATIONS)
    return app


def _has_no_verb(path: str) -> bool:
    return ":" not in path


def _no_route(services: Services) -> Callable[[Request, Exception], Awaitable[Answer]]:
    """Answers what no URL of the table matches."""

    async def answer(request: Request, error: Exception) -> Answer:
        services.requests.count("unmatched", request.method, 404, 0.0)
        detail = f"there is no URL {request.url.path[:200]}; /docs lists them all"
        refused = RequestRefused(404, "NOT_FOUND", "There is no such URL", detail)
        return answer_of(refused, request.url.path)

    return answer
