"""The story of a worker at work: it takes, runs and reports, whatever happens around it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError

from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition, Unavailable
from lhredis.store import keys
from lhredis.store.wire import execute
from lhredis.worker import LHTaskException, Worker, WorkerContext, task
from lhredis.worker import worker as worker_module
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T, divide_again, working
from tests.support import wait_until


@asynccontextmanager
async def at_work(stage: Stage, *workers: Worker) -> AsyncIterator[asyncio.Event]:
    """These workers run; at the end they are asked to stop and waited for."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(stopping, stage.url, T)) for worker in workers]
    try:
        yield stopping
    finally:
        stopping.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def register(stage: Stage, *functions: Any) -> None:
    for function in functions:
        await stage.api.metadata.put_task_def(T, function.task_def)


async def start_many(stage: Stage, count: int, story: Any, **variables: Any) -> list[str]:
    spec = await stage.spec(story)
    runs = [f"r{i}" for i in range(count)]
    for run in runs:
        await stage.start(run, spec, **variables)
    return runs


async def ended(stage: Stage, *runs: str) -> bool:
    return all([await stage.status(run) != "RUNNING" for run in runs])


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Worker(), "at least one"),
        (lambda: Worker(task(one), concurrency=0), "concurrency"),
        (lambda: Worker(task(one), task("one")(one)), "same task name"),
    ],
)
def test_a_worker_that_makes_no_sense_is_refused(make: Any, word: str):
    with pytest.raises(ValueError, match=word):
        make()


def one() -> None: ...


async def test_a_worker_needs_a_redis_that_it_can_reach():
    with pytest.raises(Unavailable):
        await Worker(task(one)).run(asyncio.Event(), "redis://127.0.0.1:1/0")


async def test_a_run_goes_through_async_and_plain_functions(stage: Stage):
    @task
    async def double(x: int) -> int:
        return 2 * x

    @task
    def describe(x: int, ctx: WorkerContext) -> str:
        ctx.log("describing")
        return f"{x} on {ctx.node_run_position}"

    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.execute("describe", wf.execute("double", 21)))

    await register(stage, double, describe)
    worker = Worker(double, describe, version="v7")
    async with at_work(stage, worker):
        await start_many(stage, 1, story)
        await wait_until(lambda: ended(stage, "r0"))
    assert (await stage.run("r0")).threads[0].output == "42 on 2"
    attempt = (await stage.history("r0"))[0, 2].task.attempts[0]
    assert (attempt.worker_id, attempt.worker_version, attempt.log) == (worker.worker_id, "v7", "describing")
    assert attempt.scheduled_ms <= attempt.started_ms <= attempt.ended_ms
    assert await stage.leftovers() == []


async def test_every_way_in_which_a_function_can_end_reaches_its_run(stage: Stage):
    @task
    async def act(how: str) -> str:
        if how == "raise":
            raise RuntimeError("broken")
        if how == "throw":
            raise LHTaskException("denied", "no", {"by": "me"})
        if how == "wrong type":
            return 5  # type: ignore[return-value]
        if how == "not utf-8":
            raise OSError("caf\udce9")
        return how

    def story(wf: WorkflowThread) -> None:
        wf.execute("act", wf.declare_json_obj("j").get("how"))

    await register(stage, act)
    spec = await stage.spec(story)
    expected = {
        "raise": ("ERROR", "TASK_FAILURE"), "throw": ("EXCEPTION", "denied"), "wrong type": ("ERROR", "VAR_MUTATION_ERROR"),
        "not utf-8": ("ERROR", "TASK_FAILURE"), "null": ("ERROR", "VAR_SUB_ERROR"), "fine": ("COMPLETED", None),
    }  # fmt: skip
    async with at_work(stage, Worker(act, concurrency=1)):
        for how in expected:
            await stage.start(how.replace(" ", "-"), spec, j={"how": None if how == "null" else how})
        await wait_until(lambda: ended(stage, *(how.replace(" ", "-") for how in expected)))
    for how, (status, name) in expected.items():
        run = how.replace(" ", "-")
        node = (await stage.history(run))[0, 1]
        assert (await stage.status(run), node.failures[0].name if node.failures else None) == (status, name)
    assert "RuntimeError: broken" in (await stage.history("raise"))[0, 1].task.attempts[0].log
    assert (await stage.history("throw"))[0, 1].failures[0].content == {"by": "me"}


