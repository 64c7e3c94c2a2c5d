"""What people see of a WfRun: its NodeRuns, TaskRuns and variables."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.errors import NotFound
from lhredis.model.enums import LHErrorType, LHStatus, TaskStatus
from lhredis.model.values import MASK
from lhredis.worker import LHTaskException, task
from tests.api.conftest import StartWorker, serving
from tests.api.specs import charge, compiled, double, put_doubling, put_instant, put_secret
from tests.support import wait_until


async def test_node_runs_come_in_order_with_what_belongs_to_their_kind(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    await put_doubling(client)
    await work(double)
    run = await client.run_wf("doubling", {"n": 4}, wait_ms=10_000)
    first, called, last = await client.list_node_runs(run.id)
    assert [node.id.position for node in (first, called, last)] == [0, 1, 2]
    assert (first.entrypoint, last.exit) == ({}, {})
    assert called.task is not None and called.task.task_run_id is not None
    assert called.task.task_run_id.task_guid == "0-1"
    assert {node.status for node in (first, called, last)} == {LHStatus.COMPLETED}
    assert await client.get_node_run(run.id, 0, 1) == called


async def test_a_node_that_waits_for_its_task_is_running(client: Client) -> None:
    await put_doubling(client)
    run = await client.run_wf("doubling")
    node = await client.get_node_run(run.id, 0, 1)
    assert (node.status, node.end_time) == (LHStatus.RUNNING, None)
    (found,) = await client.list_task_runs(run.id)
    assert found.status is TaskStatus.TASK_SCHEDULED


async def test_a_sleep_shows_when_it_ends(client: Client) -> None:
    await client.put_wf_spec(compiled("nap", lambda wf: wf.sleep(3600)))
    run = await client.run_wf("nap")
    node = await client.get_node_run(run.id, 0, 1)
    assert node.sleep is not None and not node.sleep.matured
    assert node.sleep.maturation_time > node.arrival_time


async def test_a_claimed_attempt_shows_who_holds_it(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    release = asyncio.Event()

    @task("double")
    async def slow(n: int) -> int:
        await release.wait()
        return 2 * n

    await put_doubling(client)
    await work(slow)
    run = await client.run_wf("doubling", {"n": 3})

    async def is_running() -> bool:
        return (await client.get_task_run(run.id, "0-1")).status is TaskStatus.TASK_RUNNING

    await wait_until(is_running)
    found = await client.get_task_run(run.id, "0-1")
    (attempt,) = found.attempts
    assert attempt.task_worker_id and attempt.start_time is not None
    assert attempt.schedule_time is not None and attempt.start_time >= attempt.schedule_time[:19]
    assert (found.timeout_seconds, found.total_attempts) == (60, 1)
    assert found.input_variables[0].var_name == "n" and found.input_variables[0].value == 3
    assert found.source.task_node is not None and found.source.wf_spec_id == run.wf_spec_id
    release.set()
    assert (await client.get_wf_run(run.id, wait_ms=10_000)).status is LHStatus.COMPLETED
    (attempt,) = (await client.get_task_run(run.id, "0-1")).attempts
    assert (attempt.status, attempt.output) == (TaskStatus.TASK_SUCCESS, 6)


async def test_every_attempt_is_shown_with_its_error_and_log(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    @task
    async def shaky(n: int) -> int:
        raise ValueError(f"cannot do {n}")

    await client.put_task_def(shaky.task_def)
    await client.put_wf_spec(
        compiled("shaky", lambda wf: wf.execute("shaky", 1, retries=1, timeout_seconds=7))
    )
    await work(shaky)
    run = await client.run_wf("shaky", wait_ms=10_000)
    assert run.status is LHStatus.ERROR
    (found,) = await client.list_task_runs(run.id)
    assert (found.total_attempts, found.timeout_seconds, found.status) == (2, 7, TaskStatus.TASK_FAILED)
    for attempt in found.attempts:
        assert attempt.error is not None and attempt.error.type is LHErrorType.TASK_FAILURE
        assert "cannot do 1" in attempt.error.message
        assert attempt.log_output is not None and "Traceback" in attempt.log_output
    node = await client.get_node_run(run.id, 0, 1)
    assert [failure.failure_name for failure in node.failures] == ["TASK_FAILURE"]


async def test_a_business_exception_is_shown_with_its_content(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    @task
    async def refuse() -> None:
        raise LHTaskException("out-of-stock", "no more", {"item": 7})

    await client.put_task_def(refuse.task_def)
    await client.put_wf_spec(compiled("refuse", lambda wf: wf.execute("refuse")))
    await work(refuse)
    run = await client.run_wf("refuse", wait_ms=10_000)
    assert run.status is LHStatus.EXCEPTION
    (attempt,) = (await client.get_task_run(run.id, "0-1")).attempts
    assert attempt.exception is not None
    assert (attempt.exception.name, attempt.exception.content) == ("out-of-stock", {"item": 7})
    (failure,) = (await client.get_node_run(run.id, 0, 1)).failures
    assert (failure.failure_name, failure.content) == ("out-of-stock", {"item": 7})


async def test_what_is_masked_is_never_shown(
    client: Client, redis: Redis, scheduling: None, work: StartWorker
) -> None:
    await put_secret(client)
    await work(charge)
    run = await client.run_wf("secret", {"card": "4242-4242"}, wait_ms=10_000)
    assert run.thread_runs[0].output == MASK
    variable = await client.get_variable(run.id, 0, "card")
    assert (variable.value, variable.masked) == (MASK, True)
    (found,) = await client.list_task_runs(run.id)
    assert [(one.value, one.masked) for one in found.input_variables] == [(MASK, True), (3, False)]
    assert (found.attempts[0].output, found.attempts[0].masked_value) == (MASK, True)
    assert "4242-4242" not in str(await client.list_node_runs(run.id))


async def test_runs_of_a_deleted_spec_and_task_def_keep_their_secrets(
    client: Client, redis_url: str, scheduling: None, work: StartWorker
) -> None:
    await put_secret(client)
    await work(charge)
    run = await client.run_wf("secret", {"card": "4242-4242"}, wait_ms=10_000)
    await client.delete_wf_spec("secret", 0, 0)
    await client.delete_task_def("charge")
    async with serving(redis_url) as url, Client(url, tenant="default") as stranger:
        shown = str(
            [
                await stranger.get_wf_run(run.id),
                await stranger.list_node_runs(run.id),
                await stranger.list_task_runs(run.id),
                await stranger.list_variables(run.id),
            ]
        )
    assert MASK in shown and "4242-4242" not in shown


async def test_variables_keep_their_types(client: Client) -> None:
    def typed(wf) -> None:  # type: ignore[no-untyped-def]
        wf.declare_bytes("b")
        wf.declare_json_obj("j")
        wf.declare_double("d")
        wf.declare_int("i")
        wf.declare_str("s")

    values = {"b": b"\x00\xff", "j": {"$bytes": 1}, "d": 2.0, "i": 2**63 - 1, "s": "ünï\u0000"}
    await client.put_wf_spec(compiled("typed", typed))
    run = await client.run_wf("typed", values)
    variables = await client.list_variables(run.id)
    found = {variable.id.name: variable.value for variable in variables}
    assert found == values
    assert {variable.created_at for variable in variables} == {run.start_time}
    assert type(found["d"]) is float


async def test_what_is_not_there_is_named(client: Client) -> None:
    await put_instant(client)
    run = await client.run_wf("instant", id="here")
    with pytest.raises(NotFound, match="'here' has no ThreadRun 7"):
        await client.list_node_runs(run.id, thread_run_number=7)
    with pytest.raises(NotFound, match="ThreadRun 0 of WfRun 'here' has no NodeRun 9"):
        await client.get_node_run(run.id, 0, 9)
    with pytest.raises(NotFound, match="'here' has no TaskRun '0-1'"):
        await client.get_task_run(run.id, "0-1")
    with pytest.raises(NotFound, match="has no variable 'x'"):
        await client.get_variable(run.id, 0, "x")
    for ask in (client.list_node_runs, client.list_task_runs, client.list_variables):
        with pytest.raises(NotFound, match="there is no WfRun 'gone'"):
            await ask("gone")
