"""bulk_jobs: where BulkJobs differ: the names of their states, and what is told of a partition."""

from __future__ import annotations

from littlehorse.model.bulk_job_pb2 import BulkDeleteWfRun, BulkJob

from lhredis.grpc.messages.mapper import Form, Mapping, register, renamed


def _ours(form: Form) -> Form:
    return renamed(form, "wf_run_status", "status")


def _theirs(form: Form) -> Form:
    return renamed(form, "status", "wf_run_status")


def _job(form: Form) -> Form:
    parts = [{"id": one["partition"], "status": _status_of(one)} for one in form["subprocesses"]]
    return form | {"status": f"BULK_JOB_{form['status']}", "subprocesses": parts}


def _status_of(part: Form) -> str:
    if not part["done"]:
        return "BULK_JOB_RUNNING"
    return "BULK_JOB_FAILED" if part["failed"] else "BULK_JOB_COMPLETED"


register(BulkDeleteWfRun, Mapping(ours=_ours, theirs=_theirs))
register(BulkJob, Mapping(theirs=_job))