@pytest.mark.parametrize("plain", [True, False], ids=["in threads", "in the event loop"])
async def test_never_more_tasks_run_at_once_than_the_worker_may(stage: Stage, plain: bool):
    lock, most, now = threading.Lock(), [0], [0]
    gate = threading.Event()

    def enter() -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            if now[0] == 3:
                gate.set()

    def leave() -> None:
        with lock:
            now[0] -= 1

    @task("busy")
    def in_thread() -> None:
        enter()
        gate.wait(10)
        leave()

    @task("busy")
    async def in_loop() -> None:
        enter()
        await wait_until(gate.is_set)
        leave()

    function = in_thread if plain else in_loop
    await register(stage, function)
    async with at_work(stage, Worker(function, concurrency=3)):
        runs = await start_many(stage, 12, lambda wf: wf.execute("busy"))
        await wait_until(lambda: ended(stage, *runs))
    assert most == [3]


async def test_two_workers_share_the_tasks_and_each_task_runs_once(stage: Stage):
    seen: Counter[str] = Counter()
    by_worker: Counter[str] = Counter()

    def function(name: str) -> Any:
        @task("count")
        async def count(ctx: WorkerContext) -> None:
            seen[ctx.task_run_id] += 1
            by_worker[name] += 1
            await wait_until(lambda: len(by_worker) == 2)

        return count

    first, second = function("first"), function("second")
    await register(stage, first)
    async with at_work(stage, Worker(first, concurrency=4), Worker(second, concurrency=4)):
        runs = await start_many(stage, 40, lambda wf: wf.execute("count"))
        await wait_until(lambda: ended(stage, *runs))
    assert set(seen.values()) == {1} and len(seen) == 40
    assert set(by_worker) == {"first", "second"}


async def claims(stage: Stage, task_def: str) -> int:
    """How many tasks are claimed and not reported."""
    found = 0
    for partition in range(PARTITIONS):
        stream = keys.tasks(partition, T, task_def)
        if await stage.redis.exists(stream):
            found += sum(group["pending"] for group in await stage.redis.xinfo_groups(stream))
    return found


async def test_a_worker_that_stops_reports_everything_that_it_took(stage: Stage):
    finished: list[str] = []

    @task
    async def work(ctx: WorkerContext) -> None:
        await asyncio.sleep(0)
        finished.append(ctx.task_run_id)

    await register(stage, work)
    runs = await start_many(stage, 60, lambda wf: wf.execute("work"))
    for turn in range(1, 6):  # stopped five times in the middle of it
        async with at_work(stage, Worker(work, concurrency=4)):
            await wait_until(lambda turn=turn: len(finished) >= 6 * turn)
        await wait_until(lambda: no_claims(stage))
    async with at_work(stage, Worker(work)):
        await wait_until(lambda: ended(stage, *runs))
    assert sorted(finished) == sorted(f"{run}/0-1" for run in runs)


async def no_claims(stage: Stage) -> bool:
    return await claims(stage, "work") == 0


async def test_a_worker_that_stops_lets_the_task_at_hand_finish(stage: Stage):
    started, go_on = asyncio.Event(), asyncio.Event()

    @task
    async def work() -> str:
        started.set()
        await go_on.wait()
        return "done"

    await register(stage, work)
    async with at_work(stage, Worker(work)) as stopping:
        await start_many(stage, 1, lambda wf: wf.complete(wf.execute("work")))
        await started.wait()
        stopping.set()
        await asyncio.sleep(0)
        assert await claims(stage, "work") == 1
        go_on.set()
    await wait_until(lambda: ended(stage, "r0"))
    assert (await stage.run("r0")).threads[0].output == "done"


