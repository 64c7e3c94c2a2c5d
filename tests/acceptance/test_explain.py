"""Why is it not moving? What people are told of every thing that a run can wait for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lhredis.api import explain
from lhredis.errors import NotFound
from lhredis.model.event_def import CorrelatedEventConfig, PutExternalEventDefRequest
from lhredis.model.explanation import ThreadExplanation
from lhredis.model.limits import TASK_TIMEOUT_SECONDS_DEFAULT
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.values import parse_timestamp
from lhredis.store import keys, queue_places
from lhredis.worker import task
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.acceptance.town import Town, statuses
from tests.api.conftest import PARTITIONS
from tests.support import wait_until


@task
async def work() -> None: ...


async def the_thread(town: Town, story: Callable[[WorkflowThread], object]) -> ThreadExplanation:
    """What is said of thread 0 of a run of this story, just started."""
    await town.client.put_task_def(work.task_def)
    await town.deploy(story)
    run = await town.run()
    explanation = await town.client.explain_wf_run(run.id)
    assert explanation.text == explanation.threads[0].text
    return explanation.threads[0]


async def test_others_who_are_not_waited_for_for_ever(town: Town) -> None:
    await town.events("go")
    await town.deploy(lambda wf: wf.wait_for_event("go"), "child")

    def story(wf: WorkflowThread) -> None:
        done = wf.declare_bool("done", default_value=False)
        with wf.spawn("thread") as thread:
            thread.wait_for_condition(done, timeout=100)
        with wf.spawn("other") as other:
            other.wait_for_child_wf(other.run_wf("child"), timeout=200)
        wf.wait_for_threads(thread, other, timeout=1)

    await town.deploy(story)
    run = await town.run()
    main, on_condition, on_child = (await town.client.explain_wf_run(run.id)).threads
    for said in (main, on_condition, on_child):
        assert said.due is not None and said.text.endswith(f"; gives up at {said.due}")
    assert (await town.node(run, 1, 1)).wait_for_condition is not None
    ended = await town.ended(run)
    assert ended.thread_runs[0].error_message == "the threads that are waited for did not end in time"


async def test_a_task_that_nobody_listens_for(town: Town) -> None:
    said = await the_thread(town, lambda wf: wf.execute("work"))
    assert said.task is not None and said.task.task_def == "work"
    assert (said.task.ahead, said.task.workers) == (0, 0)
    assert "no worker listens" in said.text


async def test_a_task_behind_others(town: Town) -> None:
    await the_thread(town, lambda wf: wf.execute("work"))
    runs = [await town.run() for _ in range(20)]
    ahead = []
    for run in runs:
        (said,) = (await town.client.explain_wf_run(run.id)).threads
        assert said.task is not None
        ahead.append(said.task.ahead)
    assert any(ahead), "none of 20 runs shares a partition with another"


async def test_a_task_in_a_workers_hands(town: Town) -> None:
    await the_thread(town, lambda wf: wf.execute("work"))
    (claimed,) = await town.hand.claim("work")
    run_id = claimed.id.split("/")[0]
    (said,) = (await town.client.explain_wf_run(run_id)).threads
    assert said.task is not None and said.task.claimed_by and said.task.last_heard_of
    assert (
        f"in the hands of worker {said.task.claimed_by}, last heard of at {said.task.last_heard_of}"
        in said.text
    )
    taken, due = map(parse_timestamp, (said.task.last_heard_of, said.task.times_out or ""))
    assert due - taken == timedelta(seconds=TASK_TIMEOUT_SECONDS_DEFAULT)


async def test_a_task_that_workers_do_not_ask_for_because_they_are_busy(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_places, "LISTENING_MS", -1)  # as if they had asked long ago
    await the_thread(town, lambda wf: wf.execute("work"))
    (claimed,) = await town.hand.claim("work")

    async def one_beside_it() -> str | None:
        run = await town.run()
        if keys.partition_of(run.id, PARTITIONS) != claimed.partition:
            return None
        return (await town.client.explain_wf_run(run.id)).text

    said = await wait_until(one_beside_it)
    assert said.endswith("0 before it, and no worker listens: all have their hands full, or are gone")


async def test_a_retry_that_is_to_come(town: Town) -> None:
    backoff = ExponentialBackoffRetryPolicy(base_interval_ms=100_000, max_delay_ms=100_000, multiplier=1)
    await the_thread(town, lambda wf: wf.execute("work", retries=1, exponential_backoff=backoff))
    (claimed,) = await town.hand.claim("work")
    await town.hand.report(claimed, "TASK_FAILED")
    run_id = claimed.id.split("/")[0]

    async def waits_for_retry() -> bool:
        (said,) = (await town.client.explain_wf_run(run_id)).threads
        return said.task is not None and said.task.next_retry is not None and said.task.attempt == 1

    await wait_until(waits_for_retry)
    (said,) = (await town.client.explain_wf_run(run_id)).threads
    assert said.text.startswith("task work failed (TASK_FAILED); attempt 1 starts at 20")


async def test_a_retry_whose_timer_fires_while_somebody_looks_is_not_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes between the two looks is the whole rest of the attempt."""
    backoff = ExponentialBackoffRetryPolicy(base_interval_ms=100, max_delay_ms=100, multiplier=1)
    await the_thread(town, lambda wf: wf.execute("work", retries=1, exponential_backoff=backoff))
    (claimed,) = await town.hand.claim("work")
    looked = explain.due_of

    async def look_late(*where: Any) -> int | None:
        await town.hand.claim("work")
        return await looked(*where)

    monkeypatch.setattr(explain, "due_of", look_late)
    await town.hand.report(claimed, "TASK_FAILED")
    run_id = claimed.id.split("/")[0]

    async def is_tried_again() -> str | None:
        (said,) = (await town.client.explain_wf_run(run_id)).threads
        assert said.task is not None and not said.task.lost, said.text
        return said.text if said.task.attempt == 1 else None

    assert "(attempt 1, after a TASK_FAILED) is in the hands" in await wait_until(is_tried_again)


