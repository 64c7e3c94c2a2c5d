"""J: ExternalEvents by the id of a run, and CorrelatedEvents by a key."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import AlreadyExists, InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.event_def import ExternalEventRetentionPolicy, PutExternalEventDefRequest
from lhredis.model.wf_run import WfRun
from lhredis.worker import task
from lhredis.workflow import CorrelatedEventConfig, WorkflowThread
from tests.acceptance.town import Town, statuses
from tests.support import wait_until

COMPLETED = LHStatus.COMPLETED


@task
async def greet(name: str) -> str:
    return f"hello {name}"


async def test_j1_no_event_in_time(town: Town) -> None:
    await town.events("e")
    await town.deploy(lambda wf: wf.wait_for_event("e", timeout=1))
    run = await town.play()
    assert run.status is LHStatus.ERROR
    failure = await town.failure(run, 0, 1)
    assert failure.failure_name == "TIMEOUT" and "arrive in time" in failure.message
    node_run = (await town.node(run, 0, 1)).external_event
    assert node_run is not None and node_run.timed_out


def greeting_who_comes(wf: WorkflowThread) -> None:
    x = wf.declare_str("x")
    x.assign(wf.wait_for_event("e"))
    wf.execute(greet, x)


async def greeting(town: Town) -> None:
    await town.work(greet)
    await town.events("e", "other")
    await town.deploy(greeting_who_comes)


async def test_j2_an_event_after_the_start(town: Town) -> None:
    await greeting(town)
    run = await town.run()
    await town.post(run, "e", "Obi-Wan")
    run = await town.ended(run)
    assert (run.status, await town.output(run, 2)) == (COMPLETED, "hello Obi-Wan")
    node_run = (await town.node(run, 0, 1)).external_event
    (event,) = await town.client.list_external_events(run.id)
    assert node_run is not None and node_run.external_event_id == event.id and event.claimed


async def test_j4_events_of_another_def_are_ignored(town: Town) -> None:
    await greeting(town)
    await town.client.post_event("run-j4", "other", "before")
    run = await town.run(id="run-j4")
    assert run.status is LHStatus.RUNNING
    run = await town.post(run, "other", "during")
    assert (run.status, run.thread_runs[0].current_node_position) == (LHStatus.RUNNING, 1)
    await town.post(run, "e", "kenobi")
    run = await town.ended(run)
    assert (run.status, await town.output(run, 2)) == (COMPLETED, "hello kenobi")
    claimed = [event.claimed for event in await town.client.list_external_events(run.id)]
    assert claimed == [False, False, True]


async def test_j5_two_events_before_the_start(town: Town) -> None:
    await greeting(town)
    await town.client.post_event("run-j5", "e", "first", guid="zzz")
    await town.client.post_event("run-j5", "e", "second", guid="aaa")
    run = await town.play(id="run-j5")
    assert (run.status, await town.variable(run, "x")) == (COMPLETED, "first")
    assert (await town.client.get_external_event(run.id, "e", "zzz")).claimed
    assert not (await town.client.get_external_event(run.id, "e", "aaa")).claimed


async def test_the_same_guid_twice(town: Town) -> None:
    await greeting(town)
    run = await town.run()
    for claimed in (False, True):
        guid = f"guid-{claimed}"
        await town.client.post_event(run.id, "e" if claimed else "other", "x", guid=guid)
        with pytest.raises(AlreadyExists, match=guid):
            await town.client.post_event(run.id, "e" if claimed else "other", "y", guid=guid)


async def test_an_event_after_the_end_is_kept_unclaimed(town: Town) -> None:
    await greeting(town)
    run = await town.run()
    await town.post(run, "e", "x")
    run = await town.ended(run)
    assert (await town.post(run, "e", "late")).status is COMPLETED
    assert [event.claimed for event in await town.client.list_external_events(run.id)] == [True, False]


async def test_an_event_of_a_def_that_does_not_exist(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="nowhere"):
        await town.client.post_event("run", "nowhere", "x")


async def test_j7_the_type_of_the_content(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("x").assign(wf.wait_for_event("typed-event", return_type=int))

    await town.deploy(story)
    run = await town.run()
    with pytest.raises(InvalidArgument, match=r"typed-event.*[Ii]nvalid type|[Ii]nvalid type.*typed-event"):
        await town.client.post_event(run.id, "typed-event", "a text")
    assert await town.client.list_external_events(run.id) == []
    run = await town.post(run, "typed-event", 12345)
    assert (run.status, await town.variable(run, "x")) == (COMPLETED, 12345)


# Correlated


async def waiting_for_key(
    town: Town, *, timeout_s: int | None = None, masked: bool | None = None, **config: Any
) -> None:
    def story(wf: WorkflowThread) -> None:
        content = wf.wait_for_event(
            "doc",
            timeout=timeout_s,
            correlation_id=wf.declare_str("key"),
            mask_correlation_id=masked,
            return_type=int,
            correlated_event_config=CorrelatedEventConfig(**config),
        )
        wf.declare_int("x").assign(content)

    await town.deploy(story)


@pytest.mark.parametrize("first", ["event", "run"])
@pytest.mark.parametrize("delete", [True, False])
async def test_j8_an_event_by_key(town: Town, first: str, delete: bool) -> None:
    await waiting_for_key(town, delete_after_first_correlation=delete)
    if first == "event":
        await town.client.put_correlated_event("doc", "K", 137)
        run = await town.play({"key": "K"})
    else:
        run = await town.run({"key": "K"})
        await town.client.put_correlated_event("doc", "K", 137)
        run = await town.ended(run)
    assert (run.status, await town.variable(run, "x")) == (COMPLETED, 137)

    async def found() -> int | None:
        try:
            return len((await town.client.get_correlated_event("doc", "K")).external_events)
        except NotFound:
            return None

    async def as_it_should_be() -> bool:
        return await found() == (None if delete else 1)

    await wait_until(as_it_should_be)


async def test_one_key_for_several_runs(town: Town) -> None:
    await waiting_for_key(town)
    runs = [await town.run({"key": "K"}) for _ in range(3)]
    other = await town.run({"key": "L"})
    await town.client.put_correlated_event("doc", "K", 137)
    for run in runs:
        assert (await town.ended(run)).status is COMPLETED
    late = await town.play({"key": "K"})
    assert (late.status, await town.variable(late, "x")) == (COMPLETED, 137)
    assert (await town.again(other)).status is LHStatus.RUNNING


async def test_the_same_key_twice(town: Town) -> None:
    await waiting_for_key(town)
    await town.client.put_correlated_event("doc", "K", 1)
    with pytest.raises(AlreadyExists, match="K"):
        await town.client.put_correlated_event("doc", "K", 2)
    await town.client.delete_correlated_event("doc", "K")
    await town.client.put_correlated_event("doc", "K", 2)


async def test_j10_a_masked_key_is_not_shown(town: Town) -> None:
    for masked in (True, False):
        await waiting_for_key(town, masked=masked)
        run = await town.run({"key": "secret"})
        node_run = (await town.node(run, 0, 1)).external_event
        assert node_run is not None and node_run.correlation_key is not None
        assert node_run.correlation_key.startswith("***" if masked else "secret")


async def test_j11_a_key_for_each_document(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            document = wf.declare_json_obj("INPUT").get("id")
            key = wf.declare_str("key")
            key.assign(document)
            wf.wait_for_event("doc", correlation_id=key, correlated_event_config=CorrelatedEventConfig())

        wf.wait_for_threads(wf.spawn_thread_for_each(wf.declare_json_arr("documents"), child, "child"))

    await town.deploy(story)
    run = await town.run({"documents": [{"id": f"doc-{number}"} for number in (1, 2, 3)]})
    expected = ["RUNNING"] * 4
    for number in (2, 1, 3):
        await town.client.put_correlated_event("doc", f"doc-{number}")
        expected[number] = "COMPLETED"
        if number == 3:
            expected[0] = "COMPLETED"
        wanted = list(expected)
        run = await town.until(run, lambda run, wanted=wanted: statuses(run) == wanted)  # type: ignore[misc]
    assert run.status is COMPLETED


async def test_j13_nobody_waits_any_more(town: Town) -> None:
    await waiting_for_key(town, timeout_s=1)
    run = await town.play({"key": "K"})
    assert run.status is LHStatus.ERROR

    async def forgotten() -> bool:
        await town.client.delete_correlated_event("doc", "K")
        event = await town.client.put_correlated_event("doc", "K", 137)
        return event.external_events == ()

    await wait_until(forgotten)
    assert await town.client.list_external_events(run.id) == []


async def test_j14_an_event_by_key_that_nobody_waited_for_goes(town: Town) -> None:
    await waiting_for_key(town, ttl_seconds=1)
    await town.client.put_correlated_event("doc", "K", 137)
    assert (await town.client.get_correlated_event("doc", "K")).content == 137

    async def gone() -> bool:
        try:
            await town.client.get_correlated_event("doc", "K")
        except NotFound:
            return True
        return False

    await wait_until(gone, timeout_s=4)


async def test_a_key_of_a_def_without_correlation(town: Town) -> None:
    await town.events("plain")
    with pytest.raises(Exception, match="plain") as raised:
        await town.client.put_correlated_event("plain", "K", 1)
    assert type(raised.value).__name__ in ("InvalidArgument", "FailedPrecondition")


async def waits(town: Town) -> WfRun:
    await town.events("e")
    await town.deploy(lambda wf: wf.wait_for_event("e"))
    return await town.run()


@pytest.mark.parametrize(
    ("restriction", "taken"),
    [
        ({"thread_run_number": 0}, True),
        ({"thread_run_number": 0, "node_run_position": 1}, True),
        ({"node_run_position": 2}, False),
        ({"thread_run_number": 1}, False),
    ],
)
async def test_an_event_for_one_node_only(town: Town, restriction: dict[str, int], taken: bool) -> None:
    run = await town.post(await waits(town), "e", **restriction)
    assert (run.status is COMPLETED) == taken


@pytest.mark.parametrize("state", ["never started", "running", "ended"])
async def test_an_event_that_nobody_claims_goes_when_its_retention_is_over(town: Town, state: str) -> None:
    await town.client.put_external_event_def(
        PutExternalEventDefRequest(
            name="short", retention_policy=ExternalEventRetentionPolicy(seconds_after_put=1)
        )
    )
    await waits(town)
    if state != "never started":
        await town.run(id="it")
    if state == "ended":
        assert (await town.post("it", "e")).status is COMPLETED
    posted = await town.client.post_event("it", "short", "x", guid="g")
    assert not posted.claimed
    assert (await town.client.get_external_event("it", "short", "g")).content == "x"

    async def gone() -> bool:
        try:
            await town.client.get_external_event("it", "short", "g")
        except NotFound:
            return True
        return False

    await wait_until(gone, timeout_s=4)
    if state == "running":
        assert (await town.post("it", "e")).status is COMPLETED
    if state == "never started":
        assert (await town.run(id="it")).status is LHStatus.RUNNING