async def test_a_worker_does_not_wait_for_ever_for_a_task_that_never_ends(stage: Stage):
    started = asyncio.Event()

    @task
    async def work() -> None:
        started.set()
        await asyncio.Event().wait()

    await register(stage, work)
    async with at_work(stage, Worker(work, drain_s=0.05)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await started.wait()
    assert await claims(stage, "work") == 1  # it stays claimed, and times out


@pytest.mark.parametrize("plain", [True, False], ids=["from a thread", "from the event loop"])
async def test_a_heartbeat_makes_the_claim_young_again(stage: Stage, plain: bool):
    go_on = threading.Event()
    held: list[WorkerContext] = []

    @task("work")
    def in_thread(ctx: WorkerContext) -> None:
        held.append(ctx)
        go_on.wait(10)
        ctx.heartbeat()
        held.append(ctx)
        go_on.clear()
        go_on.wait(10)

    @task("work")
    async def in_loop(ctx: WorkerContext) -> None:
        held.append(ctx)
        await wait_until(go_on.is_set)
        ctx.heartbeat()
        held.append(ctx)
        go_on.clear()
        await wait_until(go_on.is_set)

    function = in_thread if plain else in_loop
    await register(stage, function)
    async with at_work(stage, Worker(function)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await wait_until(lambda: len(held) == 1)
        (stream,) = [stream for stream in await streams(stage) if await pending(stage, stream)]
        (claim,) = await pending(stage, stream)
        await stage.redis.xclaim(
            stream, keys.WORKERS, claim[1].decode(), 0, [claim[0]], idle=30_000, justid=True
        )
        assert (await pending(stage, stream))[0][2] >= 30_000
        go_on.set()
        await wait_until(lambda: len(held) == 2)
        await wait_until(lambda: is_young(stage, stream))
        go_on.set()
        await wait_until(lambda: ended(stage, "r0"))
    assert await stage.status("r0") == "COMPLETED"


async def streams(stage: Stage) -> list[str]:
    return [keys.tasks(partition, T, "work") for partition in range(PARTITIONS)]


async def pending(stage: Stage, stream: str) -> list[Any]:
    """(entry, consumer, idle, deliveries) of every claim."""
    return list(await execute(stage.redis, "XPENDING", stream, keys.WORKERS, "-", "+", 10))


async def is_young(stage: Stage, stream: str) -> bool:
    return (await pending(stage, stream))[0][2] < 30_000


async def test_an_entry_that_is_no_task_does_not_stop_the_worker(stage: Stage):
    @task
    async def work() -> None: ...

    await register(stage, work)
    for stream in await streams(stage):
        for data in (b"nonsense", b"{}", b'{"task":"r/0/1/0","token":"t","tenant":"acme","task_def":"other",'
                     b'"node":"n","inputs":{},"timeout_ms":1000,"scheduled_ms":1}'):  # fmt: skip
            await stage.redis.xadd(stream, {"task": data})
        await stage.redis.xadd(stream, {"no task": "at all"})
    async with at_work(stage, Worker(work, concurrency=2)):
        runs = await start_many(stage, 10, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, *runs))


async def test_a_worker_makes_its_groups_again_when_somebody_emptied_redis(stage: Stage):
    @task
    async def work() -> None: ...

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        runs = await start_many(stage, 3, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, *runs))
        for stream in await streams(stage):
            await stage.redis.delete(stream)
        await stage.start("again", await stage.spec(lambda wf: wf.execute("work")))
        await wait_until(lambda: ended(stage, "again"))


async def test_a_worker_ends_when_redis_was_emptied_and_divided_in_another_way(redis_url: str):
    """It would never look into the partitions that are new."""
    stage = Stage(redis_url)
    await stage.join()
    worker = Worker(task(one))
    running = asyncio.create_task(worker.run(asyncio.Event(), stage.url, T))
    await wait_until(lambda: worker.is_running)
    await divide_again(stage.redis, PARTITIONS + 1)
    with pytest.raises(FailedPrecondition, match="Start this process again"):
        await asyncio.wait_for(running, 20)
    await stage.close()


