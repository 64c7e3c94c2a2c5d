"""Q: what happened to WfRuns and tasks is counted, in metric windows and for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lhredis.api.bookmarks import write_bookmark
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.ids import TaskDefId, WfSpecId
from lhredis.model.metrics import (
    CountAndTiming,
    MetricType,
    MetricWindowId,
    SearchWfMetricWindowRequest,
    TaskMetrics,
    WfMetrics,
)
from lhredis.model.task_node import ExponentialBackoffRetryPolicy
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.worker import LHTaskException, WorkerContext, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town
from tests.support import wait_until

FLOW = WfSpecId(name="flow", major_version=0, revision=0)


@task
async def greet(name: str) -> str:
    return f"Hello, {name}!"


@task
async def refuse() -> None:
    raise LHTaskException("not-allowed", "no")


@task
async def falter(ctx: WorkerContext) -> None:
    """Succeeds when it is tried a third time."""
    if ctx.attempt_number < 2:
        raise RuntimeError("not yet")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def greeting(wf: WorkflowThread) -> None:
    wf.execute("greet", wf.declare_str("name", "Ada"))


def together(counts: Iterable[CountAndTiming | None]) -> CountAndTiming | None:
    """What all windows of a scenario tell of one metric: it may have gone on into the next minute."""
    there = [one for one in counts if one is not None]
    if not there:
        return None
    return CountAndTiming(
        count=sum(one.count for one in there),
        min_latency_ms=min(one.min_latency_ms for one in there),
        max_latency_ms=max(one.max_latency_ms for one in there),
        total_latency_ms=sum(one.total_latency_ms for one in there),
    )


def by_name(found: list[Any], model: type[WfMetrics] | type[TaskMetrics]) -> dict[str, CountAndTiming]:
    """Name of the metric → what happened."""
    named = {name: together(getattr(one, name) for one in found) for name in model.model_fields}
    return {name: one for name, one in named.items() if one is not None}


async def of_runs(town: Town, spec: WfSpecId = FLOW) -> dict[str, CountAndTiming]:
    return by_name([window.workflow for window in await town.client.list_wf_metrics(spec)], WfMetrics)


async def of_tasks(town: Town, name: str) -> dict[str, CountAndTiming]:
    return by_name([window.task for window in await town.client.list_task_metrics(name)], TaskMetrics)


async def counted(look: Callable[[], Awaitable[Any]], **expected: int) -> dict[str, CountAndTiming]:
    """What happened so often and nothing else, once the processes have written down what they counted."""

    async def is_there() -> dict[str, CountAndTiming] | None:
        found: dict[str, CountAndTiming] = await look()
        return found if {name: one.count for name, one in found.items()} == expected else None

    found: dict[str, CountAndTiming] = await wait_until(is_there)
    return found


async def samples(town: Town) -> dict[tuple[str, ...], float]:
    """What Prometheus reads of this tenant: (name, values of its labels by their names) → value."""
    return {
        (
            sample.name,
            *(value for label, value in sorted(sample.labels.items()) if label != "tenant"),
        ): sample.value
        for family in text_string_to_metric_families(await town.client.metrics())
        for sample in family.samples
        if sample.labels.get("tenant") == town.tenant
    }


def ms_between(start: str | None, end: str | None) -> int:
    assert start is not None and end is not None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)) // timedelta(milliseconds=1)


def latencies(*took_ms: int) -> CountAndTiming:
    return CountAndTiming(
        count=len(took_ms),
        min_latency_ms=min(took_ms),
        max_latency_ms=max(took_ms),
        total_latency_ms=sum(took_ms),
    )


async def test_latencies_are_those_that_the_runs_and_their_tasks_show(town: Town) -> None:
    await town.work(greet)
    await town.deploy(greeting)
    runs = [await town.play() for _ in range(3)]
    found = await counted(lambda: of_runs(town), started=3, running_to_completed=3)
    assert found["running_to_completed"] == latencies(
        *(ms_between(run.start_time, run.end_time) for run in runs)
    )
    assert found["started"] == latencies(0, 0, 0)
    attempts = [(await town.task_run(run, 1)).attempts[0] for run in runs]
    found = await counted(
        lambda: of_tasks(town, "greet"),
        taskrun_created_to_completed=3,
        taskattempt_scheduled_to_running=3,
        taskattempt_running_to_success=3,
    )
    waited = latencies(*(ms_between(one.schedule_time, one.start_time) for one in attempts))
    assert found["taskattempt_scheduled_to_running"] == waited
    ran = latencies(*(ms_between(one.start_time, one.end_time) for one in attempts))
    assert found["taskattempt_running_to_success"] == ran
    took = latencies(*(ms_between(one.schedule_time, one.end_time) for one in attempts))
    assert found["taskrun_created_to_completed"] == took


async def test_a_task_that_is_tried_again_tells_of_every_attempt(town: Town) -> None:
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=30, multiplier=1.0, max_delay_ms=30)
    await town.work(falter)
    await town.deploy(lambda wf: wf.execute("falter", retries=2, exponential_backoff=policy))
    run = await town.play()
    assert run.status is LHStatus.COMPLETED
    found = await counted(
        lambda: of_tasks(town, "falter"),
        taskrun_created_to_completed=1,
        taskattempt_pending_to_scheduled=2,
        taskattempt_scheduled_to_running=3,
        taskattempt_running_to_error=2,
        taskattempt_running_to_success=1,
    )
    assert found["taskattempt_pending_to_scheduled"].min_latency_ms >= 30
    first, *_, last = (await town.task_run(run, 1)).attempts
    took_ms = ms_between(first.schedule_time, last.end_time)
    assert found["taskrun_created_to_completed"] == latencies(took_ms)
    prometheus = await samples(town)
    assert prometheus["lhredis_task_retries_total", "falter"] == 2
    assert prometheus["lhredis_task_attempts_total", "TASK_FAILED", "falter"] == 2
    assert prometheus["lhredis_task_attempts_total", "TASK_SUCCESS", "falter"] == 1


async def test_failures_are_told_from_errors(town: Town) -> None:
    await town.work(refuse, falter)
    await town.deploy(lambda wf: wf.execute("refuse"), "refusing")
    await town.deploy(lambda wf: wf.execute("falter"), "faltering")
    assert (await town.play(name="refusing")).status is LHStatus.EXCEPTION
    assert (await town.play(name="faltering")).status is LHStatus.ERROR
    await counted(lambda: of_runs(town, WfSpecId(name="refusing")), started=1, running_to_exception=1)
    await counted(lambda: of_runs(town, WfSpecId(name="faltering")), started=1, running_to_error=1)
    await counted(
        lambda: of_tasks(town, "refuse"),
        taskrun_created_to_exception=1,
        taskattempt_scheduled_to_running=1,
        taskattempt_running_to_exception=1,
    )
    await counted(
        lambda: of_tasks(town, "falter"),
        taskrun_created_to_error=1,
        taskattempt_scheduled_to_running=1,
        taskattempt_running_to_error=1,
    )
    prometheus = await samples(town)
    assert prometheus["lhredis_wf_runs_ended_total", "EXCEPTION", "0.0", "refusing"] == 1
    assert prometheus["lhredis_wf_runs_ended_total", "ERROR", "0.0", "faltering"] == 1


async def test_a_run_that_is_stopped_and_resumed_is_counted_on_its_way(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.execute("greet", "Ada")
        wf.execute("greet", "Bob")

    await town.client.put_task_def(greet.task_def)
    await town.deploy(story)
    run = await town.run()
    (claimed,) = await town.hand.claim("greet")
    assert (await town.client.stop_wf_run(run.id)).status is LHStatus.HALTING
    await passed(20)
    await town.hand.report(claimed, output="Hello, Ada!")
    await town.until(run, lambda found: found.status is LHStatus.HALTED)
    await passed(30)
    assert (await town.client.resume_wf_run(run.id)).status is LHStatus.RUNNING
    (claimed,) = await town.hand.claim("greet")
    await town.hand.report(claimed, output="Hello, Bob!")
    await town.ended(run)
    found = await counted(
        lambda: of_runs(town),
        started=1,
        running_to_halting=1,
        halting_to_halted=1,
        halted_to_running=1,
        running_to_completed=1,
    )
    assert found["halting_to_halted"].min_latency_ms >= 20
    assert found["halted_to_running"].min_latency_ms >= 30
    halted_ms = found["halting_to_halted"].total_latency_ms + found["halted_to_running"].total_latency_ms
    assert found["running_to_completed"].total_latency_ms >= halted_ms


async def passed(at_least_ms: int) -> None:
    began_ms = now_ms()
    await wait_until(lambda: now_ms() > began_ms + at_least_ms)


async def test_a_timeout_is_a_claim_that_was_taken_back(town: Town) -> None:
    await town.client.put_task_def(greet.task_def)
    await town.deploy(lambda wf: wf.execute("greet", "Ada", timeout_seconds=1))
    before = await whole(town, "claims_reclaimed"), await whole(town, "late_reports")
    run = await town.run()
    (claimed,) = await town.hand.claim("greet")
    assert (await town.ended(run)).status is LHStatus.ERROR
    await town.hand.report(claimed, output="too late")
    found = await counted(
        lambda: of_tasks(town, "greet"),
        taskrun_created_to_error=1,
        taskattempt_scheduled_to_running=1,
        taskattempt_running_to_error=1,
    )
    assert found["taskattempt_running_to_error"].min_latency_ms >= 1000
    assert (await samples(town))["lhredis_task_attempts_total", "TASK_TIMEOUT", "greet"] == 1

    async def both_counted() -> bool:
        after = await whole(town, "claims_reclaimed"), await whole(town, "late_reports")
        return after == (before[0] + 1, before[1] + 1)

    await wait_until(both_counted)


async def whole(town: Town, name: str) -> float:
    """A total of the whole deployment."""
    (found,) = [
        sample.value
        for family in text_string_to_metric_families(await town.client.metrics())
        for sample in family.samples
        if sample.name == f"lhredis_{name}_total"
    ]
    return found


async def test_reminders_of_user_tasks_are_tasks_too(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", user_id="ada")
        wf.schedule_reminder_task(form, 0, "greet", "Ada")

    await town.work(greet)
    await town.client.put_user_task_def(PutUserTaskDefRequest(name="form", fields=()))
    await town.deploy(story)
    await town.run()
    await counted(
        lambda: of_tasks(town, "greet"),
        taskrun_created_to_completed=1,
        taskattempt_scheduled_to_running=1,
        taskattempt_running_to_success=1,
    )


async def test_child_runs_are_started_and_counted(town: Town) -> None:
    def parent(wf: WorkflowThread) -> None:
        wf.wait_for_child_wf(wf.run_wf("child"))

    await town.deploy(lambda wf: None, "child")
    await town.deploy(parent)
    await town.play()
    await counted(lambda: of_runs(town, WfSpecId(name="child")), started=1, running_to_completed=1)
    await counted(lambda: of_runs(town), started=1, running_to_completed=1)


async def test_prometheus_reads_histograms_of_every_definition(town: Town) -> None:
    await town.work(greet)
    await town.deploy(greeting)
    for _ in range(4):
        await town.play()
    await counted(lambda: of_runs(town), started=4, running_to_completed=4)
    await counted(
        lambda: of_tasks(town, "greet"),
        taskrun_created_to_completed=4,
        taskattempt_scheduled_to_running=4,
        taskattempt_running_to_success=4,
    )
    found = await samples(town)
    assert found["lhredis_wf_runs_started_total", "0.0", "flow"] == 4
    assert found["lhredis_wf_runs_ended_total", "COMPLETED", "0.0", "flow"] == 4
    took = (await of_runs(town))["running_to_completed"]
    assert found["lhredis_wf_run_duration_seconds_sum", "0.0", "flow"] == took.total_latency_ms / 1000
    for name, rest in (
        ("wf_run_duration", ("0.0", "flow")),
        ("task_schedule_to_start", ("greet",)),
        ("task_start_to_end", ("greet",)),
        ("task_schedule_to_report", ("greet",)),
    ):
        assert found[f"lhredis_{name}_seconds_count", *rest] == 4
        buckets = [
            (float(labels[0]), value)
            for (sample, *labels), value in found.items()
            if sample == f"lhredis_{name}_seconds_bucket" and sorted(labels[1:]) == sorted(rest)
        ]
        assert [value for _, value in sorted(buckets)] == sorted(value for _, value in buckets)
        assert max(buckets) == (float("inf"), 4)
    assert found["lhredis_oldest_task_age_seconds", "greet"] == 0


async def test_the_age_of_the_oldest_task_that_waits_grows(town: Town) -> None:
    await town.client.put_task_def(greet.task_def)
    await town.deploy(greeting)
    await town.run()

    async def age_s() -> float:
        return (await samples(town))["lhredis_oldest_task_age_seconds", "greet"]

    async def is_old() -> bool:
        return await age_s() >= 0.05

    await wait_until(is_old)
    await town.run()
    assert await age_s() >= 0.05
    await town.hand.claim("greet", count=2)
    assert await age_s() == 0


async def test_one_window_is_read_and_all_are_searched(town: Town) -> None:
    await town.deploy(lambda wf: None)
    await town.play()
    await town.deploy(lambda wf: wf.declare_int("n").required())
    newer = WfSpecId(name="flow", major_version=1, revision=0)
    await town.play({"n": 1})
    await counted(lambda: of_runs(town, FLOW), started=1, running_to_completed=1)
    await counted(lambda: of_runs(town, newer), started=1, running_to_completed=1)
    page = await town.client.search_wf_metric_windows(
        SearchWfMetricWindowRequest(wf_spec_name="flow", limit=1)
    )
    (newest,) = page.items
    assert (newest.wf_spec_id, newest.metric_type) == (newer, MetricType.WORKFLOW_METRIC)
    (window,) = [
        one for one in await town.client.list_wf_metrics(newer) if one.id.window_start == newest.window_start
    ]
    assert await town.client.get_metric_window(newest) == window
    second = await town.client.search_wf_metric_windows(
        SearchWfMetricWindowRequest(wf_spec_name="flow", limit=1, bookmark=page.bookmark)
    )
    assert [one.wf_spec_id for one in second.items] == [FLOW]
    latest = await town.client.search_wf_metric_windows(
        SearchWfMetricWindowRequest(wf_spec_name="flow", latest_only=True)
    )
    assert sorted(str(one.wf_spec_id) for one in latest.items) == ["flow/0.0", "flow/1.0"]
    with pytest.raises(NotFound, match="nothing is known of WfSpec flow/0"):
        await town.client.get_metric_window(
            MetricWindowId(wf_spec_id=FLOW, window_start=newest.window_start + timedelta(seconds=1))
        )
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert await town.client.list_wf_metrics(FLOW, window_end=hour_ago) == []
    assert await town.client.list_wf_metrics(FLOW, window_start=hour_ago) != []


async def test_what_was_counted_goes_with_its_definition(town: Town) -> None:
    await town.work(greet)
    await town.deploy(greeting)
    await town.play()
    await counted(lambda: of_runs(town), started=1, running_to_completed=1)
    await wait_until(lambda: of_tasks(town, "greet"))
    assert any("flow" in sample for sample in await samples(town))
    await town.client.delete_wf_spec("flow", 0, 0)
    with pytest.raises(NotFound, match="there is no WfSpec 'flow' 0"):
        await town.client.list_wf_metrics(FLOW)
    await town.client.delete_task_def("greet")
    with pytest.raises(NotFound, match="there is no TaskDef 'greet'"):
        await town.client.list_task_metrics("greet")
    left = {sample[0] for sample in await samples(town) if "flow" in sample or "greet" in sample}
    assert left == {"lhredis_tasks_waiting", "lhredis_tasks_claimed", "lhredis_oldest_task_age_seconds"}


async def test_what_makes_no_sense_is_refused(town: Town) -> None:
    await town.deploy(lambda wf: None)
    now = datetime.now(UTC)
    with pytest.raises(InvalidArgument, match="window_end: is before window_start"):
        await town.client.list_wf_metrics(FLOW, now, now - timedelta(minutes=1))
    with pytest.raises(InvalidArgument, match="metric_type: the id is of a WORKFLOW_METRIC; got TASK_METRIC"):
        await town.client.get_metric_window(
            MetricWindowId(wf_spec_id=FLOW, window_start=now, metric_type=MetricType.TASK_METRIC)
        )
    with pytest.raises(ValueError, match="exactly one of wf_spec_id, task_def_id"):
        MetricWindowId(wf_spec_id=FLOW, task_def_id=TaskDefId(name="greet"), window_start=now)
    for bookmark in ("nonsense", write_bookmark("wf-metric-windows flow NEWEST_FIRST", (1, "no.version"))):
        with pytest.raises(InvalidArgument, match="bookmark"):
            await town.client.search_wf_metric_windows(
                SearchWfMetricWindowRequest(wf_spec_name="flow", bookmark=bookmark)
            )
    with pytest.raises(NotFound, match="there is no WfSpec 'other'"):
        await town.client.search_wf_metric_windows(SearchWfMetricWindowRequest(wf_spec_name="other"))
