"""The story of a Redis that forgets: a replica is promoted without the last second, or a backup is loaded,
while processes go on that remember more than it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from lhredis.model.enums import LHStatus
from lhredis.stepper.work import Outcome
from lhredis.workflow import WorkflowThread
from tests.integration.stage import Stage, reported, starting


def three_at_once(wf: WorkflowThread) -> None:
    for name in ("first", "second", "third"):
        with wf.spawn(name) as thread:
            thread.execute(name)


@asynccontextmanager
async def forgotten(redis: Redis) -> AsyncIterator[None]:
    """What is written meanwhile is lost."""
    before = {key: await redis.dump(key) for key in await redis.keys("*")}
    yield
    await redis.flushdb()
    for key, data in before.items():
        await redis.restore(key, 0, data)


async def test_what_a_process_remembers_of_a_run_is_not_taken_for_what_another_made_of_it_since(stage: Stage):
    await stage.start("r1", await stage.spec(three_at_once))
    first, second, third = [(await stage.claim(name))[0] for name in ("first", "second", "third")]
    remembers, other = stage.process(), stage.process()
    async with forgotten(stage.redis):
        assert await remembers.advance(reported(first)) == [Outcome.COMMITTED]
    assert await other.advance(reported(second)) == [Outcome.COMMITTED]
    assert await remembers.advance(reported(third)) == [Outcome.COMMITTED]
    ended = {n for n, one in (await stage.run("r1")).threads.items() if one.status is LHStatus.COMPLETED}
    assert ended == {2, 3}, "the report of the first task was lost: its thread waits, and is not half done"
    assert await other.advance(reported(first)) == [Outcome.COMMITTED]
    assert await stage.status("r1") == "COMPLETED"


async def test_a_wf_spec_of_an_emptied_database_is_not_taken_for_the_one_that_has_its_name_now(stage: Stage):
    remembers = stage.process()
    before = await stage.spec(lambda wf: wf.execute("before"))
    assert await remembers.advance(starting("r1", before)) == [Outcome.COMMITTED]
    await stage.redis.flushdb()
    again = await stage.spec(lambda wf: wf.execute("after"))
    assert again == before, "it is the first version again, after as many changes of definitions"
    await remembers.programs.refresh()
    assert await remembers.advance(starting("r1", again)) == [Outcome.COMMITTED]
    (task,) = await stage.claim("after")
    assert task.id == "r1/0/1/0"