async def test_a_retry_that_is_there_says_what_it_follows(town: Town) -> None:
    await the_thread(town, lambda wf: wf.execute("work", retries=1))
    (claimed,) = await town.hand.claim("work")
    await town.hand.report(claimed, "TASK_FAILED")
    (again,) = await town.hand.claim("work")
    (said,) = (await town.client.explain_wf_run(again.id.split("/")[0])).threads
    assert said.text.startswith("task work (attempt 1, after a TASK_FAILED) is in the hands of worker")


async def test_a_sleep(town: Town) -> None:
    said = await the_thread(town, lambda wf: wf.sleep(1000))
    assert said.due is not None and said.text == f"sleeps until {said.due}"


async def test_an_event_by_a_key(town: Town) -> None:
    await town.client.put_external_event_def(
        PutExternalEventDefRequest(name="paid", correlated_event_config=CorrelatedEventConfig())
    )
    said = await the_thread(town, lambda wf: wf.wait_for_event("paid", timeout=60, correlation_id="o-1"))
    assert said.event is not None and said.event.times_out is not None
    assert (said.event.external_event_def, said.event.correlation_key) == ("paid", "o-1")
    assert "was not posted" in said.text and "key o-1" in said.text


async def test_a_condition(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_condition(wf.declare_int("n", 0).is_equal_to(1))

    assert "condition" in (await the_thread(town, story)).text


async def test_threads_that_wait_for_each_other(town: Town) -> None:
    await town.events("go")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.wait_for_event("go"), "child"))

    await town.deploy(story)
    explanation = await town.client.explain_wf_run((await town.run()).id)
    parent, child = explanation.threads
    assert (parent.threads, child.event is not None) == ((1,), True)
    assert explanation.text == "2 threads wait, each for something else"


async def test_a_thread_that_was_stopped(town: Town) -> None:
    await town.events("go")
    await town.deploy(lambda wf: wf.wait_for_event("go"))
    run = await town.run()
    await town.client.stop_wf_run(run.id)
    (said,) = (await town.client.explain_wf_run(run.id)).threads
    assert said.text.startswith("is HALTED (MANUAL_HALT); when it goes on: waits for an ExternalEvent go")
    assert [reason.kind for reason in said.halt_reasons] == ["manual_halt"]


async def test_a_thread_that_was_stopped_and_has_its_event(town: Town) -> None:
    await town.events("go")
    await town.deploy(lambda wf: wf.wait_for_event("go"))
    run = await town.run()
    await town.client.stop_wf_run(run.id)
    await town.client.post_event(run.id, "go")
    (said,) = (await town.client.explain_wf_run(run.id)).threads
    assert "; when it goes on: takes the ExternalEvent go posted at 20" in said.text


async def test_a_time_that_is_over_is_its_schedulers_fault_only_if_the_thread_was_to_move(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "LATE_MS_MIN", -2_000_000)  # as if it had been over for long
    said = await the_thread(town, lambda wf: wf.sleep(1000))
    assert said.text == f"sleeps until {said.due} (that is over: its scheduler is behind)"
    run = await town.run()
    await town.client.stop_wf_run(run.id)
    (said,) = (await town.client.explain_wf_run(run.id)).threads
    assert said.text.endswith(f"; when it goes on: sleeps until {said.due} (that is over)")


async def test_a_thread_that_nobody_needs_any_more(town: Town) -> None:
    await town.events("go")

    def story(wf: WorkflowThread) -> None:
        with wf.spawn("quick") as quick:
            quick.sleep(0)
        with wf.spawn("slow") as slow:
            slow.wait_for_event("go")
        wf.wait_for_first_of(quick, slow)
        wf.wait_for_event("go")

    await town.deploy(story)
    run = await town.until(await town.run(), lambda run: statuses(run)[2] == "HALTED")
    said = (await town.client.explain_wf_run(run.id)).threads[-1]
    assert said.text == "is HALTED (HALTED_BY_PARENT) for good: nobody needs it any more"


async def test_an_end_that_waits_for_those_children_that_go_on(town: Town) -> None:
    await town.events("go")

    def story(wf: WorkflowThread) -> None:
        for name in ("first", "second"):
            with wf.spawn(name) as thread:
                thread.wait_for_event("go")

    await town.deploy(story)
    run = await town.run()
    await town.client.stop_wf_run(run.id, 1)
    said = (await town.client.explain_wf_run(run.id)).threads[0]
    assert (said.threads, said.text) == ((2,), "is done, and waits for its children 2 to end")


async def test_a_thread_that_cannot_halt_yet(town: Town) -> None:
    await town.client.put_task_def(PutTaskDefRequest(name="nobody-does-it"))
    await town.deploy(lambda wf: wf.execute("nobody-does-it"))
    run = await town.run()
    await town.client.stop_wf_run(run.id)
    (said,) = (await town.client.explain_wf_run(run.id)).threads
    assert said.text.startswith("is HALTING (MANUAL_HALT), not yet HALTED: task nobody-does-it is queued")


async def test_a_run_that_is_over_says_how_it_ended(town: Town) -> None:
    await town.deploy(lambda wf: wf.fail("out-of-stock", "no more apples"))
    explanation = await town.client.explain_wf_run((await town.play()).id)
    assert explanation.threads == () and explanation.text.startswith("ended as EXCEPTION")
    assert "no more apples" in explanation.text


async def test_a_run_that_is_not(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.client.explain_wf_run("nobody")
