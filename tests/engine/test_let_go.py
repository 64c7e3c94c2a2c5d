"""The story of threads that came of one that failed: once that is over for good, nobody waits for them or is
asked."""

from __future__ import annotations

import pytest

from lhredis.engine.events import RunRescued
from lhredis.engine.node_state import UserTask
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def, user_task_def

RISKY, AFTER, FORM = task_def("risky"), task_def("after"), user_task_def("form", sure="BOOL?")


def fails_above_its_children(wf: WorkflowThread) -> None:
    """Its children ask for a form, and wait by a key, when it fails."""
    wf.spawn_thread(lambda wf: wf.assign_user_task("form", "obiwan"), "asks")
    wf.spawn_thread(lambda wf: wf.wait_for_event("paid", correlation_id="key"), "waits")
    wf.execute("risky")


def handled_by_the_wait(wf: WorkflowThread) -> None:
    wait = wf.wait_for_threads(wf.spawn_thread(fails_above_its_children, "fails"))
    wf.handle_any_failure(wait, lambda wf: None)
    wf.execute("after")


def handled_as_the_child_it_is(wf: WorkflowThread) -> None:
    wait = wf.wait_for_threads(wf.spawn_thread(fails_above_its_children, "fails"))
    wait.handle_any_failure_on_child(lambda wf: None)
    wf.execute("after")


def not_needed(wf: WorkflowThread) -> None:
    other = wf.spawn_thread(lambda wf: wf.wait_for_event("other"), "other")
    wf.wait_for_any_of(wf.spawn_thread(fails_above_its_children, "fails"), other)
    wf.execute("after")


def asked(play: Play, thread: int) -> str:
    """What became of the form that a thread asks for."""
    form = play.node(play.thread(thread).position, thread).state
    assert isinstance(form, UserTask)
    return form.status.name


@pytest.mark.parametrize("story", [handled_by_the_wait, handled_as_the_child_it_is])
def test_when_a_failure_is_handled_what_came_of_the_thread_is_let_go(story: Story):
    play = Play(story, RISKY, AFTER, user_task_defs=[FORM]).start()
    assert (asked(play, 2), len(play.correlated)) == ("ASSIGNED", 1)
    play.fail()
    assert play.statuses() == ["RUNNING", "ERROR", "HALTED", "HALTED", "COMPLETED"]
    assert (asked(play, 2), play.correlated) == ("CANCELLED", set())
    assert play.succeed().statuses() == ["COMPLETED", "ERROR", "HALTED", "HALTED", "COMPLETED"]


def test_when_another_thread_is_enough_what_came_of_one_that_failed_is_let_go():
    play = Play(not_needed, RISKY, AFTER, user_task_defs=[FORM]).start()
    asks = next(n for n in play.run.threads if play.thread(n).spec_name.startswith("asks"))
    play.fail()
    assert (asked(play, asks), len(play.correlated)) == ("ASSIGNED", 1)  # the child may be rescued
    play.post("other")
    assert (asked(play, asks), play.correlated) == ("CANCELLED", set())
    assert play.succeed().status == "COMPLETED"


def test_when_an_exit_is_skipped_what_came_of_a_thread_that_failed_is_let_go():
    play = Play(
        lambda wf: wf.spawn_thread(fails_above_its_children, "fails"), RISKY, user_task_defs=[FORM]
    ).start()
    play.fail()
    assert (play.status, asked(play, 2), len(play.correlated)) == ("ERROR", "ASSIGNED", 1)
    play.happens(RunRescued(play.now_ms, play.nonce(), 0, True))
    assert (play.status, asked(play, 2), play.correlated) == ("COMPLETED", "CANCELLED", set())


def test_when_a_thread_is_rescued_what_came_of_the_handler_that_it_died_of_is_let_go():
    story: Story = lambda wf: wf.handle_error(wf.execute("after"), fails_above_its_children)  # noqa: E731
    play = Play(story, RISKY, AFTER, user_task_defs=[FORM]).start().fail().fail()
    assert (play.statuses(), asked(play, 2)) == (["ERROR", "ERROR", "HALTED", "HALTED"], "ASSIGNED")
    play.happens(RunRescued(play.now_ms, play.nonce(), 0, False))
    assert (asked(play, 2), play.correlated) == ("CANCELLED", set())
    assert play.succeed().statuses() == ["COMPLETED", "ERROR", "HALTED", "HALTED"]


def test_when_a_child_is_rescued_what_came_of_the_handler_of_its_failure_is_let_go():
    def story(wf: WorkflowThread) -> None:
        wait = wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("after"), "child"))
        wait.handle_any_failure_on_child(fails_above_its_children)

    play = Play(story, RISKY, AFTER, user_task_defs=[FORM]).start().fail().fail()
    assert (play.statuses()[:3], asked(play, 3)) == (["ERROR", "ERROR", "ERROR"], "ASSIGNED")
    play.happens(RunRescued(play.now_ms, play.nonce(), 1, False))
    assert (asked(play, 3), play.correlated) == ("CANCELLED", set())
    assert play.succeed().statuses() == ["COMPLETED", "COMPLETED", "ERROR", "HALTED", "HALTED"]


def test_the_handler_of_another_child_is_not_let_go_with_the_children():
    def story(wf: WorkflowThread) -> None:
        one = wf.spawn_thread(lambda wf: wf.execute("risky"), "one")
        two = wf.spawn_thread(lambda wf: wf.fail("denied", "no"), "two")
        wait = wf.wait_for_threads(one, two)
        wait.handle_exception_on_child(lambda wf: wf.wait_for_event("seen"))
        wf.handle_any_failure(wait, lambda wf: None)

    play = Play(story, RISKY).start().fail()
    assert play.statuses() == ["RUNNING", "ERROR", "EXCEPTION", "RUNNING", "COMPLETED"]
    assert play.post("seen").status == "COMPLETED"


def test_a_loop_may_handle_failures_of_children_with_children_as_often_as_it_likes():
    def fails(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.wait_for_event("never"), "waits")
        wf.execute("risky")

    def again(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.wait_for_threads(wf.spawn_thread(fails, "fails")), lambda wf: None)

    play = Play(lambda wf: wf.do_while(True, again), RISKY).start()
    for _ in range(100):
        play.fail()
    assert play.status == "RUNNING"
