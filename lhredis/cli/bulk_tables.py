"""bulk_tables: BulkJobs as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed
from lhredis.model.bulk_job import BulkJob, BulkRescueWfRun
from lhredis.model.enums import LHStatus


def bulk_job_table(job: BulkJob) -> RenderableType:
    wanted = job.bulk_delete_wf_run or job.bulk_rescue_wf_run or job.bulk_migrate_wf_run
    assert wanted is not None
    done = sum(one.done for one in job.subprocesses)
    head = grid(
        [
            ("bulk-job", Text(job.id.id, style="bold")),
            ("does", Text(_what(job))),
            ("that are", Text(_which(job))),
            ("from", Text(str(wanted.earliest_start or ""))),
            ("until", Text(str(wanted.latest_start or ""))),
            ("status", Text(f"{job.status.name}, {done} of {job.total_subprocesses} partitions done")),
            ("so far", Text(progress(job))),
            ("created", Text(job.created_at)),
        ]
    )
    rows = (
        (one.partition, one.deleted + one.migrated + one.rescued, one.failed, "yes" if one.done else "")
        for one in job.subprocesses
    )
    return Group(head, "", listed(("partition", _verb(job), "failed", "done"), rows))


def bulk_jobs_table(jobs: Sequence[BulkJob]) -> RenderableType:
    """A line for each."""
    return listed(
        ("bulk-job", "does", "status", "so far", "created"),
        ((one.id.id, _what(one), one.status.name, progress(one), one.created_at) for one in jobs),
    )


def _what(job: BulkJob) -> str:
    if job.bulk_delete_wf_run is not None:
        return f"deletes WfRuns of {job.bulk_delete_wf_run.wf_spec_name}"
    if job.bulk_rescue_wf_run is not None:
        return f"rescues WfRuns of {job.bulk_rescue_wf_run.wf_spec_name}"
    assert job.bulk_migrate_wf_run is not None
    return f"applies {job.bulk_migrate_wf_run.workflow_migration_plan_id.name}"


def _which(job: BulkJob) -> str:
    """What narrows it beside the time: `COMPLETED, of 0.1, email=a@b.c`."""
    wanted = job.bulk_delete_wf_run or job.bulk_rescue_wf_run
    if wanted is None:
        return ""
    found = []
    status = LHStatus.ERROR if isinstance(wanted, BulkRescueWfRun) else wanted.status
    if status is not None:
        found.append(status.name)
    if wanted.wf_spec_major_version is not None:
        revision = wanted.wf_spec_revision
        found.append(f"of {wanted.wf_spec_major_version}.{'x' if revision is None else revision}")
    found += [f"{match.var_name}={match.value}" for match in wanted.variable_filters]
    return ", ".join(found)


def progress(job: BulkJob) -> str:
    """How many WfRuns it has dealt with so far."""
    done = sum(one.deleted + one.migrated + one.rescued for one in job.subprocesses)
    failed = sum(one.failed for one in job.subprocesses)
    return f"{done} {_verb(job)}" + (f", {failed} failed" if failed else "")


def _verb(job: BulkJob) -> str:
    if job.bulk_delete_wf_run is not None:
        return "deleted"
    return "rescued" if job.bulk_rescue_wf_run is not None else "migrated"
