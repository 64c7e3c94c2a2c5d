"""bulk_job: what is done to many WfRuns, in the background."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, NamedEnum
from lhredis.model.ids import Model, Name, View
from lhredis.model.limits import VARIABLE_FILTERS_MAX
from lhredis.model.migration import MigrationVars, WorkflowMigrationPlanId
from lhredis.model.one_of import exactly_one
from lhredis.model.search import TimeRange, VariableMatch, VersionFilter


class BulkJobStatus(NamedEnum):
    """FAILED when it went over everything, and some WfRuns could not be deleted, migrated or rescued."""

    RUNNING = 0
    COMPLETED = 1
    FAILED = 2


class BulkDeleteWfRun(TimeRange, VersionFilter):
    """Deletes the WfRuns of a WfSpec that a search with these filters would find. Without a `status` whatever
    they do; the status is one in which a WfRun has ended."""

    status: LHStatus | None = None
    variable_filters: tuple[VariableMatch, ...] = Field(default=(), max_length=VARIABLE_FILTERS_MAX)

    @model_validator(mode="after")
    def _has_ended(self) -> BulkDeleteWfRun:
        if self.status is not None and self.status not in TERMINAL_STATUSES:
            ended = ", ".join(status.name for status in sorted(TERMINAL_STATUSES))
            raise ValueError(f"status: one of {ended} is wanted; got {self.status.name}")
        return self


class BulkMigrateWfRun(TimeRange):
    """Applies a WorkflowMigrationPlan to the WfRuns of its old version that began in this time and have not
    ended. The rest is as in ApplyWorkflowMigrationPlanRequest."""

    workflow_migration_plan_id: WorkflowMigrationPlanId
    migration_vars_by_thread: dict[str, MigrationVars] = Field(default_factory=dict)


class BulkRescueWfRun(TimeRange, VersionFilter):
    """Has the WfRuns in ERROR of a WfSpec that a search with these filters would find go on, each where it
    failed first; with `skip_current_node` behind that."""

    variable_filters: tuple[VariableMatch, ...] = Field(default=(), max_length=VARIABLE_FILTERS_MAX)
    skip_current_node: bool = False


class CreateBulkJobRequest(Model):
    """One of the three. Without an id the job gets a random one; a known id answers the job that has it."""

    id: Name | None = None
    bulk_delete_wf_run: BulkDeleteWfRun | None = None
    bulk_migrate_wf_run: BulkMigrateWfRun | None = None
    bulk_rescue_wf_run: BulkRescueWfRun | None = None

    KINDS: ClassVar[tuple[str, ...]] = ("bulk_delete_wf_run", "bulk_migrate_wf_run", "bulk_rescue_wf_run")

    @model_validator(mode="after")
    def _one_kind(self) -> CreateBulkJobRequest:
        exactly_one(self, self.KINDS)
        return self


class BulkJobId(Model):
    id: Name


class BulkSubprocess(Model):
    """How far a job is in one partition."""

    partition: int
    deleted: int = Field(default=0, description="WfRuns deleted so far.")
    migrated: int = Field(default=0, description="WfRuns to which the plan was applied so far.")
    rescued: int = Field(default=0, description="WfRuns that were rescued so far.")
    failed: int = Field(default=0, description="WfRuns to which that could not be done.")
    done: bool = False


class BulkJob(View):
    """A job, and how far it is."""

    id: BulkJobId
    created_at: str
    status: BulkJobStatus
    bulk_delete_wf_run: BulkDeleteWfRun | None = None
    bulk_migrate_wf_run: BulkMigrateWfRun | None = None
    bulk_rescue_wf_run: BulkRescueWfRun | None = None
    subprocesses: tuple[BulkSubprocess, ...]
    total_subprocesses: int
