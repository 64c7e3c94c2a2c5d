"""The story of ended threads: when they leave the state of their run, and who must have looked first."""

from __future__ import annotations

import pytest

from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def

A, B = task_def("a", "STR"), task_def("b", "STR")


def kept_for(seconds: int, then: Story) -> Story:
    """A child that is archived so long after its end."""

    def child(wf: WorkflowThread) -> None:
        wf.with_retention_policy(seconds)
        then(wf)

    return child


def test_g23_instant_children_are_archived_in_the_step_that_ends_them():
    def story(wf: WorkflowThread) -> None:
        children = [wf.spawn_thread(kept_for(0, lambda wf: None), f"child-{i}") for i in range(2)]
        wf.wait_for_threads(*children)
        wf.wait_for_event("e")

    play = Play(story).start()
    assert (play.status, list(play.run.threads), play.run.greatest_thread_number) == ("RUNNING", [0], 2)
    assert [(number, play.thread(number).status.name) for number in (1, 2)] == [
        (1, "COMPLETED"),
        (2, "COMPLETED"),
    ]
    assert play.post("e").status == "COMPLETED"


@pytest.mark.parametrize("seconds", [0, 10])
def test_a_child_that_is_waited_for_stays_until_the_wait_is_over(seconds: int):
    def story(wf: WorkflowThread) -> None:
        children = [
            wf.spawn_thread(kept_for(seconds, lambda wf, name=name: wf.execute(name)), name) for name in "ab"
        ]
        wf.wait_for_threads(*children)
        wf.wait_for_event("e")

    play = Play(story, A, B).start()
    play.succeed(of=play.task_of(1)).wait(60_000)
    assert list(play.run.threads) == [0, 1, 2]
    play.succeed()
    assert list(play.run.threads) == ([0] if seconds == 0 else [0, 2])
    play.wait(10_000)
    assert list(play.run.threads) == [0]
    assert play.post("e").status == "COMPLETED"


def test_retention_lasts_to_its_millisecond():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(kept_for(5, lambda wf: None), "child")
        wf.wait_for_event("e")

    play = Play(story).start().wait(4999)
    assert list(play.run.threads) == [0, 1]
    assert list(play.wait(1).run.threads) == [0]


def test_a_thread_without_retention_stays_as_long_as_its_run():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(kept_for(0, lambda wf: None), "short")
        wf.spawn_thread(lambda wf: None, "long")
        wf.wait_for_event("e")

    assert list(Play(story).start().wait(10**9).run.threads) == [0, 2]


def test_retention_goes_on_after_the_end_of_the_run():
    play = Play(lambda wf: wf.spawn_thread(kept_for(5, lambda wf: None), "child")).start()
    assert (play.status, list(play.run.threads)) == ("COMPLETED", [0, 1])
    assert list(play.wait(5000).run.threads) == [0]


def test_waiting_for_a_thread_that_is_archived_is_over_at_once():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(kept_for(0, lambda wf: None), "child")
        wf.execute("a")
        wf.wait_for_threads(child)

    play = Play(story, A).start()
    assert list(play.run.threads) == [0]
    assert play.succeed().status == "COMPLETED"


def test_a_failed_child_is_archived_only_when_its_failure_was_handled():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(kept_for(0, lambda wf: wf.execute("a")), "child")
        wf.execute("b")
        wf.handle_any_failure(wf.wait_for_threads(child), lambda wf: wf.wait_for_event("e"))
        wf.wait_for_event("f")

    play = Play(story, A, B).start()
    play.fail(of=play.task_of(1)).wait(1000)
    assert list(play.run.threads) == [0, 1]
    play.succeed()
    assert list(play.run.threads) == [0, 1, 2]
    play.post("e")
    assert (play.status, list(play.run.threads)) == ("RUNNING", [0, 2])
    assert play.thread(1).status.name == "ERROR"
    assert play.post("f").status == "COMPLETED"


def test_a_failed_child_that_nobody_waits_for_is_not_forgotten_by_exit():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(kept_for(0, lambda wf: wf.fail("denied", "")), "child")
        wf.execute("a")

    play = Play(story, A).start().wait(1000).succeed()
    assert (play.status, play.failure().name) == ("ERROR", "CHILD_FAILURE")


def test_the_failed_handler_of_a_child_stays_until_the_wait_has_seen_it():
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            wf.execute("b")
            wf.fail("hopeless", "")

        child = wf.spawn_thread(kept_for(0, lambda wf: wf.execute("a")), "child")
        wf.wait_for_threads(child).handle_any_failure_on_child(handler)

    play = Play(story, A, B).start().fail().succeed()
    assert (play.status, play.failure().name) == ("EXCEPTION", "hopeless")


def test_a_thread_goes_after_its_children():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.with_retention_policy(0)
            wf.spawn_thread(kept_for(7, lambda wf: None), "grandchild")

        wf.spawn_thread(child, "child")
        wf.wait_for_event("e")

    play = Play(story).start()
    assert list(play.run.threads) == [0, 1, 2]
    assert list(play.wait(7000).run.threads) == [0]


def test_a_halted_thread_is_never_archived():
    def story(wf: WorkflowThread) -> None:
        one = wf.spawn_thread(kept_for(0, lambda wf: wf.wait_for_event("e")), "one")
        two = wf.spawn_thread(kept_for(0, lambda wf: wf.wait_for_event("f")), "two")
        wf.wait_for_first_of(one, two)
        wf.wait_for_event("g")

    play = Play(story).start().post("f").wait(1000)
    assert (list(play.run.threads), play.statuses()) == ([0, 1], ["RUNNING", "HALTED", "COMPLETED"])
    assert play.post("g").status == "COMPLETED"


def test_a_failed_child_of_a_failed_run_stays_because_it_may_be_rescued():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(kept_for(0, lambda wf: wf.execute("a")), "child"))

    play = Play(story, A).start().fail().wait(1000)
    assert (play.status, list(play.run.threads)) == ("ERROR", [0, 1])
