"""R: WfRuns that go on with another version of their WfSpec."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from lhredis.model.bulk_job import BulkJob, BulkJobStatus, BulkMigrateWfRun, CreateBulkJobRequest
from lhredis.model.ids import WfSpecId
from lhredis.model.migration import (
    ApplyWorkflowMigrationPlanRequest,
    MigrationOutcome,
    PutWorkflowMigrationPlanRequest,
    TryWorkflowMigrationPlanRequest,
    WorkflowMigrationPlan,
    WorkflowMigrationPlanId,
)
from lhredis.model.search import SearchWfRunRequest
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.model.wf_run import WfRun
from lhredis.model.wf_spec import WfSpec
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from lhredis.workflow.thread_draft import ThreadFunction
from tests.acceptance.town import Town
from tests.support import wait_until


@task
def greet() -> str:
    return "hello"


@task
def add(number: int, more: int) -> int:
    return number + more


def greets(wf: WorkflowThread) -> None:
    wf.execute(greet)


def waits_for_event(wf: WorkflowThread) -> None:
    wf.wait_for_event("go")


def sleeps(wf: WorkflowThread) -> None:
    wf.sleep(300)


def asks(wf: WorkflowThread) -> None:
    wf.assign_user_task("approve", "ann")


def waits_for_condition(wf: WorkflowThread) -> None:
    flag = wf.declare_bool("flag", default_value=False)
    wf.wait_for_condition(flag.is_equal_to(True))


def at(spec: WfSpec, part: str, thread: str = "entrypoint") -> str:
    """The node that has this in its name."""
    (found,) = [name for name in spec.thread_specs[thread].nodes if part in name]
    return found


async def versions(town: Town, before: ThreadFunction, after: ThreadFunction) -> tuple[WfSpec, WfSpec]:
    """Two versions of `flow`, and everything that they name."""
    await town.events("go", "parent-goes", "first", "second")
    await town.client.put_user_task_def(
        PutUserTaskDefRequest.model_validate({"name": "approve", "fields": [{"name": "ok", "type": "BOOL"}]})
    )
    await town.work(greet, add)
    return await town.deploy(before), await town.deploy(after)


def request(
    old: WfSpec, new: WfSpec, name: str = "plan", **threads: dict[str, Any]
) -> PutWorkflowMigrationPlanRequest:
    """`thread={"to": new thread, old node: new node…}`."""
    form = {
        thread: {
            "new_thread_name": plan.get("to", thread),
            "node_migrations": {
                node: {"new_node_name": new_node} for node, new_node in plan.items() if node != "to"
            },
        }
        for thread, plan in threads.items()
    }
    return PutWorkflowMigrationPlanRequest.model_validate(
        {
            "name": name,
            "old_wf_spec": old.id.to_json(),
            "major_version": new.id.major_version,
            "revision": new.id.revision,
            "thread_migrations": form,
        }
    )


async def put(town: Town, old: WfSpec, new: WfSpec, **threads: dict[str, Any]) -> WorkflowMigrationPlan:
    return await town.client.put_workflow_migration_plan(request(old, new, **threads))


async def apply(town: Town, run: WfRun, **given: dict[str, Any]) -> WfRun:
    """Apply `plan`; `thread={variable: literal}`."""
    variables = {
        thread: {
            "var_assignment_by_var_name": {name: {"literal_value": value} for name, value in values.items()}
        }
        for thread, values in given.items()
    }
    form = {"wf_run_id": run.id, "migration_vars_by_thread": variables}
    return await town.client.apply_workflow_migration_plan(
        "plan", ApplyWorkflowMigrationPlanRequest.model_validate(form)
    )


@pytest.mark.parametrize(
    ("before", "part"),
    [(waits_for_event, "go"), (sleeps, "sleep"), (asks, "approve"), (waits_for_condition, "condition")],
    ids=["R1 event", "R2 sleep", "R3 user task", "R4 condition"],
)
async def test_r1_to_r4_a_thread_that_waits_goes_over_at_once(
    town: Town, before: ThreadFunction, part: str
) -> None:
    old, new = await versions(town, before, greets)
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await put(town, old, new, entrypoint={at(old, part): at(new, "greet")})
    migrated = await apply(town, run)
    assert migrated.wf_spec_id == migrated.thread_runs[0].wf_spec_id == new.id
    assert migrated.old_wf_spec_versions == (old.id,)
    run = await town.ended(run)
    assert run.status.name == "COMPLETED"
    left, taken = await town.node(run, 0, 1), await town.node(run, 0, 2)
    assert (left.wf_spec_id, left.status.name, left.node_name) == (old.id, "HALTED", at(old, part))
    assert (taken.wf_spec_id, taken.status.name, taken.node_name) == (new.id, "COMPLETED", at(new, "greet"))
    found = await town.client.search_wf_runs(
        SearchWfRunRequest.model_validate(
            {
                "wf_spec_name": "flow",
                "wf_spec_major_version": new.id.major_version,
                "wf_spec_revision": new.id.revision,
            }
        )
    )
    assert [one.id for one in found.items] == [run.id]


def family(child_waits: bool, total: int) -> ThreadFunction:
    def story(wf: WorkflowThread) -> None:
        number = wf.declare_int("number", default_value=total)

        def child(inner: WorkflowThread) -> None:
            if child_waits:
                inner.wait_for_event("go")
            else:
                number.assign(inner.execute(add, number, 2))

        started = wf.spawn_thread(child, "child")
        wf.wait_for_event("parent-goes")
        wf.wait_for_threads(started)

    return story


async def test_r5_only_the_child_goes_over(town: Town) -> None:
    old, new = await versions(town, family(True, 1), family(False, 2))
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await put(town, old, new, child={at(old, "go", "child"): at(new, "add", "child")})
    migrated = await apply(town, run)
    assert [thread.wf_spec_id for thread in migrated.thread_runs] == [old.id, new.id]
    assert (migrated.wf_spec_id, migrated.old_wf_spec_versions) == (old.id, ())
    await town.post(run, "parent-goes")
    run = await town.ended(run)
    assert (run.status.name, run.wf_spec_id) == ("COMPLETED", old.id)
    assert await town.variable(run, "number") == 3


async def test_r7_the_parent_goes_over_first(town: Town) -> None:
    old, new = await versions(town, family(True, 30), family(False, 30))
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    plan = await put(
        town,
        old,
        new,
        entrypoint={at(old, "parent-goes"): at(new, "parent-goes")},
        child={at(old, "-go-", "child"): at(new, "add", "child")},
    )
    assert plan.thread_migrations["child"].thread_spec_dependencies == ("entrypoint",)
    assert plan.thread_migrations["entrypoint"].thread_spec_dependencies == ()
    migrated = await apply(town, run)
    assert [thread.wf_spec_id for thread in migrated.thread_runs] == [new.id, new.id]
    await town.post(run, "parent-goes")
    run = await town.ended(run)
    assert (run.status.name, await town.variable(run, "number")) == ("COMPLETED", 32)


async def test_r8_the_node_counts_that_the_thread_stands_on(town: Town) -> None:
    def before(wf: WorkflowThread) -> None:
        wf.wait_for_event("first")
        wf.wait_for_event("second")

    def after(wf: WorkflowThread) -> None:
        wf.execute(add, 1, 1)
        wf.execute(greet)

    old, new = await versions(town, before, after)
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await town.post(run, "first")
    nodes = {at(old, "first"): at(new, "add"), at(old, "second"): at(new, "greet")}
    await put(town, old, new, entrypoint=nodes)
    await apply(town, run)
    await town.ended(run)
    assert (await town.node(run, 0, 3)).node_name == at(new, "greet")
    assert await town.outputs(run) == ["hello"]


async def test_r9_a_thread_at_work_goes_over_when_its_task_is_done(town: Town) -> None:
    def before(wf: WorkflowThread) -> None:
        wf.execute("by-hand")
        wf.wait_for_event("go")

    await town.client.put_task_def(PutTaskDefRequest(name="by-hand"))
    old, new = await versions(town, before, greets)
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await put(town, old, new, entrypoint={at(old, "go"): at(new, "greet")})
    migrating = await apply(town, run)
    assert migrating.wf_spec_id == old.id
    assert migrating.workflow_migration_plan_id == WorkflowMigrationPlanId(name="plan")
    with pytest.raises(FailedPrecondition, match="is being migrated already, by plan 'plan'"):
        await apply(town, run)
    (at_work,) = await town.hand.claim("by-hand")
    await town.hand.report(at_work)
    run = await town.ended(run)
    assert (run.status.name, run.wf_spec_id) == ("COMPLETED", new.id)
    left = await town.node(run, 0, 1)
    assert (left.status.name, left.wf_spec_id) == ("COMPLETED", old.id)


async def test_a_version_that_was_deleted_takes_nobody_over(town: Town) -> None:
    def before(wf: WorkflowThread) -> None:
        wf.execute("by-hand")
        wf.wait_for_event("go")

    await town.client.put_task_def(PutTaskDefRequest(name="by-hand"))
    old, new = await versions(town, before, greets)
    newest = await town.deploy(sleeps)
    runs = [await town.run(major_version=old.id.major_version, revision=old.id.revision) for _ in range(2)]
    await put(town, old, new, entrypoint={at(old, "go"): at(new, "greet")})
    for run in runs:
        await apply(town, run)
    await town.client.delete_wf_spec(new.id.name, new.id.major_version, new.id.revision)

    other = request(old, newest, "other", entrypoint={at(old, "go"): at(newest, "sleep")})
    await town.client.put_workflow_migration_plan(other)

    async def both_may_go_elsewhere() -> bool:
        page = await town.client.try_workflow_migration_plan("other", TryWorkflowMigrationPlanRequest())
        return page.counts["MOVES_LATER"] == 2

    await wait_until(both_may_go_elsewhere)  # as soon as every process knows of the deletion
    again = ApplyWorkflowMigrationPlanRequest(wf_run_id=runs[1].id)
    await town.client.apply_workflow_migration_plan("other", again)

    for _ in runs:
        (at_work,) = await town.hand.claim("by-hand")
        await town.hand.report(at_work)

    async def both_moved_on() -> list[WfRun] | None:
        found = [await town.again(run) for run in runs]
        return found if all(one.thread_runs[0].current_node_position == 2 for one in found) else None

    stayed, moved = await wait_until(both_moved_on)
    assert (stayed.wf_spec_id, stayed.workflow_migration_plan_id) == (old.id, None)
    assert moved.wf_spec_id == newest.id


async def test_r10_a_value_that_does_not_fit_is_refused_and_the_run_stays(town: Town) -> None:
    def after(wf: WorkflowThread) -> None:
        number = wf.declare_int("number").required()
        wf.execute(add, number, 1)

    old, new = await versions(town, waits_for_event, after)
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await put(town, old, new, entrypoint={at(old, "go"): at(new, "add")})
    with pytest.raises(InvalidArgument, match=r"migration_vars_by_thread\.entrypoint\.number"):
        await apply(town, run, entrypoint={"number": "three"})
    with pytest.raises(InvalidArgument, match="required"):
        await apply(town, run)
    with pytest.raises(InvalidArgument, match="the plan migrates no ThreadSpec 'other'"):
        await apply(town, run, other={"number": 3})
    assert (await town.again(run)).wf_spec_id == old.id
    await apply(town, run, entrypoint={"number": 3})
    await town.ended(run)
    assert await town.outputs(run) == [4]


async def test_r11_names_that_are_not_there_are_refused(town: Town) -> None:
    old, new = await versions(town, family(True, 1), family(False, 2))
    go, greets_at = at(old, "parent-goes"), at(new, "parent-goes")
    gone = new.model_copy(update={"id": WfSpecId(name="flow", major_version=7, revision=0)})
    unknown = old.model_copy(update={"id": WfSpecId(name="nothing", major_version=0, revision=0)})
    for one, text in (
        (request(old, gone, entrypoint={go: greets_at}), r"major_version: there is no WfSpec 'flow' 7\.0"),
        (request(unknown, new, entrypoint={go: greets_at}), "old_wf_spec: there is no WfSpec 'nothing'"),
        (request(old, new, other={go: greets_at}), "has no ThreadSpec 'other'"),
        (request(old, new, child={"to": "other", go: greets_at}), "has no ThreadSpec 'other'"),
        (request(old, new, entrypoint={"other": greets_at}), "no node 'other'"),
        (request(old, new, entrypoint={go: "other"}), "no node 'other'"),
        (request(old, new, entrypoint={"to": "child", go: greets_at}), "entrypoint ThreadSpec"),
        (request(old, new, entrypoint={"0-entrypoint-ENTRYPOINT": greets_at}), "ENTRYPOINT is not migrated"),
        (request(old, new, entrypoint={}), "names no node"),
        (request(old, old, entrypoint={go: go}), "another version"),
    ):
        with pytest.raises(InvalidArgument, match=text):
            await town.client.put_workflow_migration_plan(one)


async def test_r11_a_variable_without_an_owner_is_refused(town: Town) -> None:
    def after(wf: WorkflowThread) -> None:
        new_one = wf.declare_int("new-one", default_value=1)

        def child(inner: WorkflowThread) -> None:
            inner.execute(add, new_one, 1)

        wf.wait_for_threads(wf.spawn_thread(child, "child"))

    old, new = await versions(town, family(True, 1), after)
    with pytest.raises(FailedPrecondition, match="'new-one', which ThreadSpec 'entrypoint' owns"):
        await put(town, old, new, child={at(old, "go", "child"): at(new, "add", "child")})


async def test_a_plan_never_changes(town: Town) -> None:
    old, new = await versions(town, waits_for_event, greets)
    threads = {"entrypoint": {at(old, "go"): at(new, "greet")}}
    plan = await put(town, old, new, **threads)
    assert await put(town, old, new, **threads) == plan
    assert await town.client.get_workflow_migration_plan("plan") == plan
    with pytest.raises(AlreadyExists):
        await town.client.put_workflow_migration_plan(
            request(new, old, entrypoint={at(new, "greet"): at(old, "go")})
        )
    assert (await town.client.list_workflow_migration_plans("flow")).items == ["plan"]
    assert (await town.client.list_workflow_migration_plans("other")).items == []
    assert (await town.client.list_workflow_migration_plans(prefix="x")).items == []
    await town.client.delete_workflow_migration_plan("plan")
    await town.client.delete_workflow_migration_plan("plan")
    with pytest.raises(NotFound):
        await town.client.get_workflow_migration_plan("plan")


async def test_a_run_that_ended_is_not_migrated(town: Town) -> None:
    old, new = await versions(town, waits_for_event, greets)
    run = await town.run(major_version=old.id.major_version, revision=old.id.revision)
    await put(town, old, new, entrypoint={at(old, "go"): at(new, "greet")})
    await town.post(run, "go")
    with pytest.raises(FailedPrecondition, match="has ended: it is COMPLETED"):
        await apply(town, run)


async def test_a_plan_is_tried_before_it_is_applied_to_all(town: Town) -> None:
    def before(wf: WorkflowThread) -> None:
        wf.wait_for_event("first")
        wf.wait_for_event("go")
        wf.wait_for_event("second")

    old, new = await versions(town, before, greets)
    runs = [await town.run(major_version=old.id.major_version, revision=old.id.revision) for _ in range(6)]
    await town.run()  # of the new version: nobody's business
    for run in runs[:4]:
        await town.post(run, "first")
    await town.post(runs[0], "go")
    await put(town, old, new, entrypoint={at(old, "go"): at(new, "greet")})

    page = await town.client.try_workflow_migration_plan("plan", TryWorkflowMigrationPlanRequest(limit=4))
    rest = await town.client.try_workflow_migration_plan(
        "plan", TryWorkflowMigrationPlanRequest(limit=4, bookmark=page.bookmark)
    )
    found = {one.wf_run_id: one.outcome for one in (*page.results, *rest.results)}
    now, later, stays = MigrationOutcome.MOVES_NOW, MigrationOutcome.MOVES_LATER, MigrationOutcome.STAYS
    assert found == dict(zip([run.id for run in runs], [stays, now, now, now, later, later], strict=True))
    assert rest.bookmark is None
    assert sum(page.counts.values()) + sum(rest.counts.values()) == 6
    for run in runs:
        assert (await town.again(run)).wf_spec_id == old.id

    wanted = BulkMigrateWfRun(workflow_migration_plan_id=WorkflowMigrationPlanId(name="plan"))
    job = await town.client.create_bulk_job(CreateBulkJobRequest(bulk_migrate_wf_run=wanted))

    async def done() -> BulkJob | None:
        found = await town.client.get_bulk_job(job.id.id)
        return found if found.status is not BulkJobStatus.RUNNING else None

    finished: BulkJob = await wait_until(done)
    assert (finished.status, sum(one.migrated for one in finished.subprocesses)) == (
        BulkJobStatus.COMPLETED,
        6,
    )
    for run in runs[1:4]:
        assert (await town.ended(run)).wf_spec_id == new.id
    assert (await town.again(runs[4])).workflow_migration_plan_id == WorkflowMigrationPlanId(name="plan")
    await town.post(runs[4], "first")
    assert (await town.ended(runs[4])).wf_spec_id == new.id
    await town.post(runs[0], "second")
    assert (await town.ended(runs[0])).wf_spec_id == old.id
