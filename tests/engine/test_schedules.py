"""Schedules: when the next run comes, what is done about missed ticks, pausing, single starts."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lhredis.engine.cron import next_tick
from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule, begin, pause, resume, started, tick
from lhredis.errors import InvalidArgument
from lhredis.model.enums import MissedTicks
from lhredis.model.limits import CATCH_UP_RUNS_MAX, CRON_CHARS_MAX

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE_MS = 60_000


def ms(text: str, zone: tzinfo = UTC) -> int:
    """A moment in epoch ms; without an offset in this zone."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)


def shown(moment_ms: int | None) -> str:
    assert moment_ms is not None
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def after(expression: str, text: str, zone: tzinfo = UTC) -> str:
    return shown(next_tick(expression, zone, ms(text, zone)))


def ticks(expression: str, zone: tzinfo, start: str, end: str) -> list[str]:
    """All ticks between two moments, found one from the other as a schedule does, in the zone's time."""
    found, at_ms = [], next_tick(expression, zone, ms(start, zone))
    while at_ms is not None and at_ms < ms(end, zone):
        found.append(datetime.fromtimestamp(at_ms / 1000, zone).strftime("%d. %H:%M %z"))
        at_ms = next_tick(expression, zone, at_ms)
    return found


# N7 of the acceptance scenarios


def test_n7_the_next_date_of_a_cron_expression() -> None:
    assert after("5 0 * 8 *", "2300-01-02 01:00") == "2300-08-01 00:05"


@pytest.mark.parametrize(
    "bad",
    ["", "nonsense", "* * * *", "* * * * * *", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
     "* * * * 8", "*/0 * * * *", "5-1 * * * *", "a * * * *", "٣ * * * *", "0 0 30 2 *", "1 " * CRON_CHARS_MAX],
)  # fmt: skip
def test_n7_what_is_no_cron_expression_is_refused(bad: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^cron_expression: "):
        next_tick(bad, UTC, 0)


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("* * * * *", "2026-01-01 00:00", "2026-01-01 00:01"),
        ("*/15 9-17 * * MON-FRI", "2026-01-02 17:45", "2026-01-05 09:00"),
        ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("0 0 13 * FRI", "2026-01-01 00:00", "2026-01-02 00:00"),  # either of the days, if both are given
        ("30 6 1,15 * *", "2026-01-01 06:30", "2026-01-15 06:30"),
        ("0 12 * * 0", "2026-01-01 00:00", "2026-01-04 12:00"),
        ("0 12 * * 7", "2026-01-01 00:00", "2026-01-04 12:00"),
    ],
)
def test_the_next_tick_follows(expression: str, start: str, expected: str) -> None:
    assert after(expression, start) == expected


def test_the_time_zone_says_when_midnight_is() -> None:
    assert shown(next_tick("0 0 * * *", BERLIN, ms("2026-01-10 12:00"))) == "2026-01-10 23:00"
    assert shown(next_tick("0 0 * * *", BERLIN, ms("2026-07-10 12:00"))) == "2026-07-10 22:00"


def test_what_never_comes_has_no_next_tick() -> None:
    assert next_tick("0 0 31 12 *", UTC, ms("9999-12-31 12:00")) is None


def test_a_fixed_time_that_the_clocks_leave_out_comes_right_after() -> None:
    found = ticks("30 2 * * *", BERLIN, "2026-03-28 00:00", "2026-03-31 00:00")
    assert found == ["28. 02:30 +0100", "29. 03:00 +0200", "30. 02:30 +0200"]


def test_a_fixed_time_that_comes_twice_runs_once() -> None:
    found = ticks("30 2 * * *", BERLIN, "2026-10-24 00:00", "2026-10-27 00:00")
    assert found == ["24. 02:30 +0200", "25. 02:30 +0200", "26. 02:30 +0100"]


def test_asked_in_the_hour_that_comes_again_the_next_tick_still_lies_ahead() -> None:
    again_ms = ms("2026-10-25 02:20+01:00")
    assert shown(next_tick("15,45 2 * * *", BERLIN, again_ms)) == "2026-10-26 01:15"


def test_every_half_hour_goes_by_the_time_that_passes() -> None:
    assert ticks("*/30 * * * *", BERLIN, "2026-03-29 01:00", "2026-03-29 04:00") == [
        "29. 01:30 +0100", "29. 03:00 +0200", "29. 03:30 +0200",
    ]  # fmt: skip
    assert ticks("*/30 * * * *", BERLIN, "2026-10-25 01:30", "2026-10-25 03:00") == [
        "25. 02:00 +0200", "25. 02:30 +0200", "25. 02:00 +0100", "25. 02:30 +0100",
    ]  # fmt: skip