async def test_connections_that_break_all_the_time_lose_nothing(stage: Stage):
    """A claim whose answer got lost is found by reading our own claims again: no time-out is needed."""

    @task
    async def work() -> None: ...

    def story(wf: WorkflowThread) -> None:
        for _ in range(3):
            wf.execute("work", timeout_seconds=3600)

    await register(stage, work)
    admin = stage.client()
    runs = await start_many(stage, 30, story)
    async with at_work(stage, Worker(work, concurrency=4)):

        async def cut() -> bool:
            for kind in ("normal", "pubsub"):
                await admin.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            return await ended(stage, *runs)

        await wait_until(cut, 30)
    assert {await stage.status(run) for run in runs} == {"COMPLETED"}
    for run in runs:
        tasks = [node.task for node in (await stage.history(run)).values() if node.task]
        assert [len(each.attempts) for each in tasks] == [1, 1, 1]


async def test_a_claim_whose_answer_is_lost_is_found_again(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    true_send, lost = worker_module.send, []

    async def send(redis: Any, *command: Any) -> Any:
        reply = await true_send(redis, *command)
        if reply and command[0] == "XREADGROUP" and command[-1] == ">" and not lost:
            lost.append(reply)
            raise ConnectionError("the answer is lost")
        return reply

    @task
    async def work() -> None: ...

    monkeypatch.setattr(worker_module, "send", send)
    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work", timeout_seconds=3600))
        await wait_until(lambda: ended(stage, "r0"))
    assert len(lost) == 1
    assert len((await stage.history("r0"))[0, 1].task.attempts) == 1


async def test_a_lost_claim_is_found_behind_any_number_of_reported_ones(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    """No scheduler runs: so everything that was reported stays claimed."""
    true_send, answers = worker_module.send, [0]
    ran: list[str] = []

    async def send(redis: Any, *command: Any) -> Any:
        reply = await true_send(redis, *command)
        if reply and command[0] == "XREADGROUP" and command[-1] == ">":
            answers[0] += 1
            if answers[0] == 8:
                raise ConnectionError("the answer is lost")
        return reply

    @task
    async def work(ctx: WorkerContext) -> None:
        ran.append(ctx.wf_run_id)

    monkeypatch.setattr(worker_module, "send", send)
    monkeypatch.setattr(worker_module, "CLAIMS_PAGE_MAX", 2)
    monkeypatch.setattr(worker_module, "LEAVE_TRIES_MAX", 1)
    stage = Stage(redis_url)
    await stage.join()
    await register(stage, work)
    runs = await start_many(stage, 20, lambda wf: wf.execute("work"))
    async with at_work(stage, Worker(work, concurrency=1)):
        await wait_until(lambda: len(ran) == 20)
    assert sorted(ran) == sorted(runs)
    await stage.close()


async def test_a_worker_outlives_a_server_that_is_killed_and_comes_back(tmp_path: Path):
    go_on = asyncio.Event()
    ran: Counter[str] = Counter()

    @task
    async def work(ctx: WorkerContext) -> int:
        ran[ctx.task_run_id] += 1
        if ctx.node_run_position == 1:
            await go_on.wait()
        return 7

    def story(wf: WorkflowThread) -> None:
        wf.execute("work", timeout_seconds=3600)
        wf.complete(wf.execute("work", timeout_seconds=3600))

    with EmbeddedServer(tmp_path, durability="fsync") as server:
        stage = Stage(server.url)
        await stage.join()
        await register(stage, work)
        async with working(stage.scheduler("s1", 500)), at_work(stage, Worker(work)):
            await start_many(stage, 1, story)
            await wait_until(lambda: ran["r0/0-1"] == 1)
            server.kill()
            go_on.set()  # its result has to wait for the server
            server.start()
            await wait_until(lambda: ended(stage, "r0"), 20)
            assert (await stage.run("r0")).threads[0].output == 7
            assert ran == {"r0/0-1": 1, "r0/0-2": 1}
        await stage.close()


async def test_a_worker_of_another_tenant_gets_nothing(stage: Stage):
    ran = []

    @task
    async def work() -> None:
        ran.append(1)

    await register(stage, work)
    stopping = asyncio.Event()
    stranger = asyncio.create_task(Worker(work).run(stopping, stage.url, "other"))
    async with at_work(stage, Worker(work)):
        await start_many(stage, 5, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, *(f"r{i}" for i in range(5))))
    stopping.set()
    await stranger
    assert len(ran) == 5
