"""migration: how the ThreadRuns of one version of a WfSpec go on with another version (semantics.md 14)."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import NamedEnum
from lhredis.model.ids import Model, Name, NameInSpec, View, WfRunIdStr, WfSpecId
from lhredis.model.limits import NUMBER_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX


class NodeMigrationPlan(Model):
    """Where a ThreadRun goes on that is at a node, or comes to it."""

    new_node_name: NameInSpec


class ThreadMigrationPlanRequest(Model):
    """Which ThreadSpec of the new version takes the place of one of the old version. `node_migrations` are
    by the names of the old nodes."""

    new_thread_name: NameInSpec
    node_migrations: dict[str, NodeMigrationPlan]


class ThreadMigrationPlan(ThreadMigrationPlanRequest):
    """The same as registered. `thread_spec_dependencies` are the ThreadSpecs of the old version whose
    ThreadRuns have to be migrated first."""

    thread_spec_dependencies: tuple[str, ...] = ()


class PutWorkflowMigrationPlanRequest(Model):
    """What registers a plan: from a version of a WfSpec to another one of the same name.
    `thread_migrations` are by the names of the old ThreadSpecs; the ThreadRuns of others stay."""

    name: Name
    old_wf_spec: WfSpecId
    major_version: int = Field(ge=0, le=NUMBER_MAX)
    revision: int = Field(ge=0, le=NUMBER_MAX)
    thread_migrations: dict[str, ThreadMigrationPlanRequest] = Field(min_length=1)


class WorkflowMigrationPlanId(Model):
    name: Name


class WorkflowMigrationPlan(View):
    """A registered plan, which never changes. `created_at` is RFC 3339."""

    workflow_migration_plan_id: WorkflowMigrationPlanId
    created_at: str
    old_wf_spec: WfSpecId
    major_version: int
    revision: int
    thread_migrations: dict[str, ThreadMigrationPlan]


class MigrationVars(Model):
    """What new variables of migrated ThreadRuns get: a literal, or another variable of the ThreadRun."""

    var_assignment_by_var_name: dict[str, VariableAssignment] = Field(default_factory=dict)


class ApplyWorkflowMigrationPlanRequest(Model):
    """Applies a plan to one WfRun. `migration_vars_by_thread` is by the names of the old ThreadSpecs."""

    wf_run_id: WfRunIdStr
    migration_vars_by_thread: dict[str, MigrationVars] = Field(default_factory=dict)


class TryWorkflowMigrationPlanRequest(Model):
    """Asks what a plan would do to the WfRuns of its old version that have not ended, a page at a time."""

    migration_vars_by_thread: dict[str, MigrationVars] = Field(default_factory=dict)
    limit: int = Field(default=PAGE_ITEMS_DEFAULT, ge=1, le=PAGE_ITEMS_MAX)
    bookmark: str | None = None


class MigrationOutcome(NamedEnum):
    """What a plan would do to a WfRun. MOVES_NOW: a ThreadRun waits where the plan says so. MOVES_LATER: one
    may come to such a node. STAYS: none can. CANNOT: applying it would be refused."""

    MOVES_NOW = 0
    MOVES_LATER = 1
    STAYS = 2
    CANNOT = 3


class MigrationForecast(View):
    """What a plan would do to one WfRun, and why."""

    wf_run_id: WfRunIdStr
    outcome: MigrationOutcome
    why: str


class MigrationForecasts(View):
    """A page of forecasts; `counts` are of this page, by outcome."""

    results: tuple[MigrationForecast, ...]
    counts: dict[str, int]
    bookmark: str | None = None