@given(
    st.sampled_from(["30 2 * * *", "0,30 1-3 * * *", "*/7 * * * *", "0 2,3 * 3,10 SUN", "15 */2 * * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.integers(ms("2025-01-01"), ms("2028-01-01")),
)
def test_ticks_always_lie_ahead_and_nothing_comes_between(expression: str, zone: str, now_ms: int) -> None:
    first_ms = next_tick(expression, ZoneInfo(zone), now_ms)
    assert first_ms is not None and first_ms > now_ms
    assert first_ms % MINUTE_MS == 0
    assert next_tick(expression, ZoneInfo(zone), first_ms - 1) == first_ms


# A schedule's life

START_MS = ms("2026-01-01 00:00:30")


def schedule(
    cron: str | None = "* * * * *",
    missed: MissedTicks = MissedTicks.SKIP,
    start_ms: int | None = None,
    parent_id: str | None = None,
) -> Schedule:
    spec = SpecVersion("report", 0, 0)
    made = Schedule("nightly", spec, {}, parent_id, cron, start_ms, "UTC", missed, START_MS)
    begin(made, UTC)
    return made


def fire(one: Schedule, now: str) -> list[str]:
    """Its timer is due: the ids of the runs that it starts."""
    assert one.next_ms is not None
    return [start.wf_run_id for start in tick(one, one.next_ms, UTC, ms(now))]


def test_the_first_run_comes_with_the_next_tick_and_not_at_once() -> None:
    assert shown(schedule().next_ms) == "2026-01-01 00:01"


def test_each_tick_starts_one_run_whose_id_tells_when() -> None:
    one = schedule()
    assert fire(one, "2026-01-01 00:01:00") == ["nightly-20260101t000100z"]
    assert shown(one.next_ms) == "2026-01-01 00:02"
    assert fire(one, "2026-01-01 00:02:07") == ["nightly-20260101t000200z"]
    assert shown(one.last_ms) == "2026-01-01 00:02"
    assert one.last_wf_run_id == "nightly-20260101t000200z"


def test_an_old_timer_and_one_that_is_early_start_nothing() -> None:
    one = schedule()
    due_ms = one.next_ms
    assert due_ms is not None
    assert tick(one, due_ms, UTC, due_ms - 1) == []
    assert len(tick(one, due_ms, UTC, due_ms)) == 1
    assert tick(one, due_ms, UTC, due_ms) == []


def test_skip_starts_one_late_run_and_goes_on_from_now() -> None:
    one = schedule()
    assert fire(one, "2026-01-01 05:00:10") == ["nightly-20260101t000100z"]
    assert shown(one.next_ms) == "2026-01-01 05:01"


def test_catch_up_starts_every_run_that_was_missed() -> None:
    one = schedule(missed=MissedTicks.CATCH_UP)
    assert fire(one, "2026-01-01 00:04:10") == [
        "nightly-20260101t000100z", "nightly-20260101t000200z", "nightly-20260101t000300z", "nightly-20260101t000400z",
    ]  # fmt: skip
    assert shown(one.next_ms) == "2026-01-01 00:05"


def test_a_long_time_is_caught_up_with_in_several_passes() -> None:
    one = schedule(missed=MissedTicks.CATCH_UP)
    found: list[str] = []
    while one.next_ms is not None and one.next_ms <= ms("2026-01-01 01:00"):
        some = fire(one, "2026-01-01 01:00:00")
        assert 0 < len(some) <= CATCH_UP_RUNS_MAX
        found += some
    assert len(found) == len(set(found)) == 60


def test_a_paused_schedule_has_no_next_run_and_does_not_make_up_for_the_pause() -> None:
    one = schedule(missed=MissedTicks.CATCH_UP)
    due_ms = one.next_ms
    assert due_ms is not None
    pause(one)
    assert one.next_ms is None
    assert tick(one, due_ms, UTC, due_ms) == []
    resume(one, UTC, ms("2026-01-01 03:00:00"))
    assert shown(one.next_ms) == "2026-01-01 03:01"


def test_to_resume_what_was_not_paused_changes_nothing() -> None:
    one = schedule()
    resume(one, UTC, ms("2026-02-01"))
    assert shown(one.next_ms) == "2026-01-01 00:01"


def test_a_single_start_has_one_tick_and_is_over_when_its_run_has_started() -> None:
    one = schedule(cron=None, start_ms=ms("2026-03-01 12:00"))
    assert shown(one.next_ms) == "2026-03-01 12:00"
    assert fire(one, "2026-03-01 12:00") == ["nightly"]
    assert one.next_ms is None
    assert not started(one, "nightly-other"), "a message of another schedule of this id"
    assert started(one, "nightly")


def test_a_single_start_that_was_missed_in_a_pause_is_due_when_it_is_resumed() -> None:
    one = schedule(cron=None, start_ms=ms("2026-03-01 12:00"))
    pause(one)
    resume(one, UTC, ms("2026-04-01"))
    assert fire(one, "2026-04-01") == ["nightly"]
    pause(one)
    resume(one, UTC, ms("2026-05-01"))
    assert one.next_ms is None, "it has had its tick"


def test_the_runs_of_a_parent_are_its_children() -> None:
    assert fire(schedule(parent_id="p"), "2026-01-01 00:01") == ["p_nightly-20260101t000100z"]


def test_a_cron_expression_that_never_comes_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="cron_expression"):
        schedule(cron="0 0 */40 * MON#2")
