"""The stories of PutCheckpoint and GetCheckpoint: numbers are the server's, values come back as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest_asyncio
from littlehorse.model import (
    CheckpointId,
    DeleteWfRunRequest,
    LHTaskError,
    PutCheckpointRequest,
    PutCheckpointResponse,
    PutTaskDefRequest,
    ScheduledTask,
    TaskStatus,
    VariableValue,
)

from lhredis.embedded import EmbeddedServer
from tests.grpc.broken_line import broken_line
from tests.grpc.lh import Deployment, another_front
from tests.grpc.polling import Door, door
from tests.grpc.stage import Stage


@pytest_asyncio.fixture(loop_scope="module")
async def here(deployment: Deployment, stage: Stage) -> AsyncIterator[Door]:
    """The deployment's front; the task `work` and a flow that retries it once are there."""
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="work"))
    await stage.deploy(lambda wf: wf.execute("work", retries=1))
    async with door(deployment.port, str(stage.lh.config.tenant_id)) as here:
        yield here


async def put(at: Door, task: ScheduledTask, value: VariableValue, logs: str = "") -> PutCheckpointResponse:
    request = PutCheckpointRequest(
        task_run_id=task.task_run_id, task_attempt=task.attempt_number, value=value, logs=logs
    )
    return await at.stub.PutCheckpoint(request, metadata=at.metadata)


async def test_checkpoints_are_numbered_and_found_by_the_next_attempt(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    await stage.run()
    stream = here.stream("work")
    task = await stream.asked_task()
    assert task.total_observed_checkpoints == 0
    first = await put(here, task, VariableValue(json_obj='{"a": [1]}'), "noted")
    assert first.flow_control_continue_type == PutCheckpointResponse.CONTINUE_TASK
    assert first.created_checkpoint.id.checkpoint_number == 0
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        second = await put(other, task, VariableValue(bytes=b"\x00\xff"))
    assert second.created_checkpoint.id.checkpoint_number == 1
    await here.report(task, status=TaskStatus.TASK_FAILED, error=LHTaskError(message="burst"))
    again = await stream.asked_task()
    assert (again.attempt_number, again.total_observed_checkpoints) == (1, 2)
    of = CheckpointId(task_run=again.task_run_id, checkpoint_number=0)
    found = await here.stub.GetCheckpoint(of, metadata=here.metadata)
    assert (found.value.json_obj, found.logs) == ('{"a":[1]}', "noted")
    assert found.created_at == first.created_checkpoint.created_at
    of.checkpoint_number = 1
    assert (await here.stub.GetCheckpoint(of, metadata=here.metadata)).value.bytes == b"\x00\xff"
    of.checkpoint_number = 2
    call = here.stub.GetCheckpoint(of, metadata=here.metadata)
    await stage.lh.refusal(grpc.StatusCode.NOT_FOUND, "no checkpoint 2", call=call)


async def test_a_checkpoint_whose_answer_got_lost_is_kept_once(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    run = await stage.run()
    async with (
        broken_line(valkey.url) as (line, url),
        another_front(url) as front,
        door(front.port, here.tenant) as other,
    ):
        task = await other.stream("work").asked_task()
        line.loses_answer_to = b"a value like no other"
        kept = await put(other, task, VariableValue(str="a value like no other"))
        assert line.lost == 1
        assert kept.created_checkpoint.id.checkpoint_number == 0
    (task_run,) = await stage.task_runs(run)
    assert task_run.total_checkpoints == 1


async def test_an_attempt_that_is_over_is_told_to_stop(stage: Stage, here: Door, valkey: EmbeddedServer):
    run = await stage.run()
    stream = here.stream("work")
    task = await stream.asked_task()
    await here.report(task, status=TaskStatus.TASK_FAILED, error=LHTaskError(message="burst"))
    await stream.asked_task()
    late = await put(here, task, VariableValue(int=1))
    assert late.flow_control_continue_type == PutCheckpointResponse.STOP_TASK
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        late = await put(other, task, VariableValue(int=1))
    assert late.flow_control_continue_type == PutCheckpointResponse.STOP_TASK
    (task_run,) = await stage.task_runs(run)
    assert task_run.total_checkpoints == 0


async def test_an_attempt_of_a_run_that_is_gone_is_told_to_stop(stage: Stage, here: Door):
    run = await stage.run()
    task = await here.stream("work").asked_task()
    await stage.stub.DeleteWfRun(DeleteWfRunRequest(id=run.id))
    late = await put(here, task, VariableValue(int=1))
    assert late.flow_control_continue_type == PutCheckpointResponse.STOP_TASK


async def test_a_value_that_no_variable_holds_is_refused(stage: Stage, here: Door):
    await stage.run()
    task = await here.stream("work").asked_task()
    call = put(here, task, VariableValue(json_obj="not-a-json"))
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "JSON", call=call)
