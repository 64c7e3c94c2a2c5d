"""migration_plans: the Client's methods that move WfRuns to another version of their WfSpec."""

from __future__ import annotations

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.migration import (
    ApplyWorkflowMigrationPlanRequest,
    MigrationForecasts,
    PutWorkflowMigrationPlanRequest,
    TryWorkflowMigrationPlanRequest,
    WorkflowMigrationPlan,
)
from lhredis.model.wf_run import WfRun

PLANS = "/v1/workflow-migration-plans"


class MigrationPlanCalls:
    """Part of Client."""

    _connection: Connection

    async def put_workflow_migration_plan(
        self, request: PutWorkflowMigrationPlanRequest
    ) -> WorkflowMigrationPlan:
        """Register a plan. The same again changes nothing; AlreadyExists with another one of the name,
        InvalidArgument or FailedPrecondition when it makes no sense."""
        reply = await self._connection.call("POST", PLANS, request.to_json())
        return WorkflowMigrationPlan.model_validate(reply)

    async def get_workflow_migration_plan(self, name: str) -> WorkflowMigrationPlan:
        """NotFound."""
        return WorkflowMigrationPlan.model_validate(await self._connection.call("GET", _path(name)))

    async def list_workflow_migration_plans(
        self,
        wf_spec_name: str | None = None,
        prefix: str | None = None,
        limit: int = 100,
        bookmark: str | None = None,
    ) -> Page[str]:
        """The names of plans, sorted."""
        query = {"wf_spec_name": wf_spec_name, "prefix": prefix, "limit": limit, "bookmark": bookmark}
        reply = await self._connection.call("GET", PLANS, query=query)
        return Page([str(found["name"]) for found in reply["results"]], reply.get("bookmark"))

    async def delete_workflow_migration_plan(self, name: str) -> None:
        """Deleting what is not there is fine; WfRuns that it was applied to go on with it."""
        await self._connection.call("DELETE", _path(name))

    async def apply_workflow_migration_plan(
        self, name: str, request: ApplyWorkflowMigrationPlanRequest
    ) -> WfRun:
        """Migrate one WfRun. NotFound, FailedPrecondition when it has ended or is being migrated already,
        InvalidArgument when what is given for variables does not fit."""
        reply = await self._connection.call("POST", f"{_path(name)}:apply", request.to_json())
        return WfRun.model_validate(reply)

    async def try_workflow_migration_plan(
        self, name: str, request: TryWorkflowMigrationPlanRequest | None = None
    ) -> MigrationForecasts:
        """What the plan would do to WfRuns that have not ended, a page at a time. Nothing changes."""
        form = request.to_json() if request is not None else {}
        return MigrationForecasts.model_validate(
            await self._connection.call("POST", f"{_path(name)}:try", form)
        )


def _path(name: str) -> str:
    return f"{PLANS}/{paths.checked(name, 'name')}"
