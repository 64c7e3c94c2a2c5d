"""Nothing is ever stuck without saying why: what keeps a whole WfRun from moving is said of it, too."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from lhredis.api import explain
from lhredis.client import Client
from lhredis.model.enums import LHStatus
from lhredis.store import keys
from lhredis.store.keys import partition_of
from lhredis.store.quarantine import write_of
from lhredis.store.queue_places import Place, places_of
from lhredis.store.wire import execute
from lhredis.workflow import Workflow, WorkflowThread
from tests.api.conftest import PARTITIONS
from tests.api.specs import put_doubling, put_instant
from tests.support import wait_until


async def waiting(client: Client, run_id: str = "r1") -> str:
    """A run that sleeps for an hour."""
    await client.put_wf_spec(Workflow("sleeps", lambda wf: wf.sleep(3600)).compile())
    return (await client.run_wf("sleeps", id=run_id)).id


async def test_no_scheduler_works_its_partition(client: Client) -> None:
    said = await client.explain_wf_run(await waiting(client))
    assert said.obstacles == (f"no scheduler works its partition {partition_of('r1', PARTITIONS)}",)
    assert said.text.startswith("no scheduler works its partition") and "; else: sleeps until" in said.text


async def test_all_is_well(client: Client, redis: Redis, scheduling: None) -> None:
    wf_run_id = await waiting(client)
    await wait_until(lambda: redis.exists(keys.owner(partition_of(wf_run_id, PARTITIONS))))
    said = await client.explain_wf_run(wf_run_id)
    assert said.obstacles == ()
    assert said.text.startswith("sleeps until")


async def test_redis_takes_no_writes(client: Client, redis: Redis) -> None:
    wf_run_id = await waiting(client)
    await redis.config_set("min-replicas-to-write", 1)
    try:
        said = await client.explain_wf_run(wf_run_id)
    finally:
        await redis.config_set("min-replicas-to-write", 0)
    assert said.obstacles[0].startswith("Redis takes no writes: NOREPLICAS")


@pytest.mark.parametrize(("times", "words"), [(1, "an event of it"), (3, "3 events of it")])
async def test_what_happened_to_it_could_not_be_stepped(
    client: Client, redis: Redis, times: int, words: str
) -> None:
    wf_run_id = await waiting(client)
    partition = partition_of(wf_run_id, PARTITIONS)
    for _ in range(times):
        await execute(redis, *write_of(partition, "default", wf_run_id, b"{}", "Traceback", 1))
    await execute(redis, *write_of(partition, "default", "another", b"{}", "Traceback", 1))
    said = await client.explain_wf_run(wf_run_id)
    assert said.obstacles[-1] == f"{words} could not be stepped: GET /v1/quarantine says why"


async def test_its_wf_spec_was_deleted(client: Client) -> None:
    wf_run_id = await waiting(client)
    await client.delete_wf_spec("sleeps", 0, 0)

    async def told() -> bool:
        (said,) = (await client.explain_wf_run(wf_run_id)).threads
        return "cannot go on, for its WfSpec 'sleeps' 0.0 was deleted" in said.text

    await wait_until(told)


async def test_its_child_is_gone(client: Client, redis: Redis) -> None:
    await client.put_wf_spec(Workflow("child", lambda wf: wf.sleep(3600)).compile())

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_child_wf(wf.run_wf("child"))

    await client.put_wf_spec(Workflow("parent", story).compile())
    run = await client.run_wf("parent", id="r1")
    (said,) = (await client.explain_wf_run(run.id)).threads
    assert said.text == f"waits for the child WfRun {said.child_wf_run_id}"
    await redis.delete(keys.run(partition_of(run.id, PARTITIONS), "default", str(said.child_wf_run_id)))
    (said,) = (await client.explain_wf_run(run.id)).threads
    assert "which is not there" in said.text


async def test_a_timer_is_late(client: Client) -> None:
    await client.put_wf_spec(Workflow("naps", lambda wf: wf.sleep(1)).compile())
    run = await client.run_wf("naps")

    async def late() -> bool:
        return "its scheduler is behind" in (await client.explain_wf_run(run.id)).threads[0].text

    assert not await late()
    await wait_until(late)


async def test_a_run_that_is_over_has_no_obstacles(client: Client) -> None:
    await put_instant(client)
    run = await client.run_wf("instant")
    said = await client.explain_wf_run(run.id)
    assert (said.status, said.obstacles) == (LHStatus.COMPLETED, ())


async def test_a_task_that_moves_while_it_is_looked_for_is_not_said_to_be_lost(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry that the run had named was used up in the meantime."""
    looks: list[int] = []

    async def looked_up(redis: Redis, entries: Sequence[tuple[str, str]]) -> list[Place]:
        looks.append(len(entries))
        return (
            await places_of(redis, entries)
            if len(looks) > 1
            else [Place(False, None, 0, 0, 0, 0) for _ in entries]
        )

    monkeypatch.setattr(explain, "places_of", looked_up)
    await put_doubling(client)
    run = await client.run_wf("doubling")
    (said,) = (await client.explain_wf_run(run.id)).threads
    assert "is queued since" in said.text and said.task is not None and not said.task.lost
    assert looks == [1, 1]
