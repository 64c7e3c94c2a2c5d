"""The story of workers that are killed: the groups forget their names, and never what they hold."""

from __future__ import annotations

from lhredis.scheduler.lost_workers import LOST_MS_MIN, LostWorkers
from lhredis.store import keys
from lhredis.workflow import WorkflowThread
from tests.integration.stage import PARTITIONS, Stage, T


def works(wf: WorkflowThread) -> None:
    wf.execute("work")


STREAMS = [keys.tasks(p, T, "work") for p in range(PARTITIONS)]


async def names(stage: Stage) -> set[str]:
    """Of all consumers of the task's streams."""
    found = set()
    for stream in STREAMS:
        if await stage.redis.exists(stream):
            found |= {one["name"].decode() for one in await stage.redis.xinfo_consumers(stream, keys.WORKERS)}
    return found


async def test_a_name_that_holds_nothing_is_forgotten_and_one_that_does_stays(stage: Stage):
    spec = await stage.spec(works)
    for run, worker in (("r1", "killed"), ("r2", "holds")):
        await stage.start(run, spec)
        (task,) = await stage.claim("work", worker=worker)
        if worker == "killed":
            await stage.report(task)
            await stage.redis.xack(STREAMS[task.partition], keys.WORKERS, task.entry)
    assert await names(stage) == {"killed", "holds"}
    assert await LostWorkers(stage.redis).run_once(STREAMS, lost_ms_min=0) > 0
    assert await names(stage) == {"holds"}


async def test_a_worker_that_asked_lately_is_not_lost(stage: Stage):
    await stage.start("r1", await stage.spec(works))
    (task,) = await stage.claim("work", worker="w1")
    await stage.redis.xack(STREAMS[task.partition], keys.WORKERS, task.entry)
    assert await LostWorkers(stage.redis).run_once(STREAMS, LOST_MS_MIN) == 0
    assert await names(stage) == {"w1"}


async def test_a_stream_that_is_not_there_has_nobody(stage: Stage):
    assert await LostWorkers(stage.redis).run_once([keys.tasks(0, T, "nothing")], lost_ms_min=0) == 0
    assert await LostWorkers(stage.redis).run_once([]) == 0
