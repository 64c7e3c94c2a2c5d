"""The story of SLEEP nodes: how long they last, and which timers they listen to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lhredis.engine.effects import PutHistory, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.model.limits import SLEEP_SECONDS_MAX
from lhredis.store.codec import encode_state
from lhredis.workflow import WorkflowThread
from tests.engine.play import START_MS, Play

START = datetime.fromtimestamp(START_MS / 1000, UTC)
SLEEP = TimerKind.NODE_DUE
END_OF_9999_MS = 253_402_300_799_999


def sleeping(form: str, kind: str) -> dict[str, Any]:
    """A spec that sleeps for, or until, what the variable `x` says."""
    return {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "sleep"}]},
                "sleep": {
                    "sleep": {form: {"variable_name": "x"}},
                    "outgoing_edges": [{"sink_node_name": "exit"}],
                },
                "exit": {"exit": {}},
            },
            "variable_defs": [{"var_def": {"name": "x", "type_def": kind}}],
        }
    }


def test_n1_a_sleep_ends_at_its_millisecond_and_not_before():
    play = Play(lambda wf: wf.sleep(2)).start()
    assert play.sent(SetTimer) == [SetTimer(SLEEP, 0, 1, 0, START_MS + 2000)]
    assert play.node(1).due_ms == START_MS + 2000
    play.wait(1999)
    assert play.status == "RUNNING"
    play.wait(1)
    assert (play.status, play.run.ended_ms) == ("COMPLETED", START_MS + 2000)
    assert play.node(1).ended_ms == START_MS + 2000


@pytest.mark.parametrize(
    ("form", "kind", "value", "after_ms"),
    [
        ("raw_seconds", "INT", 90, 90_000),
        ("timestamp", "INT", START_MS + 1, 1),
        ("timestamp", "TIMESTAMP", START + timedelta(milliseconds=1234), 1234),
        (
            "timestamp",
            "TIMESTAMP",
            (START + timedelta(seconds=5)).astimezone(timezone(timedelta(hours=9))),
            5000,
        ),
        ("iso_date", "STR", (START + timedelta(seconds=7)).isoformat(), 7000),
        ("iso_date", "STR", (START + timedelta(seconds=7)).replace(tzinfo=None).isoformat(), 7000),
        ("iso_date", "STR", "2023-11-15T07:13:27+09:00", 7000),
    ],
)
def test_every_form_of_a_sleep_ends_when_it_says(form: str, kind: str, value: Any, after_ms: int):
    play = Play(sleeping(form, kind)).start(x=value)
    assert play.timers == {(SLEEP, 0, 1, 0): START_MS + after_ms}
    assert play.wait(after_ms - 1).status == "RUNNING"
    assert play.wait(1).status == "COMPLETED"


@pytest.mark.parametrize(
    ("form", "kind", "value"),
    [
        ("raw_seconds", "INT", 0),
        ("raw_seconds", "INT", -5),
        ("timestamp", "INT", START_MS),
        ("timestamp", "INT", START_MS - 1),
        ("timestamp", "INT", 0),
        ("timestamp", "INT", -(2**63)),
        ("timestamp", "TIMESTAMP", START - timedelta(days=1)),
        ("timestamp", "TIMESTAMP", datetime(1, 1, 1, tzinfo=UTC)),
        ("iso_date", "STR", "1999-12-31"),
    ],
)
def test_n2_a_sleep_into_the_past_is_over_at_once(form: str, kind: str, value: Any):
    play = Play(sleeping(form, kind)).start(x=value)
    assert (play.status, play.timers, play.sent(SetTimer)) == ("COMPLETED", {}, [])


@pytest.mark.parametrize(
    ("form", "kind", "value", "because"),
    [
        ("raw_seconds", "INT", None, "got null"),
        ("raw_seconds", "INT", SLEEP_SECONDS_MAX + 1, "at most"),
        ("raw_seconds", "INT", 2**63 - 1, "at most"),
        ("timestamp", "INT", None, "got null"),
        ("timestamp", "INT", 2**63 - 1, "in the year 9999 at the latest"),
        ("timestamp", "TIMESTAMP", None, "got null"),
        ("iso_date", "STR", None, "got null"),
        ("iso_date", "STR", "", "not an ISO date"),
        ("iso_date", "STR", "tomorrow", "not an ISO date"),
        ("iso_date", "STR", "2026-02-30", "not an ISO date"),
        ("iso_date", "STR", "9999-12-31T23:59:59-01:00", "in the year 9999 at the latest"),
    ],
)
def test_n8_a_sleep_that_makes_no_sense_fails_the_node(form: str, kind: str, value: Any, because: str):
    play = Play(sleeping(form, kind)).start(x=value)
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert because in play.message
    assert play.timers == {}


@pytest.mark.parametrize("value", ["soon", 2.5, True, [1], {"a": 1}])
@pytest.mark.parametrize("form", ["raw_seconds", "timestamp", "iso_date"])
def test_an_untyped_length_is_checked_when_the_run_comes_there(form: str, value: Any):
    spec = sleeping(form, "JSON_OBJ")
    spec["entrypoint"]["nodes"]["sleep"]["sleep"] = {form: {"variable_name": "x", "json_path": "$.v"}}
    play = Play(spec).start(x={"v": value})
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")


@pytest.mark.parametrize(
    ("form", "kind", "value"),
    [
        ("timestamp", "INT", END_OF_9999_MS),
        ("timestamp", "TIMESTAMP", datetime.max.replace(tzinfo=UTC)),
        ("iso_date", "STR", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_sleep_may_last_until_the_end_of_time(form: str, kind: str, value: Any):
    play = Play(sleeping(form, kind)).start(x=value)
    assert (play.status, play.timers) == ("RUNNING", {(SLEEP, 0, 1, 0): END_OF_9999_MS})


def test_a_moment_before_1970_is_kept_as_it_is():
    play = Play(sleeping("timestamp", "TIMESTAMP")).start(x=datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC))
    (put,) = [one for one in play.sent(PutHistory) if one.node_run.name == "sleep"]
    assert put.node_run.due_ms == -1000


def test_microseconds_round_up_so_that_a_sleep_is_never_early():
    play = Play(sleeping("timestamp", "TIMESTAMP")).start(x=START + timedelta(milliseconds=5, microseconds=1))
    assert play.timers == {(SLEEP, 0, 1, 0): START_MS + 6}


@pytest.mark.parametrize("ms", range(0, 1000, 7))
def test_every_millisecond_of_a_timestamp_is_kept(ms: int):
    play = Play(sleeping("timestamp", "TIMESTAMP")).start(x=START + timedelta(days=365, milliseconds=ms))
    assert play.node(1).due_ms == START_MS + 365 * 86_400_000 + ms


@pytest.mark.parametrize(
    ("key", "due_ms"),
    [
        ((SLEEP, 0, 1, 0), START_MS + 1999),  # an older wake-up time
        ((SLEEP, 0, 1, 0), START_MS + 2001),
        ((SLEEP, 0, 2, 0), START_MS + 2000),  # another node
        ((SLEEP, 0, 0, 0), START_MS + 2000),
        ((SLEEP, 1, 1, 0), START_MS + 2000),  # another thread
        ((TimerKind.RETRY, 0, 1, 0), START_MS + 2000),  # another kind
    ],
)
def test_a_timer_that_is_not_the_nodes_own_changes_nothing(key: tuple[Any, ...], due_ms: int):
    play = Play(lambda wf: wf.sleep(2)).start()
    play.now_ms += 2000
    before = encode_state(play.run)
    play.fire(key, due_ms)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_timer_that_fires_early_changes_nothing():
    play = Play(lambda wf: wf.sleep(2)).start()
    play.now_ms += 1999
    before = encode_state(play.run)
    play.fire((SLEEP, 0, 1, 0), START_MS + 2000)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_the_timer_of_a_sleep_that_is_over_changes_nothing():
    play = Play(lambda wf: [wf.sleep(2), wf.sleep(5)]).start().wait(2000)
    assert (play.position, play.timers) == (2, {(SLEEP, 0, 2, 0): START_MS + 7000})
    before = encode_state(play.run)
    play.fire((SLEEP, 0, 1, 0), START_MS + 2000)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_late_timer_ends_the_sleep():
    play = Play(lambda wf: wf.sleep(2)).start()
    play.now_ms += 1_000_000
    play.fire((SLEEP, 0, 1, 0), START_MS + 2000)
    assert (play.status, play.run.ended_ms) == ("COMPLETED", START_MS + 1_000_000)


def test_a_loop_sleeps_anew_in_every_pass():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 3)

        def body(wf: WorkflowThread) -> None:
            wf.sleep(1)
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story).start()
    assert play.wait(2999).status == "RUNNING"
    assert play.wait(1).status == "COMPLETED"
