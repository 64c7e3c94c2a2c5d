"""Tasks whose name is only known when the node is reached: what people see of them."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from lhredis.client import Client
from lhredis.model.enums import LHErrorType, LHStatus
from lhredis.model.values import MASK
from lhredis.worker import LHType, task
from lhredis.workflow import WorkflowThread
from tests.api.conftest import StartWorker
from tests.api.specs import compiled
from tests.support import wait_until

pytestmark = pytest.mark.usefixtures("scheduling")


@task("deploy-east")
async def deploy_east(version: str) -> str:
    return f"{version} in the east"


@task("deploy-secret")
async def deploy_secret(version: str) -> Annotated[str, LHType(masked=True)]:
    return f"{version} in hiding"


def deploy(wf: WorkflowThread) -> None:
    cluster = wf.declare_str("cluster").required()
    wf.complete(wf.execute(wf.format("deploy-{0}", cluster), "v7"))


async def run_to_its_end(client: Client, cluster: str) -> Any:
    return await client.run_wf("deploy", {"cluster": cluster}, wait_ms=10_000)


async def test_the_task_that_was_chosen_is_shown_with_its_inputs(client: Client, work: StartWorker) -> None:
    await client.put_task_def(deploy_east.task_def)
    await client.put_wf_spec(compiled("deploy", deploy))
    await work(deploy_east)
    run = await run_to_its_end(client, "east")
    assert (run.status, run.thread_runs[0].output) == (LHStatus.COMPLETED, "v7 in the east")
    (found,) = await client.list_task_runs(run.id)
    assert found.task_def_id.name == "deploy-east"
    assert [(one.var_name, one.value, one.masked) for one in found.input_variables] == [
        ("version", "v7", False)
    ]
    assert (found.attempts[0].output, found.total_attempts, found.timeout_seconds) == (
        "v7 in the east",
        1,
        60,
    )


async def test_a16_a_task_that_does_not_exist_fails_the_run_and_is_named(client: Client) -> None:
    await client.put_wf_spec(compiled("deploy", deploy))
    run = await run_to_its_end(client, "not-a-real-cluster")
    assert run.status is LHStatus.ERROR
    node = await client.get_node_run(run.id, 0, 1)
    assert node.status is LHStatus.ERROR
    assert [one.failure_name for one in node.failures] == [LHErrorType.VAR_SUB_ERROR.name]
    assert "deploy-not-a-real-cluster" in node.failures[0].message
    assert await client.list_task_runs(run.id) == []


async def test_a_task_that_is_registered_later_is_found_by_later_runs(
    client: Client, work: StartWorker
) -> None:
    await client.put_wf_spec(compiled("deploy", deploy))
    assert (await run_to_its_end(client, "east")).status is LHStatus.ERROR
    await client.put_task_def(deploy_east.task_def)
    await work(deploy_east)

    async def is_found() -> bool:
        return bool((await run_to_its_end(client, "east")).status is LHStatus.COMPLETED)

    await wait_until(is_found)


async def test_what_the_chosen_task_masks_is_masked(client: Client, work: StartWorker) -> None:
    """A thread's output is masked when any TaskDef that may have been chosen is."""
    await client.put_task_def(deploy_secret.task_def)
    await client.put_wf_spec(compiled("deploy", deploy))
    await work(deploy_secret)
    run = await run_to_its_end(client, "secret")
    assert run.thread_runs[0].output == MASK
    (found,) = await client.list_task_runs(run.id)
    assert (found.attempts[0].output, found.input_variables[0].value) == (MASK, "v7")
