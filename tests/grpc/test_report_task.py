"""The stories of reports: whose they are, which count, and what cannot be read in them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
import pytest_asyncio
from littlehorse.model import (
    LHErrorType,
    LHStatus,
    LHTaskError,
    LHTaskException,
    PutTaskDefRequest,
    ReportTaskRun,
    ScheduledTask,
    TaskRun,
    TaskRunId,
    TaskStatus,
    VariableType,
    VariableValue,
    WfRunId,
)

from lhredis.embedded import EmbeddedServer
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.store import keys
from tests.api.conftest import PARTITIONS
from tests.grpc.broken_line import broken_line
from tests.grpc.lh import Deployment, another_front
from tests.grpc.polling import Door, door
from tests.grpc.stage import Stage


@pytest_asyncio.fixture(loop_scope="module")
async def here(deployment: Deployment, stage: Stage) -> AsyncIterator[Door]:
    """The deployment's front; the tasks `work` and `number` (of an INT), and a flow for each, are there."""
    await stage.stub.PutTaskDef(PutTaskDefRequest(name="work"))
    returns_int = PutTaskDefRequest(name="number")
    returns_int.return_type.return_type.primitive_type = VariableType.INT
    await stage.stub.PutTaskDef(returns_int)
    await stage.deploy(lambda wf: wf.execute("work"), "work-flow")
    await stage.deploy(lambda wf: wf.execute("number", retries=1), "number-flow")
    async with door(deployment.port, str(stage.lh.config.tenant_id)) as here:
        yield here


async def task_run(stage: Stage, task: ScheduledTask) -> TaskRun:
    return await stage.stub.GetTaskRun(task.task_run_id)


async def test_another_server_takes_the_report_of_a_task_that_it_did_not_hand_out(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    run = await stage.run(name="work-flow")
    task = await here.stream("work", "anna").asked_task()
    assert (await task_run(stage, task)).attempts[0].task_worker_version == "v1"
    async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
        await other.report(task, VariableValue(str="from elsewhere"))
    assert (await stage.ended(run)).status == LHStatus.COMPLETED
    (attempt,) = (await task_run(stage, task)).attempts
    assert (attempt.task_worker_id, attempt.task_worker_version) == ("anna", "v1")
    assert attempt.output.str == "from elsewhere"
    assert attempt.start_time.seconds > 0


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_second_report_changes_nothing(
    stage: Stage, here: Door, valkey: EmbeddedServer, elsewhere: bool
):
    run = await stage.run(name="work-flow")
    task = await here.stream("work").asked_task()
    await here.report(task, VariableValue(str="first"))
    await stage.ended(run)
    if elsewhere:
        async with another_front(valkey.url) as front, door(front.port, here.tenant) as other:
            await other.report(task, VariableValue(str="second"))
    else:
        await here.report(task, VariableValue(str="second"))
    assert (await task_run(stage, task)).attempts[0].output.str == "first"


async def test_a_task_that_nobody_has_taken_cannot_be_reported(stage: Stage, here: Door):
    run = await stage.run(name="work-flow")
    guess = TaskRunId(wf_run_id=run.id, task_guid="0-1")
    report = ReportTaskRun(task_run_id=guess, status=TaskStatus.TASK_SUCCESS)
    await here.stub.ReportTask(report, metadata=here.metadata)
    assert (await stage.again(run)).status == LHStatus.RUNNING
    await here.report(await here.stream("work").asked_task())
    assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_an_attempt_that_there_is_not_is_refused(stage: Stage, here: Door):
    run = await stage.run(name="work-flow")
    await here.stream("work").asked_task()
    for guid, number, status in (
        ("0-1", 1, grpc.StatusCode.INVALID_ARGUMENT),
        ("0-7", 0, grpc.StatusCode.NOT_FOUND),
        ("rubbish", 0, grpc.StatusCode.INVALID_ARGUMENT),
    ):
        of = TaskRunId(wf_run_id=run.id, task_guid=guid)
        report = ReportTaskRun(task_run_id=of, attempt_number=number, status=TaskStatus.TASK_SUCCESS)
        await stage.lh.refusal(status, call=here.stub.ReportTask(report, metadata=here.metadata))


async def test_a_report_for_a_run_that_is_gone_is_taken_and_forgotten(here: Door):
    of = TaskRunId(wf_run_id=WfRunId(id="never-was"), task_guid="0-1")
    report = ReportTaskRun(task_run_id=of, status=TaskStatus.TASK_SUCCESS)
    await here.stub.ReportTask(report, metadata=here.metadata)


async def test_a_report_that_redis_did_not_get_is_asked_for_again(
    stage: Stage, here: Door, valkey: EmbeddedServer
):
    run = await stage.run(name="work-flow")
    async with (
        broken_line(valkey.url) as (line, url),
        another_front(url) as front,
        door(front.port, here.tenant) as other,
    ):
        task = await other.stream("work").asked_task()
        line.cut()
        await stage.lh.refusal(grpc.StatusCode.UNAVAILABLE, call=other.report(task))
        line.mend()
        await other.report(task)
        assert (await stage.ended(run)).status == LHStatus.COMPLETED


async def test_a_status_that_is_not_a_workers_to_give_is_refused(stage: Stage, here: Door):
    await stage.run(name="work-flow")
    task = await here.stream("work").asked_task()
    call = here.report(task, status=TaskStatus.TASK_TIMEOUT)
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "TASK_SUCCESS", "TASK_TIMEOUT", call=call)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (VariableValue(json_obj="not-a-json"), "JSON"),
        (VariableValue(json_arr="{}"), "array"),
        (VariableValue(double=float("nan")), "finite"),
        (VariableValue(str="x" * (PAYLOAD_BYTES_MAX + 1)), "RESOURCE_EXHAUSTED"),
    ],
)
async def test_an_output_that_cannot_be_read_ends_the_attempt(
    stage: Stage, here: Door, output: VariableValue, words: str
):
    run = await stage.run(name="work-flow")
    task = await here.stream("work").asked_task()
    await here.report(task, output)
    assert (await stage.ended(run)).status == LHStatus.ERROR
    found = await task_run(stage, task)
    assert found.status == TaskStatus.TASK_OUTPUT_SERDE_ERROR
    assert words in found.attempts[0].error.message


