"""The story of steps that wait for others, and not for ever: each may have a timeout (features.md 35)."""

from __future__ import annotations

import pytest

from lhredis.engine.effects import ClearTimer
from lhredis.engine.events import TimerKind
from lhredis.errors import InvalidSpec
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story

STUCK: dict[str, Story] = {"stuck": lambda wf: wf.wait_for_event("go")}


def waits_for_a_thread(wf: WorkflowThread) -> None:
    with wf.spawn("child") as child:
        child.wait_for_event("go")
    waited = wf.wait_for_threads(child, timeout=5)
    wf.handle_error(waited, lambda wf: wf.throw_event("late"), "TIMEOUT")
    wf.complete("gone on")


def waits_for_a_child_wf(wf: WorkflowThread) -> None:
    waited = wf.wait_for_child_wf(wf.run_wf("stuck"), timeout=5)
    wf.handle_error(waited, lambda wf: wf.throw_event("late"), "TIMEOUT")
    wf.complete("gone on")


def waits_for_a_condition(wf: WorkflowThread) -> None:
    done = wf.declare_bool("done", default_value=False)
    with wf.on_interrupt("go"):
        done.assign(True)
    waited = wf.wait_for_condition(done, timeout=5)
    wf.handle_error(waited, lambda wf: wf.throw_event("late"), "TIMEOUT")
    wf.complete("gone on")


WAITS = pytest.mark.parametrize(
    ("story", "position", "says"),
    [
        (waits_for_a_thread, 2, "the threads that are waited for did not end in time"),
        (waits_for_a_child_wf, 2, "did not end in time"),
        (waits_for_a_condition, 1, "the condition did not come to hold in time"),
    ],
)


def start(story: Story) -> Play:
    return Play(story, children=STUCK).start()


@WAITS
def test_what_does_not_come_in_time_is_a_timeout(story: Story, position: int, says: str):
    play = start(story)
    play.wait(4999)
    assert (play.status, play.thrown) == ("RUNNING", [])
    play.wait(1)
    (failure,) = play.history[0, position].failures
    assert failure.name == "TIMEOUT" and says in failure.message
    assert [event.event_def for event in play.thrown] == ["late"]
    assert play.timers == {}


@WAITS
def test_one_that_is_stopped_meanwhile_fails_when_it_goes_on(story: Story, position: int, says: str):
    play = start(story).stop()
    play.wait(6000)
    assert (play.status, play.thrown) == ("HALTED", [])
    play.resume()
    assert [event.event_def for event in play.thrown] == ["late"]


def test_what_comes_in_time_takes_the_timer_away():
    play = start(waits_for_a_thread).post("go")
    assert (play.status, play.thrown, play.timers) == ("COMPLETED", [], {})
    assert ClearTimer(TimerKind.NODE_DUE, 0, 2, 0) in play.everything


def test_a_child_that_fails_in_time_takes_the_timer_away():
    def story(wf: WorkflowThread) -> None:
        with wf.spawn("child") as child:
            child.wait_for_event("go")
            child.fail("no", "way")
        wf.wait_for_threads(child, timeout=5)

    play = start(story).post("go")
    assert (play.status, play.timers) == ("EXCEPTION", {})


def test_the_children_go_on_and_are_waited_for_at_the_end():
    play = start(waits_for_a_thread)
    play.wait(5000)
    assert [thread.status.name for thread in play.run.threads.values()] == ["RUNNING", "RUNNING", "COMPLETED"]
    play.post("go")
    assert (play.status, play.run.threads[0].output) == ("COMPLETED", "gone on")


def test_a_child_wf_goes_on_and_its_later_failure_is_its_own():
    play = start(waits_for_a_child_wf)
    play.wait(5000)
    assert (play.status, play.run.threads[0].output) == ("COMPLETED", "gone on")
    assert play.run.handled_child_wfs == []
    (child,) = play.child_ids
    assert play.runs[child].status.name == "RUNNING"


def test_without_a_handler_the_children_halt_with_the_thread():
    def story(wf: WorkflowThread) -> None:
        with wf.spawn("child") as child:
            child.wait_for_event("go")
        wf.wait_for_threads(child, timeout=wf.declare_int("seconds"))

    play = Play(story).start(seconds=1)
    play.wait(1000)
    assert [thread.status.name for thread in play.run.threads.values()] == ["ERROR", "HALTED"]
    play = Play(story).start(seconds=None)
    assert play.run.threads[0].error_message == "a timeout is INT seconds; got null"


@pytest.mark.parametrize("kind", ["threads", "child_wf", "condition"])
def test_a_timeout_that_is_no_number_is_refused_at_registration(kind: str):
    def story(wf: WorkflowThread) -> None:
        word = wf.declare_str("word")
        with wf.spawn("child") as child:
            pass
        wf.wait_for_threads(child, timeout=5)
        wf.wait_for_child_wf(wf.run_wf("stuck"), timeout=5)
        wf.wait_for_condition(word == "x", timeout=5)

    play = start(story)
    form = play.request.to_json()
    (node,) = (
        node[f"wait_for_{kind}"]
        for node in form["thread_specs"]["entrypoint"]["nodes"].values()
        if f"wait_for_{kind}" in node
    )
    node["timeout_seconds"] = {"variable_name": "word"}
    with pytest.raises(InvalidSpec, match="a timeout is INT seconds; this is STR"):
        Play(form["thread_specs"], children=STUCK)
