"""`lhredis metrics`: what happened, minute by minute, as a table and as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lhredis.cli import exits
from tests.cli.conftest import Call


def once(look: Callable[[], Any]) -> Any:
    """What is seen as soon as there is something: counts come about a second late."""
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline
    return found


def windows(lhredis: Call, *words: str) -> list[Any]:
    found: list[Any] = lhredis("metrics", *words, "--json").json["windows"]
    return found


def test_runs_of_a_spec_are_told_by_the_minute(lhredis: Call) -> None:
    assert lhredis("run", "story-greet", "name=Ada", "--wait").code == exits.OK

    def completed() -> list[Any]:
        found = windows(lhredis, "wf-spec", "story-greet")
        if not any("started" in one["workflow"] for one in found):  # counted by another process
            return []
        return [one for one in found if "running_to_completed" in one["workflow"]]

    (*_, last) = once(completed)
    assert last["id"]["wf_spec_id"] == {"name": "story-greet", "major_version": 0, "revision": 0}
    assert last["workflow"]["running_to_completed"]["count"] >= 1
    text = lhredis("metrics", "wf-spec", "story-greet").out
    header, line, *_ = text.splitlines()
    assert header.split()[:3] == ["minute", "started", "completed"]
    assert line.startswith("20") and " / " in line


def test_attempts_of_a_task_are_told_by_the_minute(lhredis: Call) -> None:
    lhredis("run", "story-break", "--wait")

    def failed() -> list[Any]:
        found = windows(lhredis, "task-def", "story-break")
        return [one for one in found if "taskrun_created_to_error" in one["task"]]

    (*_, last) = once(failed)
    assert last["task"]["taskattempt_running_to_error"]["count"] >= 2
    header, line, *_ = lhredis("metrics", "task-def", "story-break", "--since", "10m").out.splitlines()
    assert header.split() == ["minute", "error", "took", "attempts", "waited", "ran"]
    assert line.startswith("20")


def test_one_minute_is_read_and_all_of_them_are_searched(lhredis: Call) -> None:
    lhredis("run", "story-refuse", "--wait")
    once(lambda: windows(lhredis, "wf-spec", "story-refuse"))
    (*_, newest) = windows(lhredis, "wf-spec", "story-refuse")
    start = newest["id"]["window_start"]
    assert start.endswith(":00.000Z"), "as the API writes it"
    assert lhredis("metrics", "wf-spec", "story-refuse", "--at", start, "--json").json["id"] == newest["id"]
    found = lhredis("metrics", "windows", "story-refuse", "--json").json["results"]
    assert newest["id"] in found
    latest = lhredis("metrics", "windows", "story-refuse", "--latest-only").out.splitlines()
    assert len(latest) == 2 and latest[1].endswith("story-refuse/0.0")
    assert lhredis("metrics", "task-def", "story-refuse", "--at", "13d").code == exits.NOT_FOUND


def test_where_nothing_happened_it_says_so(lhredis: Call) -> None:
    assert (
        "nothing happened"
        in lhredis("metrics", "wf-spec", "story-find", "--until", "1h", "--since", "2h").out
    )
    assert windows(lhredis, "task-def", "story-greet", "--since", "2d", "--until", "1d") == []


def test_what_is_not_there_or_makes_no_sense_is_told(lhredis: Call) -> None:
    assert lhredis("metrics", "wf-spec", "nobody").code == exits.NOT_FOUND
    assert lhredis("metrics", "task-def", "nobody").code == exits.NOT_FOUND
    outcome = lhredis("metrics", "task-def", "story-greet", "--since", "yesterday")
    assert outcome.code == exits.USAGE
    assert "--since" in outcome.err
