"""`lhredis schedule`: by a cron expression or once, shown, paused, resumed, run now, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lhredis.cli import exits
from tests.cli.conftest import Call

YEARLY = "5 0 1 8 *"


@pytest.fixture
def yearly(lhredis: Call) -> str:
    """The id of a schedule that will not tick while the tests run."""
    id = f"yearly-{uuid4().hex[:8]}"
    assert lhredis("schedule", "run", "story-greet", YEARLY, "name=Ada", "--id", id, "--json").code == 0
    return id


def test_a_run_is_started_in_an_hour_or_at_a_time(lhredis: Call) -> None:
    id = f"later-{uuid4().hex[:8]}"
    assert lhredis("schedule", "at", "story-greet", "1h", "name=Ada", "--id", id).code == exits.OK
    start_at = datetime.fromisoformat(lhredis("schedule", "get", id, "--json").json["start_at"])
    assert timedelta(minutes=59) < start_at - datetime.now(UTC) <= timedelta(hours=1)
    lhredis("schedule", "delete", id)
    refused = lhredis("schedule", "at", "story-greet", "tomorrow", "name=Ada")
    assert refused.code == exits.USAGE
    assert "wanted is in how long (90s, 30m, 1h, 7d) or a timestamp" in refused.err


def test_a_schedule_is_shown_with_its_next_run(lhredis: Call, yearly: str) -> None:
    text = lhredis("schedule", "get", yearly).out
    for part in (
        yearly,
        "story-greet/0.0",
        "5 0 1 8 * UTC",
        "SKIP",
        '{"name": "Ada"}',
        "-08-01T00:05:00.000Z",
    ):
        assert part in text
    shown = lhredis("schedule", "get", yearly, "--json").json
    assert (shown["cron_expression"], shown["variables"]) == (YEARLY, {"name": "Ada"})


def test_a_schedule_says_when_it_comes_next(lhredis: Call) -> None:
    outcome = lhredis(
        "schedule", "run", "story-wait", YEARLY, "--time-zone", "Asia/Kolkata", "--missed", "catch-up"
    )
    assert outcome.code == exits.OK
    id, spec, next_run = outcome.out.split()
    assert (spec, next_run[4:]) == ("story-wait/0.0", "-07-31T18:35:00.000Z")
    assert lhredis("schedule", "get", id, "--json").json["missed_ticks"] == "CATCH_UP"


def test_schedules_are_listed_by_spec_page_by_page(lhredis: Call, yearly: str) -> None:
    for _ in range(2):
        lhredis("schedule", "run", "story-greet", YEARLY, "name=Ada")
    assert yearly in lhredis("schedule", "list", "story-greet", "--limit", "1000").out
    assert yearly not in lhredis("schedule", "list", "story-break").out
    page = lhredis("schedule", "list", "story-greet", "--limit", "1", "--json").json
    more = lhredis(
        "schedule", "list", "story-greet", "--limit", "1", "--bookmark", page["bookmark"], "--json"
    ).json
    assert page["results"][0]["id"] != more["results"][0]["id"]
    assert (
        "more: lhredis schedule list story-greet --bookmark"
        in lhredis("schedule", "list", "story-greet", "--limit", "1").out
    )


def test_schedules_of_a_version_are_listed_as_tables_write_it(lhredis: Call, yearly: str) -> None:
    lhredis("schedule", "run", "story-greet", YEARLY, "name=Ada")
    assert yearly in lhredis("schedule", "list", "story-greet/0.0", "--limit", "1000").out
    assert yearly not in lhredis("schedule", "list", "story-greet/1").out
    for version in (["story-greet/0.0"], ["story-greet", "--major-version", "0", "--revision", "0"]):
        page = lhredis("schedule", "list", *version, "--limit", "1")
        assert "more: lhredis schedule list story-greet/0.0 --bookmark" in page.out
    twice = lhredis("schedule", "list", "story-greet/0.0", "--major-version", "0")
    assert (twice.code, "say it once" in twice.err) == (exits.USAGE, True)


def test_it_is_paused_resumed_run_now_and_deleted(lhredis: Call, yearly: str) -> None:
    assert lhredis("schedule", "pause", yearly).out.split() == [yearly, "story-greet/0.0", "paused"]
    assert "-08-01T00:05" in lhredis("schedule", "resume", yearly).out
    assert lhredis("schedule", "run-now", yearly).out.startswith(f"{yearly}-now-")
    assert lhredis("schedule", "delete", yearly).out.split() == ["ScheduledWfRun", yearly, "deleted"]
    for verb in ("get", "pause", "resume", "run-now", "delete"):
        assert lhredis("schedule", verb, yearly).code == exits.NOT_FOUND


def test_one_run_starts_at_a_time(lhredis: Call) -> None:
    id = f"later-{uuid4().hex[:8]}"
    time = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    assert lhredis("schedule", "at", "story-greet", time, "name=Ada", "--id", id).code == exits.OK
    assert "once, at" in lhredis("schedule", "get", id).out
    lhredis("schedule", "delete", id)


def test_what_is_wrong_is_refused_with_its_name(lhredis: Call) -> None:
    bad_cron = lhredis("schedule", "run", "story-wait", "every day")
    assert (bad_cron.code, "cron_expression" in bad_cron.err) == (exits.USAGE, True)
    bad_zone = lhredis("schedule", "run", "story-wait", YEARLY, "--time-zone", "Atlantis")
    assert (bad_zone.code, "time_zone" in bad_zone.err) == (exits.USAGE, True)
    missing = lhredis("schedule", "run", "story-greet", YEARLY)
    assert (missing.code, "name" in missing.err) == (exits.USAGE, True)
    assert lhredis("schedule", "at", "story-wait", "tomorrow").code == exits.USAGE
    assert lhredis("schedule", "run", "nothing", YEARLY).code == exits.NOT_FOUND
