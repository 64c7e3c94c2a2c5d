"""The story of ExternalEvents: who may claim which, when, and what becomes of the others."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.definitions import Definitions
from lhredis.engine.effects import ClaimEvent, ClearTimer, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.program import compile_wf_spec
from lhredis.errors import AlreadyExists, InvalidSpec
from lhredis.model.event_def import ExternalEventDef, WorkflowEventDef
from lhredis.workflow import WorkflowThread
from tests.engine.play import START_MS, Play, Story, task_def

A = task_def("a", "STR")


def taking(*names: str, **options: Any) -> Story:
    """Waits for these events in turn; returns the content of the last one."""

    def story(wf: WorkflowThread) -> None:
        output = None
        for name in names:
            output = wf.wait_for_event(name, **options)
        wf.complete(output)

    return story


def before_the_start(story: Story) -> Play:
    """A run that was not started yet."""
    play = Play(story)
    play.run.spec, spec = None, play.run.spec
    started = play.start

    def start(*args: Any, **named: Any) -> Play:
        play.run.spec = spec
        return started(*args, **named)

    play.start = start  # type: ignore[method-assign]
    return play


def test_an_event_that_comes_while_it_is_waited_for_is_taken():
    play = Play(taking("e")).start().post("e", "content")
    assert (play.status, play.output, play.run.events) == ("COMPLETED", "content", {})
    (claim,) = play.sent(ClaimEvent)
    assert (claim.event.guid, claim.thread, claim.position) == ("guid-1", 0, 1)
    assert play.node(1).state.guid == "guid-1"  # type: ignore[union-attr]


def test_an_event_that_comes_before_its_node_waits_for_it():
    def story(wf: WorkflowThread) -> None:
        wf.execute("a")
        wf.complete(wf.wait_for_event("e"))

    play = Play(story, A).start().post("e", 7)
    assert (play.status, len(play.run.events)) == ("RUNNING", 1)
    play.succeed()
    assert (play.status, play.output, play.run.events) == ("COMPLETED", 7, {})


def test_j5_events_before_the_start_are_claimed_in_the_order_of_posting():
    play = before_the_start(taking("e")).post("e", "first", guid="zzz").post("e", "second", guid="aaa")
    assert (play.run.status.name, play.run.threads, len(play.run.events)) == ("STARTING", {}, 2)
    play.start()
    assert (play.status, play.output) == ("COMPLETED", "first")
    assert [event.guid for event in play.run.events.values()] == ["aaa"]


def test_events_of_the_same_millisecond_keep_their_order():
    play = Play(taking(*["e"] * 3)).start()
    for n in range(3):
        play.post("e", n)
        assert [claim.event.content for claim in play.claimed] == list(range(n + 1))
    assert play.output == 2


def test_j4_an_event_of_another_def_is_not_taken():
    play = before_the_start(taking("e")).post("f", "no").start().post("g", "no")
    assert (play.status, len(play.run.events)) == ("RUNNING", 2)
    play.post("e", "kenobi")
    assert (play.status, play.output, len(play.run.events)) == ("COMPLETED", "kenobi", 2)


def test_one_event_is_taken_by_one_node_only():
    def story(wf: WorkflowThread) -> None:
        for name in ("one", "two"):
            wf.spawn_thread(taking("e"), name)

    play = Play(story).start().post("e", 1)
    assert play.statuses() == ["RUNNING", "COMPLETED", "RUNNING"]
    play.post("e", 2)
    assert (play.status, play.thread(1).output, play.thread(2).output) == ("COMPLETED", 1, 2)


@pytest.mark.parametrize(
    ("restriction", "taker"),
    [
        ({}, 1),
        ({"thread": 1}, 1),
        ({"thread": 2}, 2),
        ({"thread": 2, "position": 1}, 2),
        ({"position": 1}, 1),
        ({"thread": 0}, None),
        ({"thread": 9}, None),
        ({"thread": 2, "position": 2}, None),
        ({"position": 5}, None),
    ],
)
def test_an_event_may_be_meant_for_one_thread_and_position(restriction: dict[str, int], taker: int | None):
    def story(wf: WorkflowThread) -> None:
        for name in ("one", "two"):
            wf.spawn_thread(taking("e"), name)

    play = Play(story).start().post("e", "content", **restriction)
    ended = [number for number in (1, 2) if play.thread(number).status.name == "COMPLETED"]
    assert ended == ([taker] if taker is not None else [])
    assert len(play.run.events) == (0 if taker is not None else 1)


def test_an_event_meant_for_another_does_not_hide_the_next_one():
    play = Play(taking("e")).start().post("e", "not for you", thread=5).post("e", "yours")
    assert (play.status, play.output) == ("COMPLETED", "yours")


def test_the_same_guid_is_refused_while_the_first_is_unclaimed():
    play = Play(taking("e")).start().post("f", guid="same")
    with pytest.raises(AlreadyExists, match="same"):
        play.post("f", guid="same")
    assert play.post("e", guid="same").status == "COMPLETED"  # another def has guids of its own


def test_an_event_after_the_end_is_kept_unclaimed():
    play = Play(lambda wf: None).start().post("e", "late")
    assert (play.status, len(play.run.events), play.sent(ClaimEvent)) == ("COMPLETED", 1, [])


def test_j1_an_event_that_does_not_come_in_time():
    play = Play(taking("e", timeout=1)).start()
    assert play.sent(SetTimer) == [SetTimer(TimerKind.NODE_DUE, 0, 1, 0, START_MS + 1000)]
    play.wait(999)
    assert play.status == "RUNNING"
    play.wait(1)
    assert (play.status, play.failure().name) == ("ERROR", "TIMEOUT")
    assert "did not arrive in time" in play.message


def test_an_event_in_time_clears_the_timeout():
    play = Play(taking("e", timeout=1)).start().post("e")
    assert ClearTimer(TimerKind.NODE_DUE, 0, 1, 0) in play.effects
    assert play.wait(5000).status == "COMPLETED"


def test_an_event_in_the_last_millisecond_counts_even_if_the_timer_is_late():
    play = Play(taking("e", timeout=1)).start()
    play.now_ms += 1000
    assert play.post("e").status == "COMPLETED"
    late = Play(taking("e", timeout=1)).start()
    late.now_ms += 1001
    late.post("e")
    assert (late.status, late.failure().name, len(late.run.events)) == ("ERROR", "TIMEOUT", 1)


def test_the_timer_of_a_node_that_was_left_does_not_touch_the_next():
    play = Play(taking("e", "e", timeout=5)).start()
    (key,) = play.timers
    due_ms = play.timers[key]
    play.wait(1000).post("e")
    play.now_ms = due_ms
    play.fire(key, due_ms)
    assert (play.changed, play.status, play.position) == ({}, "RUNNING", 2)
    assert play.wait(1000).failure().name == "TIMEOUT"


@pytest.mark.parametrize("seconds", [0, -3])
def test_no_time_at_all_still_takes_an_event_that_is_there(seconds: int):
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.wait_for_event("e", timeout=wf.declare_int("seconds")))

    there = before_the_start(story).post("e", 1).start(seconds=seconds)
    assert (there.status, there.output) == ("COMPLETED", 1)
    missing = Play(story).start(seconds=seconds)
    assert (missing.status, missing.failure().name) == ("ERROR", "TIMEOUT")


@pytest.mark.parametrize("seconds", ["soon", 1.5, None, True, [1], 10**12])
def test_a_timeout_that_is_no_int_is_a_variable_error(seconds: Any):
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("e", timeout=wf.declare_json_obj("j").get("seconds"))

    play = Play(story).start(j={"seconds": seconds})
    assert (play.status, play.failure().name, play.timers) == ("ERROR", "VAR_ERROR", {})


def test_a_timeout_may_be_handled():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.wait_for_event("e", timeout=1), lambda wf: wf.execute("a"), "TIMEOUT")

    assert Play(story, A).start().wait(1000).succeed().status == "COMPLETED"


def test_an_unclaimed_event_is_dropped_when_its_retention_is_over():
    play = Play(taking("e")).start().post("f", keep_ms=1000).post("g").wait(1000)
    assert [event.event_def for event in play.run.events.values()] == ["g"]


def test_a_claimed_event_is_not_dropped():
    play = Play(taking("e")).start().post("e", keep_ms=1000)
    assert (play.status, play.timers) == ("COMPLETED", {})


def test_the_events_of_a_run_that_never_starts_are_dropped_too():
    play = before_the_start(taking("e")).post("e", keep_ms=1000).wait(1000)
    assert play.run.events == {}
    assert play.start().status == "RUNNING"


def test_the_events_of_a_run_that_ended_are_dropped_too():
    play = Play(lambda wf: None).start().post("e", keep_ms=1000).wait(1000)
    assert (play.status, play.run.events) == ("COMPLETED", {})


# Correlation


def keyed(wf: WorkflowThread) -> None:
    wf.complete(wf.wait_for_event("e", correlation_id=wf.declare_json_obj("j").get("key"), timeout=5))


def test_a_node_with_a_key_tells_that_it_waits_and_that_it_does_not_any_more():
    play = Play(keyed).start(j={"key": "K"})
    assert play.correlated == {("e", "K", 0, 1)}
    play.post("e", 137, thread=0, position=1, correlated=True)
    assert (play.status, play.output, play.correlated) == ("COMPLETED", 137, set())


def test_j13_a_node_that_timed_out_waits_for_no_key_and_gets_no_event():
    play = Play(keyed).start(j={"key": "K"}).wait(5000)
    assert (play.status, play.correlated) == ("ERROR", set())
    play.post("e", 137, thread=0, position=1, correlated=True)
    assert (play.changed, play.run.events) == ({}, {})


def test_a_correlated_event_that_comes_twice_is_taken_once():
    def story(wf: WorkflowThread) -> None:
        keyed_wait = wf.wait_for_event("e", correlation_id="K")
        wf.complete(keyed_wait)

    play = Play(story).start().post("e", 1, thread=0, position=1, correlated=True)
    play.post("e", 1, thread=0, position=1, correlated=True)
    assert (play.status, play.changed) == ("COMPLETED", {})


def test_an_event_posted_by_run_id_ends_the_wait_for_a_key():
    play = Play(keyed).start(j={"key": "K"}).post("e", "direct")
    assert (play.status, play.output, play.correlated) == ("COMPLETED", "direct", set())


@pytest.mark.parametrize("key", [None, 1, True, ["K"], {}, ""])
def test_a_key_that_is_no_text_is_a_variable_error(key: Any):
    play = Play(keyed).start(j={"key": key})
    assert (play.status, play.failure().name, play.correlated, play.timers) == (
        "ERROR",
        "VAR_ERROR",
        set(),
        {},
    )


def test_a_halted_node_gets_its_correlated_event_when_it_goes_on():
    play = Play(keyed).start(j={"key": "K"}).stop().post("e", 1, thread=0, position=1, correlated=True)
    assert len(play.run.events) == 1
    play.resume()
    assert (play.status, play.output) == ("COMPLETED", 1)


# WorkflowEvents


def test_thrown_events_are_numbered_by_their_def():
    def story(wf: WorkflowThread) -> None:
        for name, content in (("a", 1), ("b", 2), ("a", 3)):
            wf.throw_event(name, content)

    play = Play(story).start()
    assert [(one.event_def, one.number, one.content, one.position) for one in play.thrown] == [
        ("a", 0, 1, 1),
        ("b", 0, 2, 2),
        ("a", 1, 3, 3),
    ]
    assert play.status == "COMPLETED"


def test_a_thrown_event_whose_content_cannot_be_computed_fails_the_node():
    play = Play(lambda wf: wf.throw_event("a", wf.declare_int("n", 1) / 0)).start()
    assert (play.status, play.failure(1).name, play.thrown) == ("ERROR", "VAR_SUB_ERROR", [])


def throwing(content_type: dict[str, Any], content: Any) -> Play:
    """Throws an event of this def, with a literal or with what is at `$.x`."""

    def story(wf: WorkflowThread) -> None:
        wf.throw_event("a", wf.declare_json_obj("j").with_json_path("$.x") if content == "$.x" else content)

    thrown = WorkflowEventDef.model_validate(
        {"id": {"name": "a"}, "content_type": content_type, "created_at": "2026-01-01T00:00:00.000Z"}
    )
    return Play(story, definitions=Definitions(workflow_event_defs={"a": thrown}))


def test_an_event_without_content_is_thrown_without():
    with pytest.raises(InvalidSpec, match=r"'a' has no content \(void\); this is INT"):
        throwing({}, 5)
    (thrown,) = throwing({}, "$.x").start(j={}).thrown
    assert thrown.content is None
    play = throwing({}, "$.x").start(j={"x": 5})
    assert (play.status, play.failure(1).name, play.thrown) == ("ERROR", "VAR_SUB_ERROR", [])
    assert "'a' has no content (void); got INT" in play.message


# Definitions that change


def defined(posted: Any, thrown: Any) -> Definitions:
    """ExternalEventDef `e` and WorkflowEventDef `a` of these types."""
    made = {"created_at": "2026-01-01T00:00:00.000Z"}
    external = {"id": {"name": "e"}, "type_information": posted, **made}
    workflow = {"id": {"name": "a"}, "content_type": thrown, **made}
    return Definitions(
        external_event_defs={"e": ExternalEventDef.model_validate(external)},
        workflow_event_defs={"a": WorkflowEventDef.model_validate(workflow)},
    )


@pytest.mark.parametrize(("content", "ends"), [(7, "COMPLETED"), ("seven", "ERROR")])
def test_a_run_goes_on_when_the_types_of_its_events_have_changed(content: Any, ends: str):
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("x").assign(wf.wait_for_event("e"))
        wf.throw_event("a", 5)

    play = Play(story, definitions=defined("INT", "INT")).start()
    play.program = compile_wf_spec(play.request, defined("STR", "BOOL"), strict=False)
    play.post("e", content)
    assert play.status == ends
    if ends == "ERROR":
        assert (play.failure(1).name, play.variables) == ("VAR_SUB_ERROR", {"x": None})


# Conditions


def test_a_condition_that_holds_is_passed_at_once():
    assert Play(
        lambda wf: wf.wait_for_condition(wf.declare_bool("b", True).is_equal_to(True))
    ).start().status == ("COMPLETED")


def test_a_condition_is_seen_in_the_step_in_which_another_thread_makes_it_true():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 0)

        def child(wf: WorkflowThread) -> None:
            n.assign(wf.wait_for_event("e"))
            n.assign(wf.wait_for_event("e"))

        wf.spawn_thread(child, "child")
        wf.wait_for_condition(n.is_greater_than(1))

    play = Play(story).start().post("e", 1)
    assert play.position == 2
    play.post("e", 2)
    assert (play.status, play.position) == ("COMPLETED", 3)


def test_a_condition_that_comes_to_be_uncomputable_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j", {"n": 0})

        def child(wf: WorkflowThread) -> None:
            j.assign(wf.wait_for_event("e"))

        wf.spawn_thread(child, "child")
        wf.wait_for_condition(j.get("n").is_equal_to(1))

    play = Play(story).start()
    assert play.status == "RUNNING"
    play.post("e", {"n": "text"})
    assert (play.status, play.failure().name, play.position) == ("ERROR", "VAR_SUB_ERROR", 2)


def test_a_run_that_never_started_takes_no_other_event():
    play = before_the_start(taking("e")).post("e")
    for event in (play.stop, play.resume):
        event()
        assert play.changed == {}
    assert (play.run.threads, len(play.run.events)) == ({}, 1)
