"""The story of checkpoints: what was computed once is not computed again by a retry."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.store import keys
from lhredis.store.checkpoints import checkpoint_counts, load_checkpoints
from lhredis.store.commands import put_checkpoint as command
from lhredis.worker import Worker, WorkerContext, checkpoints, task
from lhredis.workflow import WorkflowThread
from tests.integration.stage import Stage, T, partition_of
from tests.support import wait_until
from tests.worker.test_worker import at_work, ended, pending, register, start_many, streams


def work_with(**options: Any) -> Any:
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.execute("work", **options))

    return story


async def stored(stage: Stage, run: str = "r0", position: int = 1) -> list[tuple[int, Any]]:
    found = await load_checkpoints(stage.redis, partition_of(run), T, run, 0, position)
    return [(checkpoint.number, checkpoint.value) for checkpoint in found]


@pytest.mark.parametrize("plain", [True, False], ids=["in a thread", "in the event loop"])
async def test_o7_a_retry_replays_what_the_attempt_before_it_stored(stage: Stage, plain: bool):
    ran: Counter[str] = Counter()

    def first() -> str:
        ran["first"] += 1
        return "one"

    def second(word: str) -> str:
        ran["second"] += 1
        return f"{word} two"

    @task("work")
    async def in_loop(ctx: WorkerContext) -> str:
        ran["before"] += 1
        one = await ctx.execute_and_checkpoint(first)
        ran["between"] += 1
        if ctx.attempt_number == 0:
            raise RuntimeError("the power is gone")
        return str(await ctx.execute_and_checkpoint(second, one))

    @task("work")
    def in_thread(ctx: WorkerContext) -> str:
        ran["before"] += 1
        one = ctx.execute_and_checkpoint_in_thread(first)
        ran["between"] += 1
        if ctx.attempt_number == 0:
            raise RuntimeError("the power is gone")
        return str(ctx.execute_and_checkpoint_in_thread(second, one))

    function = in_thread if plain else in_loop
    await register(stage, function)
    async with at_work(stage, Worker(function)):
        await start_many(stage, 1, work_with(retries=1))
        await wait_until(lambda: ended(stage, "r0"))
    assert (await stage.run("r0")).threads[0].output == "one two"
    assert ran == {"before": 2, "first": 1, "between": 2, "second": 1}
    assert await stored(stage) == [(0, "one"), (1, "one two")]
    assert await checkpoint_counts(stage.redis, partition_of("r0"), T, "r0") == {(0, 1): 2}
    assert await stage.leftovers() == []


async def test_every_task_run_has_checkpoints_of_its_own(stage: Stage):
    @task
    async def work(ctx: WorkerContext) -> int:
        position = ctx.node_run_position

        async def compute() -> int:
            return position

        return int(await ctx.execute_and_checkpoint(compute))

    def story(wf: WorkflowThread) -> None:
        wf.execute("work")
        wf.complete(wf.execute("work"))

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 2, story)
        await wait_until(lambda: ended(stage, "r0", "r1"))
    for run in ("r0", "r1"):
        assert [await stored(stage, run, position) for position in (1, 2)] == [[(0, 1)], [(0, 2)]]


async def test_a_value_is_the_same_when_it_is_computed_and_when_it_is_replayed(stage: Stage):
    values = [
        None, True, 2**63 - 1, 1.5, "text", b"\x00\xff", {"$bytes": 1}, {"a": [1, None]}, [],
        datetime(2026, 1, 2, tzinfo=UTC),
    ]  # fmt: skip
    seen: list[list[Any]] = []

    @task
    async def work(ctx: WorkerContext) -> None:
        seen.append([await ctx.execute_and_checkpoint(lambda value=value: value) for value in values])
        if ctx.attempt_number == 0:
            raise RuntimeError("again")

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work", retries=1))
        await wait_until(lambda: ended(stage, "r0"))
    assert seen == [values, values]
    assert [list(map(type, row)) for row in seen] == [list(map(type, values))] * 2


async def test_what_is_logged_while_a_checkpoint_is_computed_stays_with_it(stage: Stage):
    @task
    async def work(ctx: WorkerContext) -> None:
        ctx.log("before")
        await ctx.execute_and_checkpoint(ctx.log, "within")
        ctx.log("after")
        if ctx.attempt_number == 0:
            raise RuntimeError("again")

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work", retries=1))
        await wait_until(lambda: ended(stage, "r0"))
    first, second = (await stage.history("r0"))[0, 1].task.attempts
    assert first.log.startswith("before\nwithin\nafter\n")
    assert second.log == "before\nafter"
    (checkpoint,) = await load_checkpoints(stage.redis, partition_of("r0"), T, "r0", 0, 1)
    assert (checkpoint.logs, checkpoint.attempt) == ("within", 0)
    assert first.started_ms <= checkpoint.created_ms <= first.ended_ms


async def test_a_call_that_raises_is_not_stored_and_keeps_its_number(stage: Stage):
    """What a number means does not depend on how the calls before it ended."""

    async def broken() -> None:
        raise ValueError("no")

    @task
    async def work(ctx: WorkerContext) -> str:
        try:
            await ctx.execute_and_checkpoint(broken if ctx.attempt_number == 0 else lambda: "mended")
        except ValueError:
            ctx.log("it is broken")
        second = await ctx.execute_and_checkpoint(lambda: f"by {ctx.attempt_number}")
        if ctx.attempt_number == 0:
            raise RuntimeError("again")
        return str(second)

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, work_with(retries=1))
        await wait_until(lambda: ended(stage, "r0"))
    assert (await stage.run("r0")).threads[0].output == "by 0"
    assert await stored(stage) == [(0, "mended"), (1, "by 0")]


async def test_a_checkpoint_starts_the_timeout_anew(stage: Stage):
    aged, go_on = asyncio.Event(), asyncio.Event()
    reached: list[str] = []

    @task
    async def work(ctx: WorkerContext) -> None:
        reached.append("start")
        await aged.wait()
        await ctx.execute_and_checkpoint(lambda: 1)
        reached.append("checkpoint")
        await go_on.wait()

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await wait_until(lambda: reached)
        (stream,) = [stream for stream in await streams(stage) if await pending(stage, stream)]
        ((entry, consumer, *_),) = await pending(stage, stream)
        await stage.redis.xclaim(
            stream, keys.WORKERS, consumer.decode(), 0, [entry], idle=30_000, justid=True
        )
        aged.set()
        await wait_until(lambda: len(reached) == 2)
        assert (await pending(stage, stream))[0][2] < 30_000
        go_on.set()
        await wait_until(lambda: ended(stage, "r0"))


@pytest.mark.parametrize("plain", [True, False], ids=["in a thread", "in the event loop"])
async def test_an_attempt_that_timed_out_is_stopped_at_its_next_checkpoint(stage: Stage, plain: bool):
    started, timed_out = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    went_on: list[int] = []

    async def first_waits(ctx: WorkerContext) -> str:
        if ctx.attempt_number == 0:
            started.set()
            await timed_out.wait()
        return f"by {ctx.attempt_number}"

    @task("work")
    async def in_loop(ctx: WorkerContext) -> str:
        try:
            value = await ctx.execute_and_checkpoint(first_waits, ctx)
        except Exception:  # noqa: BLE001 - a function that catches everything is stopped all the same
            value = "caught"
        went_on.append(ctx.attempt_number)
        return str(value)

    @task("work")
    def in_thread(ctx: WorkerContext) -> str:
        def compute() -> str:
            return asyncio.run_coroutine_threadsafe(first_waits(ctx), loop).result()

        try:
            value = ctx.execute_and_checkpoint_in_thread(compute)
        except Exception:  # noqa: BLE001
            value = "caught"
        went_on.append(ctx.attempt_number)
        return str(value)

    function = in_thread if plain else in_loop
    await register(stage, function)
    async with at_work(stage, Worker(function, concurrency=2)):
        await start_many(stage, 1, work_with(retries=1, timeout_seconds=5))
        await started.wait()
        (stream,) = [stream for stream in await streams(stage) if await pending(stage, stream)]
        ((entry, consumer, *_),) = await pending(stage, stream)
        await stage.redis.xclaim(stream, keys.WORKERS, consumer.decode(), 0, [entry], idle=6_000, justid=True)
        await wait_until(lambda: ended(stage, "r0"))
        timed_out.set()
    assert went_on == [1]
    assert (await stage.run("r0")).threads[0].output == "by 1"
    assert await stored(stage) == [(0, "by 1")]
    assert await stage.leftovers() == []


async def test_a_checkpoint_that_is_sent_twice_counts_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """The answer to the first try gets lost; Redis says that it has it already."""
    lost: list[Any] = []
    true_put = command.put_checkpoint

    async def put(*args: Any) -> Any:
        reply = await true_put(*args)
        if not lost:
            lost.append(reply)
            raise ConnectionError("the answer is lost")
        return reply

    @task
    async def work(ctx: WorkerContext) -> str:
        return str(await ctx.execute_and_checkpoint(lambda: "once"))

    monkeypatch.setattr(checkpoints, "put_checkpoint", put)
    monkeypatch.setattr(checkpoints, "RETRY_PAUSE_S", 0.0)
    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, work_with())
        await wait_until(lambda: ended(stage, "r0"))
    assert [put for put, _ in lost] == [command.Put.PUT]
    assert (await stage.run("r0")).threads[0].output == "once"
    assert await stored(stage) == [(0, "once")]


async def test_an_attempt_that_is_run_again_under_its_workers_old_name_goes_on_with_what_is_stored(
    stage: Stage,
):
    """A process was killed and started again: it finds its claims, and runs the same attempt once more."""
    await stage.task("work")
    await start_many(stage, 1, work_with())
    (held,) = await stage.claim("work")
    store = checkpoints.CheckpointStore(stage.redis, "w1", asyncio.get_running_loop())
    values = []
    for word in ("first", "second"):
        taken = checkpoints.Checkpoints(held, store, [])
        values.append(await taken.take(lambda word=word: word, ()))
    assert values == ["first", "first"]
    assert await stored(stage) == [(0, "first")]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (object(), "no variable type holds"),
        ("\ud800", "surrogates"),
        ("x" * PAYLOAD_BYTES_MAX, "RESOURCE_EXHAUSTED"),
    ],
    ids=range(3),
)
async def test_a_value_that_cannot_be_stored_fails_the_attempt(stage: Stage, value: Any, word: str):
    @task
    async def work(ctx: WorkerContext) -> None:
        await ctx.execute_and_checkpoint(lambda: 1)
        await ctx.execute_and_checkpoint(lambda: value)

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, "r0"))
    message = (await stage.history("r0"))[0, 1].failures[0].message
    assert "checkpoint 1 cannot be stored" in message and word in message
    assert await stored(stage) == [(0, 1)]


async def test_checkpoints_are_taken_one_after_the_other(stage: Stage):
    @task
    async def work(ctx: WorkerContext) -> None:
        async def inner() -> None:
            await ctx.execute_and_checkpoint(lambda: 1)

        await ctx.execute_and_checkpoint(inner)

    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, "r0"))
    assert "one after the other" in (await stage.history("r0"))[0, 1].failures[0].message


async def test_there_is_a_limit_to_the_checkpoints_of_a_task_run(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    @task
    async def work(ctx: WorkerContext) -> None:
        for number in range(4):
            await ctx.execute_and_checkpoint(lambda number=number: number)

    monkeypatch.setattr(checkpoints, "CHECKPOINTS_PER_TASK_RUN_MAX", 3)
    await register(stage, work)
    async with at_work(stage, Worker(work)):
        await start_many(stage, 1, lambda wf: wf.execute("work"))
        await wait_until(lambda: ended(stage, "r0"))
    assert "CHECKPOINTS_PER_TASK_RUN_MAX" in (await stage.history("r0"))[0, 1].failures[0].message
    assert await stored(stage) == [(0, 0), (1, 1), (2, 2)]
