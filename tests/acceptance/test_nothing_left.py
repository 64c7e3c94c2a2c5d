"""What is left in Redis after everything was deleted: a fixed number of keys, whatever there was."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.model.bulk_job import BulkDeleteWfRun, BulkJobStatus, CreateBulkJobRequest
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.worker import WorkerContext, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Country, Town
from tests.support import wait_until

RUNS = 8
NEVER_EXPIRES = -1

STAYS = {
    "lh:meta:cluster",
    "lh:meta:counters",
    "lh:meta:schedulers",
    "lh:meta:tenants",
    # Of each tenant that ever was, and of each definition: the numbers that are not given again.
    "lh:{meta:<tenant>}:epoch",
    "lh:{meta:<tenant>}:wf_spec:<name>",
    "lh:{meta:<tenant>}:struct_def:<name>",
    "lh:{meta:<tenant>}:user_task_def:<name>",
    # The names of those WfSpecs that are gone: their runs are still found.
    "lh:{meta:<tenant>}:deleted_wf_specs",
    # Of each TaskDef: its streams, empty, because a worker may wait at them.
    "lh:meta:queues",
    "lh:{p<n>}:tasks:<tenant>:<name>",
    "lh:{p<n>}:results",
    "lh:{p<n>}:inbox",
    "lh:{p<n>}:changes",  # capped
    # What is counted of a definition when it is gone already stays for METRIC_RETENTION_MS.
    "lh:meta:metric_series",
}
"""Whatever is here is per tenant or definition, never per run."""


@task
async def compute(context: WorkerContext) -> str:
    return str(await context.execute_and_checkpoint(lambda: "computed"))


@task
async def crash() -> None:
    raise RuntimeError("on purpose")


def goes_through_everything(wf: WorkflowThread) -> None:
    wf.declare_str("word").searchable()
    key = wf.declare_str("key")
    wf.execute(compute)
    wf.handle_error(wf.execute(crash, retries=1), lambda handler: handler.execute(compute))
    wf.wait_for_threads(wf.spawn_thread(lambda child: child.execute(compute), "side"))
    wf.wait_for_child_wf(wf.run_wf("child"))
    wf.throw_event("half-way", "thrown", auto_register=True)
    wf.wait_for_event("by-id", auto_register=True)
    wf.wait_for_event("by-key", correlation_id=key, correlated_event_config=CorrelatedEventConfig())
    form = wf.assign_user_task("form", "ann")
    wf.schedule_reminder_task(form, 0, "compute")
    wf.cancel_user_task_run_after(form, 1000)
    wf.sleep(1000)


async def test_a_tenant_that_deletes_all_it_has_leaves_what_does_not_grow(
    town: Town, country: Country
) -> None:
    client = town.client
    await town.work(compute, crash)
    await town.struct_defs(car={"x": {"field_type": "INT"}})
    form = {"name": "form", "fields": [{"name": "x", "type": "INT", "required": False}]}
    await client.put_user_task_def(PutUserTaskDefRequest.model_validate(form))
    await town.deploy(lambda wf: wf.declare_str("nothing"), "child")
    await town.deploy(goes_through_everything)
    for n in range(RUNS):
        run = await town.run({"word": f"word-{n}", "key": f"key-{n}"})
        await town.until(run, lambda run: run.thread_runs[0].current_node_position >= 8)
        await town.post(run, "by-id", 1)
        await client.put_correlated_event("by-key", f"key-{n}", 1)
        await client.put_correlated_event("by-key", f"too-early-{n}", 1)
        await town.until(run, lambda run: run.thread_runs[0].current_node_position >= 10)
        (asked,) = await client.list_user_task_runs(run.id)
        if n % 2:
            await client.complete_user_task_run(run.id, asked.id.user_task_guid, "ann", {"x": 1})
        if n % 4 == 0:
            await client.stop_wf_run(run.id)
    schedule = await client.schedule_wf("child", "* * * * *")
    await client.run_scheduled_wf_run_now(schedule.id)

    await delete_everything(client, schedule.id)

    left: set[str] = set()

    async def nothing_else() -> bool:
        left.clear()
        left.update({key async for key in persistent(country.redis)} - STAYS)
        return not left

    with contextlib.suppress(AssertionError):  # the assertion tells what is left
        await wait_until(nothing_else)
    assert left == set()


async def delete_everything(client: Client, schedule_id: str) -> None:
    await client.delete_scheduled_wf_run(schedule_id)
    for name in ("flow", "child"):
        request = CreateBulkJobRequest(id=f"no-{name}", bulk_delete_wf_run=BulkDeleteWfRun(wf_spec_name=name))
        await client.create_bulk_job(request)
    for name in ("no-flow", "no-child"):

        async def done(name: str = name) -> bool:
            return (await client.get_bulk_job(name)).status is BulkJobStatus.COMPLETED

        await wait_until(done)
        await client.delete_bulk_job(name)
    for n in range(RUNS):
        await client.delete_correlated_event("by-key", f"key-{n}")
        await client.delete_correlated_event("by-key", f"too-early-{n}")
    for name in ("flow", "child"):
        await client.delete_wf_spec(name, 0, 0)
    for name in ("compute", "crash"):
        await client.delete_task_def(name)
    for name in ("by-id", "by-key"):
        await client.delete_external_event_def(name)
    await client.delete_workflow_event_def("half-way")
    await client.delete_struct_def("car", 0)
    await client.delete_user_task_def("form", 0)


async def persistent(redis: Redis) -> AsyncIterator[str]:
    """Every key that does not expire, with `<n>` for a partition and `<name>` for what somebody named."""
    async for key in redis.scan_iter():
        if await redis.pttl(key) == NEVER_EXPIRES:
            name = re.sub(r"\{p\d+\}", "{p<n>}", key.decode())
            name = re.sub(r"town-\d+", "<tenant>", name)
            yield re.sub(r"(tasks:<tenant>|_def|wf_spec):[\w-]+$", r"\1:<name>", name)
