"""sync_migration_plans: the SyncClient's methods that move WfRuns to another version of their WfSpec."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.migration import (
    ApplyWorkflowMigrationPlanRequest,
    MigrationForecasts,
    PutWorkflowMigrationPlanRequest,
    TryWorkflowMigrationPlanRequest,
    WorkflowMigrationPlan,
)
from lhredis.model.wf_run import WfRun


class SyncMigrationPlanCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def put_workflow_migration_plan(self, request: PutWorkflowMigrationPlanRequest) -> WorkflowMigrationPlan:
        return self._wait(self._client.put_workflow_migration_plan(request))

    def get_workflow_migration_plan(self, name: str) -> WorkflowMigrationPlan:
        return self._wait(self._client.get_workflow_migration_plan(name))

    def list_workflow_migration_plans(
        self,
        wf_spec_name: str | None = None,
        prefix: str | None = None,
        limit: int = 100,
        bookmark: str | None = None,
    ) -> Page[str]:
        return self._wait(self._client.list_workflow_migration_plans(wf_spec_name, prefix, limit, bookmark))

    def delete_workflow_migration_plan(self, name: str) -> None:
        return self._wait(self._client.delete_workflow_migration_plan(name))

    def apply_workflow_migration_plan(self, name: str, request: ApplyWorkflowMigrationPlanRequest) -> WfRun:
        return self._wait(self._client.apply_workflow_migration_plan(name, request))

    def try_workflow_migration_plan(
        self, name: str, request: TryWorkflowMigrationPlanRequest | None = None
    ) -> MigrationForecasts:
        return self._wait(self._client.try_workflow_migration_plan(name, request))
