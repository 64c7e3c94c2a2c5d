"""N: sleeps, and waits for conditions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, VariableType
from lhredis.model.wf_run import WfRun
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town

T = VariableType
COMPLETED, ERROR, RUNNING = LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.RUNNING


def from_now(seconds: float) -> datetime:
    """A moment of whole milliseconds: what a NodeRun can show."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def moment_of(shown: str | None) -> datetime:
    assert shown is not None
    return datetime.fromisoformat(shown)


FORMS: list[tuple[VariableType, Callable[[datetime], Any]]] = [
    (T.TIMESTAMP, lambda moment: moment),
    (T.INT, epoch_ms),
    (T.STR, lambda moment: moment.isoformat()),
]


def sleeping_until(kind: VariableType) -> Callable[[WorkflowThread], None]:
    def story(wf: WorkflowThread) -> None:
        until = wf.add_variable("until", kind)
        if kind is T.STR:
            wf.sleep_until_date(until)
        else:
            wf.sleep_until(until)

    return story


async def maturation(town: Town, run: WfRun) -> datetime:
    sleep = (await town.node(run, 0, 1)).sleep
    assert sleep is not None
    return moment_of(sleep.maturation_time)


@pytest.mark.parametrize(("kind", "form"), FORMS)
async def test_n1_sleep_until(town: Town, kind: VariableType, form: Callable[[datetime], Any]) -> None:
    await town.deploy(sleeping_until(kind))
    until = from_now(2 if kind is T.TIMESTAMP else 0.3)
    run = await town.run({"until": form(until)})
    assert run.status is RUNNING
    assert await maturation(town, run) == until
    run = await town.ended(run)
    assert run.status is COMPLETED
    assert until <= moment_of(run.end_time) < until + timedelta(seconds=2)
    assert await maturation(town, run) == until


@pytest.mark.parametrize(("kind", "form"), FORMS)
@pytest.mark.parametrize("seconds_ago", [0, 1, 10**9])
async def test_n2_past_timestamp(
    town: Town, kind: VariableType, form: Callable[[datetime], Any], seconds_ago: int
) -> None:
    await town.deploy(sleeping_until(kind))
    run = await town.run({"until": form(from_now(-seconds_ago))})
    assert run.status is COMPLETED


async def test_n3_sleep_for_seconds(town: Town) -> None:
    await town.deploy(lambda wf: wf.sleep(wf.declare_int("seconds")))
    before = datetime.now(UTC)
    run = await town.play({"seconds": 1})
    assert run.status is COMPLETED
    assert (
        before + timedelta(seconds=0.999)
        <= moment_of(run.end_time)
        < datetime.now(UTC) + timedelta(seconds=1)
    )
    for seconds in (0, -1):
        assert (await town.run({"seconds": seconds})).status is COMPLETED


async def test_n3_sleep_for_null_seconds(town: Town) -> None:
    await town.deploy(lambda wf: wf.sleep(wf.declare_int("seconds")))
    run = await town.run()
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


async def movable(town: Town, kind: VariableType) -> None:
    """A sleep until a moment that the event `move` changes."""

    def story(wf: WorkflowThread) -> None:
        until = wf.add_variable("until", kind)

        def move(handler: WorkflowThread) -> None:
            until.assign(handler.add_variable("INPUT", kind))

        wf.add_interrupt_handler("move", move).with_event_type(kind)
        if kind is T.STR:
            wf.sleep_until_date(until)
        else:
            wf.sleep_until(until)

    await town.deploy(story)


@pytest.mark.parametrize(("kind", "form"), FORMS)
async def test_n4_the_wake_up_moves_nearer(
    town: Town, kind: VariableType, form: Callable[[datetime], Any]
) -> None:
    await movable(town, kind)
    start = datetime.now(UTC)
    run = await town.run({"until": form(from_now(5))})
    nearer = from_now(1)
    await town.client.post_event(run.id, "move", form(nearer))
    assert await maturation(town, run) == nearer
    run = await town.ended(run)
    assert run.status is COMPLETED
    assert nearer <= moment_of(run.end_time) < start + timedelta(seconds=5)


