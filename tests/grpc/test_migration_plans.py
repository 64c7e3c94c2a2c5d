"""WorkflowMigrationPlans by LittleHorse's client: a WfRun that waits goes over to the next version."""

from __future__ import annotations

import grpc
from littlehorse.model import (
    ApplyWorkflowMigrationPlanRequest,
    DeleteWorkflowMigrationPlanRequest,
    ExternalEventDefId,
    LHStatus,
    NodeMigrationPlan,
    PutExternalEventDefRequest,
    PutExternalEventRequest,
    PutWorkflowMigrationPlanRequest,
    RunWfRequest,
    SearchWorkflowMigrationPlanRequest,
    ThreadMigrationPlanRequest,
    WorkflowMigrationPlanId,
    WorkflowRetentionPolicy,
)
from littlehorse.workflow import Workflow

from tests.grpc.lh import LH

KEEP = WorkflowRetentionPolicy(seconds_after_wf_termination=60)
PLAN = WorkflowMigrationPlanId(name="over")


def waiting_for(event: str) -> Workflow:
    return Workflow("waits", lambda wf: wf.wait_for_event(event))


async def planned(lh: LH) -> PutWorkflowMigrationPlanRequest:
    """Two versions that wait for different events, and a plan that leads from one to the other."""
    ids = []
    for event in ("first", "second"):
        await lh.stub.PutExternalEventDef(PutExternalEventDefRequest(name=event))
        ids.append((await lh.stub.PutWfSpec(waiting_for(event).compile())).id)
    nodes = {"1-first-EXTERNAL_EVENT": NodeMigrationPlan(new_node_name="1-second-EXTERNAL_EVENT")}
    plan = ThreadMigrationPlanRequest(new_thread_name="entrypoint", node_migrations=nodes)
    return PutWorkflowMigrationPlanRequest(
        name=PLAN.name, old_wfSpec=ids[0], major_version=0, revision=1, thread_migrations={"entrypoint": plan}
    )


async def test_a_run_that_waits_goes_over(lh: LH) -> None:
    request = await planned(lh)
    plan = await lh.stub.PutWorkflowMigrationPlan(request)
    assert plan.workflow_migration_plan_id == PLAN
    assert plan.old_wfSpec == request.old_wfSpec
    migrated = plan.thread_migrations["entrypoint"]
    assert migrated.node_migrations == request.thread_migrations["entrypoint"].node_migrations
    assert await lh.stub.GetWorkflowMigrationPlan(PLAN) == plan
    assert await lh.stub.PutWorkflowMigrationPlan(request) == plan

    old = await lh.stub.RunWf(RunWfRequest(wf_spec_name="waits", major_version=0, revision=0))
    run = await lh.stub.ApplyWorkflowMigrationPlan(
        ApplyWorkflowMigrationPlanRequest(id=PLAN, wfRun_id=old.id)
    )
    assert run.id == old.id
    assert run.wf_spec_id.revision == 1
    assert list(run.old_wf_spec_versions) == [request.old_wfSpec]

    event = ExternalEventDefId(name="second")
    await lh.stub.PutExternalEvent(PutExternalEventRequest(wf_run_id=run.id, external_event_def_id=event))
    assert (await lh.stub.GetWfRun(run.id)).status == LHStatus.COMPLETED
    call = lh.stub.ApplyWorkflowMigrationPlan(ApplyWorkflowMigrationPlanRequest(id=PLAN, wfRun_id=run.id))
    await lh.refusal(grpc.StatusCode.FAILED_PRECONDITION, call=call)


async def test_plans_are_found_refused_and_deleted(lh: LH) -> None:
    request = await planned(lh)
    await lh.stub.PutWorkflowMigrationPlan(request)
    for search in (
        SearchWorkflowMigrationPlanRequest(wf_spec_name="waits"),
        SearchWorkflowMigrationPlanRequest(prefix="ov"),
    ):
        assert list((await lh.stub.SearchWorkflowMigrationPlan(search)).results) == [PLAN]

    await lh.stub.PutWfSpec(waiting_for("second").with_retention_policy(KEEP).compile())
    request.revision = 2
    call = lh.stub.PutWorkflowMigrationPlan(request)
    await lh.refusal(grpc.StatusCode.ALREADY_EXISTS, "over", call=call)
    request.name = "nothing"
    request.thread_migrations["entrypoint"].node_migrations.clear()
    call = lh.stub.PutWorkflowMigrationPlan(request)
    await lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "node_migrations", call=call)

    await lh.stub.DeleteWorkflowMigrationPlan(DeleteWorkflowMigrationPlanRequest(id=PLAN))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, call=lh.stub.GetWorkflowMigrationPlan(PLAN))
