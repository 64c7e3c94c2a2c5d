"""schedule: a ScheduledWfRun: when it starts WfRuns, and which.

Pure, like `step`: each function changes the Schedule, and `tick` returns what must be started. A start
has an id made of the schedule's and the tick's time: however often it is carried, it starts one run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from lhredis.engine.cron import next_tick
from lhredis.engine.node_state import SpecVersion
from lhredis.errors import InvalidArgument
from lhredis.model.enums import MissedTicks
from lhredis.model.limits import CATCH_UP_RUNS_MAX
from lhredis.model.values import Value


@dataclass(slots=True)
class StartRefused:
    """Why a run could not be started."""

    at_ms: int
    wf_run_id: str
    message: str


@dataclass(slots=True)
class Schedule:
    """A ScheduledWfRun. Without a `cron` it has one tick, at `start_ms`, and is gone when its run has
    started. `next_ms` is None while it is paused, and when no tick is left."""

    id: str
    spec: SpecVersion
    variables: dict[str, Value]
    parent_id: str | None
    cron: str | None
    start_ms: int | None
    zone: str
    missed: MissedTicks
    created_ms: int
    next_ms: int | None = None
    paused: bool = False
    last_ms: int | None = None
    last_wf_run_id: str | None = None
    error: StartRefused | None = None


class Start(NamedTuple):
    """A WfRun to be started. With `tells`, the schedule wants to hear of it also when all is well."""

    wf_run_id: str
    tells: bool


def begin(schedule: Schedule, zone: tzinfo) -> None:
    """A new schedule: find its first tick. InvalidArgument when the cron expression is wrong or
    never comes."""
    schedule.next_ms = _next_after(schedule, zone, schedule.created_ms)
    if schedule.next_ms is None:
        raise InvalidArgument(f"cron_expression: {schedule.cron!r} does not come in the next 50 years")


def tick(schedule: Schedule, due_ms: int, zone: tzinfo, now_ms: int) -> list[Start]:
    """A timer is due: start what is due, and move on to the next tick. A timer of another moment than that
    of the next tick is an old one.

    Of ticks that were missed, SKIP starts one run and goes on from now; CATCH_UP starts them all, at
    most CATCH_UP_RUNS_MAX now: then the next tick is one that is due already.
    """
    starts: list[Start] = []
    if schedule.next_ms != due_ms:
        return starts
    while schedule.next_ms is not None and schedule.next_ms <= now_ms and len(starts) < CATCH_UP_RUNS_MAX:
        at_ms = schedule.next_ms
        tells = schedule.cron is None or schedule.error is not None
        starts.append(Start(_wf_run_id(schedule, at_ms), tells))
        schedule.last_ms, schedule.last_wf_run_id = at_ms, starts[-1].wf_run_id
        caught_up = schedule.missed is MissedTicks.SKIP
        schedule.next_ms = _next_after(schedule, zone, now_ms if caught_up else at_ms)
    return starts


def pause(schedule: Schedule) -> None:
    """No ticks until it is resumed."""
    schedule.paused, schedule.next_ms = True, None


def resume(schedule: Schedule, zone: tzinfo, now_ms: int) -> None:
    """Go on from now: ticks of the pause are not made up for. A single start that was missed is due now."""
    if schedule.paused:
        schedule.paused = False
        schedule.next_ms = _next_after(schedule, zone, now_ms)


def waits_for_start(schedule: Schedule) -> bool:
    """Is a single start under way, of which nothing was heard yet?"""
    return schedule.cron is None and schedule.last_ms is not None and schedule.error is None


def start_again(schedule: Schedule) -> list[Start]:
    """The message of a single start is gone: have it written again."""
    if not waits_for_start(schedule):
        return []
    assert schedule.last_wf_run_id is not None
    return [Start(schedule.last_wf_run_id, tells=True)]


def started(schedule: Schedule, wf_run_id: str) -> bool:
    """A run was started. True when that was the only one: the schedule is to go."""
    schedule.error = None
    return schedule.cron is None and schedule.last_wf_run_id == wf_run_id


def _next_after(schedule: Schedule, zone: tzinfo, after_ms: int) -> int | None:
    if schedule.cron is not None:
        return next_tick(schedule.cron, zone, after_ms)
    return schedule.start_ms if schedule.last_ms is None else None


def _wf_run_id(schedule: Schedule, at_ms: int) -> str:
    """`<id>-20260102t030000z`; the run of a single start has the schedule's own id."""
    own = schedule.id
    if schedule.cron is not None:
        own += datetime.fromtimestamp(at_ms // 1000, UTC).strftime("-%Y%m%dt%H%M%Sz")
    return own if schedule.parent_id is None else f"{schedule.parent_id}_{own}"