async def test_n4_the_wake_up_moves_further_away(town: Town) -> None:
    await movable(town, T.TIMESTAMP)
    run = await town.run({"until": from_now(0.5)})
    later = from_now(1.5)
    await town.client.post_event(run.id, "move", later)
    run = await town.ended(run)
    assert run.status is COMPLETED
    assert moment_of(run.end_time) >= later
    assert await maturation(town, run) == later


async def test_n4_the_wake_up_moves_into_the_past(town: Town) -> None:
    await movable(town, T.TIMESTAMP)
    run = await town.run({"until": from_now(3600)})
    await town.client.post_event(run.id, "move", from_now(-1))
    assert (await town.ended(run)).status is COMPLETED


# Conditions


def wait_for_zero(wf: WorkflowThread) -> None:
    counter = wf.declare_int("counter", 2)

    def subtract(handler: WorkflowThread) -> None:
        nonlocal counter
        counter -= 1

    wf.add_interrupt_handler("subtract", subtract).with_event_type()
    wf.wait_for_condition(counter == 0)


async def test_n5_wait_for_condition(town: Town) -> None:
    await town.deploy(wait_for_zero)
    run = await town.run()
    assert run.status is RUNNING
    await town.client.post_event(run.id, "subtract")
    run = await town.again(run)
    assert run.status is RUNNING and run.thread_runs[0].status is RUNNING
    assert (await town.node(run, 0, 1)).status is RUNNING
    await town.client.post_event(run.id, "subtract")
    run = await town.again(run)
    assert run.status is COMPLETED
    assert await town.variable(run, "counter") == 0


async def test_n5_a_condition_that_holds_is_not_waited_for(town: Town) -> None:
    await town.deploy(wait_for_zero)
    assert (await town.run({"counter": 0})).status is COMPLETED


async def test_n5_another_thread_makes_the_condition_true(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        ready = wf.declare_bool("ready", False)

        def child(thread: WorkflowThread) -> None:
            thread.wait_for_event("go", auto_register=True)
            ready.assign(True)

        wf.spawn_thread(child, "child")
        wf.wait_for_condition(ready)

    await town.deploy(story)
    run = await town.run()
    assert run.status is RUNNING
    await town.client.post_event(run.id, "go")
    assert (await town.ended(run)).status is COMPLETED


@pytest.mark.parametrize("value", [1, "true", None])
async def test_n5_only_a_bool_is_a_condition(town: Town, value: Any) -> None:
    await town.deploy(lambda wf: wf.wait_for_condition(wf.declare_json_obj("j")["ready"]))
    run = await town.run({"j": {"ready": value}})
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


async def test_n5_a_condition_of_another_type_is_refused(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="BOOL"):
        await town.deploy(lambda wf: wf.wait_for_condition(wf.declare_int("number")))


# Dates


@pytest.mark.parametrize(
    ("date", "matures"),
    [
        ("2100-01-02T03:04:05Z", datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2100-01-02T03:04:05.678Z", datetime(2100, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)),
        ("2100-01-02T03:04:05+02:00", datetime(2100, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2100-01-02T03:04:05", datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2100-01-02", datetime(2100, 1, 2, tzinfo=UTC)),
    ],
)
async def test_n8_iso_dates(town: Town, date: str, matures: datetime) -> None:
    await town.deploy(sleeping_until(T.STR))
    run = await town.run({"until": date})
    assert run.status is RUNNING
    assert await maturation(town, run) == matures


@pytest.mark.parametrize("date", ["not-a-date", "", "2100-13-01", "2100-01-02T25:00:00Z", "tomorrow", None])
async def test_n8_bad_dates(town: Town, date: str | None) -> None:
    await town.deploy(sleeping_until(T.STR))
    run = await town.run({"until": date})
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"
