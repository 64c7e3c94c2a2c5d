"""furnished: a deployment that has something of everything, and what it is called."""

from __future__ import annotations

from lhredis.client import Client
from lhredis.model.bulk_job import BulkDeleteWfRun, CreateBulkJobRequest
from lhredis.model.enums import LHStatus, VariableType
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.migration import PutWorkflowMigrationPlanRequest
from lhredis.model.struct_def import PutStructDefRequest
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.workflow import Workflow, WorkflowThread
from tests.api.specs import compiled, put_doubling, put_instant, put_secret
from tests.support import wait_until

WF_RUNS = {
    "asking": LHStatus.RUNNING,
    "sleeping": LHStatus.RUNNING,
    "waiting": LHStatus.RUNNING,
    "queued": LHStatus.RUNNING,
    "parent": LHStatus.RUNNING,
    "parent_child": LHStatus.RUNNING,
    "done": LHStatus.COMPLETED,
    "worked": LHStatus.COMPLETED,
    "failed": LHStatus.ERROR,
    "refused": LHStatus.EXCEPTION,
    "halted": LHStatus.HALTED,
}
WF_SPECS = ("asks", "instant", "doubling", "secret", "family", "moves", "nobody")
TASK_DEFS = ("double", "charge", "nobody")
USER_TASK_DEFS = ("form",)
EXTERNAL_EVENT_DEFS = ("happened", "keyed")
WORKFLOW_EVENT_DEFS = ("thrown",)
STRUCT_DEFS = ("car",)
MIGRATION_PLANS = ("moving",)
SCHEDULES = ("yearly", "paused")
BULK_JOBS = ("job",)


async def furnish(client: Client) -> None:
    """Needs a scheduler, and a worker of `double`; afterwards the WF_RUNS have their statuses."""
    await _put_definitions(client)
    await client.put_wf_spec(compiled("moves", lambda wf: wf.wait_for_event("happened")))
    await client.run_wf("moves", id="waiting")
    await client.put_wf_spec(Workflow("moves", _moves_more).compile())
    await _put_migration_plan(client)
    await client.run_wf("asks", id="asking")
    await client.run_wf("sleeps", id="sleeping")
    await client.run_wf("idle", id="queued")
    await client.run_wf("family", id="parent")
    await client.run_wf("youngest", id="child", parent_wf_run_id="parent")
    await client.run_wf("throws", id="done")
    await client.run_wf("doubling", {"n": 2}, id="worked", wait_ms=20_000)
    await client.run_wf("fails", id="failed")
    await client.run_wf("refuses", id="refused")
    await client.run_wf("sleeps", id="halted")
    await client.stop_wf_run("halted")
    await client.schedule_wf("asks", "0 0 1 1 *", id="yearly")
    await client.schedule_wf("asks", "0 0 1 1 *", id="paused")
    await client.pause_scheduled_wf_run("paused")
    nothing = BulkDeleteWfRun(wf_spec_name="nobody")
    await client.create_bulk_job(CreateBulkJobRequest(id="job", bulk_delete_wf_run=nothing))
    await client.post_event("asking", "happened", {"a": 1}, guid="guid")
    await client.put_correlated_event("keyed", "key", 3)
    for wf_run_id, status in WF_RUNS.items():
        await _comes_to(client, wf_run_id, status)


async def _comes_to(client: Client, wf_run_id: str, status: LHStatus) -> None:
    async def there() -> bool:
        return (await client.get_wf_run(wf_run_id)).status is status

    await wait_until(there)


async def _put_definitions(client: Client) -> None:
    await put_instant(client)
    await put_doubling(client)
    await put_secret(client)
    await client.put_task_def(PutTaskDefRequest(name="nobody"))
    fields = {"make": {"field_type": "STR"}, "doors": {"field_type": "INT", "default_value": 4}}
    car = {"name": "car", "struct_def": {"fields": fields}}
    await client.put_struct_def(PutStructDefRequest.model_validate(car))
    form = [{"name": "amount", "type": "INT"}]
    await client.put_user_task_def(PutUserTaskDefRequest.model_validate({"name": "form", "fields": form}))
    await client.put_external_event_def(PutExternalEventDefRequest(name="happened"))
    keyed = {"name": "keyed", "correlated_event_config": {}}
    await client.put_external_event_def(PutExternalEventDefRequest.model_validate(keyed))
    await client.put_workflow_event_def(
        PutWorkflowEventDefRequest.model_validate({"name": "thrown", "content_type": "INT"})
    )
    for name, story in _STORIES.items():
        await client.put_wf_spec(Workflow(name, story).compile())
    youngest = Workflow("youngest", _STORIES["sleeps"], parent_wf="family")
    await client.put_wf_spec(youngest.compile())


async def _put_migration_plan(client: Client) -> None:
    waits = "1-happened-EXTERNAL-EVENT"
    nodes = {waits: {"new_node_name": waits}}
    plan = {
        "name": "moving",
        "old_wf_spec": {"name": "moves", "major_version": 0, "revision": 0},
        "major_version": 0,
        "revision": 1,
        "thread_migrations": {"entrypoint": {"new_thread_name": "entrypoint", "node_migrations": nodes}},
    }
    await client.put_workflow_migration_plan(PutWorkflowMigrationPlanRequest.model_validate(plan))


def _asks(wf: WorkflowThread) -> None:
    wf.declare_int("n", 1).searchable()
    wf.declare_json_obj("person").searchable_on("$.city", VariableType.STR)
    wf.declare_struct("car", "car")
    wf.declare_array("list", "INT")
    wf.declare_map("map", "STR", "INT")
    wf.complete(wf.assign_user_task("form", "ann"))


def _family(wf: WorkflowThread) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.wait_for_event("keyed", correlation_id="awaited")

    wf.wait_for_threads(wf.spawn_thread(child, "child"))


def _throws(wf: WorkflowThread) -> None:
    wf.throw_event("thrown", 7)


def _fails(wf: WorkflowThread) -> None:
    n = wf.declare_int("n", 1)
    n.assign(wf.declare_int("zero", 0).divide(0))


def _moves_more(wf: WorkflowThread) -> None:
    wf.declare_int("more", 1)
    wf.wait_for_event("happened")


_STORIES = {
    "asks": _asks,
    "idle": lambda wf: wf.execute("nobody"),
    "sleeps": lambda wf: wf.sleep(10_000_000),
    "family": _family,
    "throws": _throws,
    "fails": _fails,
    "refuses": lambda wf: wf.fail("no-money", "no"),
    "nobody": lambda wf: wf.complete(),
}
