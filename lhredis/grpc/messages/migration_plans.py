"""migration_plans: fields of migration messages whose names are spelled otherwise there."""

from __future__ import annotations

from littlehorse.model.service_pb2 import ApplyWorkflowMigrationPlanRequest, PutWorkflowMigrationPlanRequest
from littlehorse.model.workflow_migration_pb2 import ThreadMigrationPlanRequest, WorkflowMigrationPlan

from lhredis.grpc.messages.mapper import Form, Mapping, register, renamed


def _ours(form: Form) -> Form:
    return renamed(form, "old_wfSpec", "old_wf_spec")


def _theirs(form: Form) -> Form:
    return renamed(form, "old_wf_spec", "old_wfSpec")


def _apply(form: Form) -> Form:
    """The plan is named in the URL of ours."""
    form.pop("id", None)
    return renamed(form, "wfRun_id", "wf_run_id")


def _thread(form: Form) -> Form:
    return {"node_migrations": {}} | form


register(ThreadMigrationPlanRequest, Mapping(ours=_thread))
register(PutWorkflowMigrationPlanRequest, Mapping(ours=_ours))
register(WorkflowMigrationPlan, Mapping(theirs=_theirs))
register(ApplyWorkflowMigrationPlanRequest, Mapping(ours=_apply))