async def test_an_output_of_another_type_ends_the_attempt_for_good(stage: Stage, here: Door):
    run = await stage.run(name="number-flow")
    task = await here.stream("number").asked_task()
    await here.report(task, VariableValue(str="seven"))
    assert (await stage.ended(run)).status == LHStatus.ERROR
    found = await task_run(stage, task)
    assert [attempt.status for attempt in found.attempts] == [TaskStatus.TASK_OUTPUT_SERDE_ERROR]


async def test_what_went_wrong_is_kept_with_the_log(stage: Stage, here: Door):
    run = await stage.run(name="number-flow")
    stream = here.stream("number")
    error = LHTaskError(type=LHErrorType.TASK_ERROR, message="no ink")
    log = VariableValue(str="tried the pen")
    await here.report(await stream.asked_task(), status=TaskStatus.TASK_FAILED, error=error, log_output=log)
    task = await stream.asked_task()
    assert task.attempt_number == 1
    content = VariableValue(int=3)
    thrown = LHTaskException(name="empty", message="buy some", content=content)
    await here.report(task, status=TaskStatus.TASK_EXCEPTION, exception=thrown)
    assert (await stage.ended(run)).status == LHStatus.EXCEPTION
    failed, empty = (await task_run(stage, task)).attempts
    assert (failed.status, failed.error.message) == (TaskStatus.TASK_FAILED, "no ink")
    assert failed.log_output.str == "tried the pen"
    assert (empty.exception.name, empty.exception.message) == ("empty", "buy some")
    assert empty.exception.content.int == 3


async def test_a_worker_that_is_too_late_changes_nothing(stage: Stage, here: Door):
    await stage.deploy(lambda wf: wf.execute("work", timeout_seconds=5, retries=1), "hurried")
    run = await stage.run(name="hurried")
    slow, quick = here.stream("work", "slow"), here.stream("work", "quick")
    first = await slow.asked_task()
    await age(stage, first, 6_000)
    second = await quick.asked_task()
    assert second.attempt_number == 1
    await here.report(first, VariableValue(str="late"))
    await here.report(second, VariableValue(str="in time"))
    assert (await stage.ended(run)).status == LHStatus.COMPLETED
    timed_out, made = (await task_run(stage, second)).attempts
    assert (timed_out.status, timed_out.task_worker_id) == (TaskStatus.TASK_TIMEOUT, "slow")
    assert made.output.str == "in time"


async def age(stage: Stage, task: ScheduledTask, idle_ms: int) -> None:
    """Let its worker have held the task for so long already."""
    partition = keys.partition_of(task.task_run_id.wf_run_id.id, PARTITIONS)
    stream = keys.tasks(partition, str(stage.lh.config.tenant_id), task.task_def_id.name)
    (claim,) = await stage.lh.redis.xpending_range(stream, keys.WORKERS, "-", "+", 1)
    name, entry = claim["consumer"], claim["message_id"]
    await stage.lh.redis.xclaim(stream, keys.WORKERS, name, 0, [entry], idle=idle_ms, justid=True)


async def test_an_exception_of_any_name_finds_a_handler_of_all(stage: Stage, here: Door):
    def story(wf):
        wf.handle_exception(wf.execute("work"), lambda handler: handler.execute("work"))

    await stage.deploy(story, "handled")
    run = await stage.run(name="handled")
    thrown = LHTaskException(name="NO_MONEY", message="ask again")
    stream = here.stream("work")
    task = await stream.asked_task()
    await here.report(task, status=TaskStatus.TASK_EXCEPTION, exception=thrown)
    await here.report(await stream.asked_task())
    assert (await stage.ended(run)).status == LHStatus.COMPLETED
    assert (await task_run(stage, task)).attempts[0].exception.name == "NO_MONEY"
