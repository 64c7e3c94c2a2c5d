"""bulk_tables: BulkJobs as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed
from lhredis.model.bulk_job import BulkJob


def bulk_job_table(job: BulkJob) -> RenderableType:
    wanted = job.bulk_delete_wf_run
    done = sum(one.done for one in job.subprocesses)
    head = grid(
        [
            ("bulk-job", Text(job.id.id, style="bold")),
            ("deletes", Text(f"WfRuns of {wanted.wf_spec_name}")),
            ("that are", Text(wanted.status.name if wanted.status is not None else "")),
            ("from", Text(str(wanted.earliest_start or ""))),
            ("until", Text(str(wanted.latest_start or ""))),
            ("status", Text(f"{job.status.name}, {done} of {job.total_subprocesses} partitions done")),
            ("deleted", Text(str(deleted(job)))),
            ("created", Text(job.created_at)),
        ]
    )
    rows = ((one.partition, one.deleted, one.failed, "yes" if one.done else "") for one in job.subprocesses)
    return Group(head, "", listed(("partition", "deleted", "failed", "done"), rows))


def bulk_jobs_table(jobs: Sequence[BulkJob]) -> RenderableType:
    """A line for each."""
    return listed(
        ("bulk-job", "wf-spec", "status", "deleted", "created"),
        (
            (one.id.id, one.bulk_delete_wf_run.wf_spec_name, one.status.name, deleted(one), one.created_at)
            for one in jobs
        ),
    )


def deleted(job: BulkJob) -> int:
    """How many WfRuns it has deleted so far."""
    return sum(one.deleted for one in job.subprocesses)
