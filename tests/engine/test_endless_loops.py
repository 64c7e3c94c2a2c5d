"""The story of loops that go round and round in one step: who stops with the WfRun, and who comes back with
it."""

from __future__ import annotations

from lhredis.engine.events import RunRescued
from lhredis.engine.node_state import UserTask
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def, user_task_def

PLAIN, FORM = task_def("plain"), user_task_def("form", sure="BOOL?")


def rescue(play: Play, *, skip: bool = False) -> Play:
    play.happens(RunRescued(play.now_ms, play.nonce(), 0, skip))
    return play


def for_ever(wf: WorkflowThread) -> None:
    wf.do_while(True, lambda wf: None)


def test_children_halt_with_the_thread_that_loops_and_go_on_when_it_is_rescued():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "child")
        go = wf.declare_bool("go", True)
        wf.execute("plain")
        wf.do_while(go.is_equal_to(True), lambda wf: None)

    play = Play(story, PLAIN).start().succeed()
    assert (play.status, play.failure().name, play.statuses()) == (
        "ERROR",
        "INTERNAL_ERROR",
        ["ERROR", "HALTED"],
    )
    rescue(play)
    assert play.statuses() == ["ERROR", "HALTED"]
    play.run.threads[0].variables["go"] = False
    play._fields["v:0:go"] = b"false"
    assert rescue(play).statuses() == ["RUNNING", "RUNNING"]
    assert play.post("e").statuses() == ["COMPLETED", "COMPLETED"]


def test_a_handler_that_looped_does_not_come_back_when_its_thread_is_rescued():
    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("plain"), for_ever)

    play = Play(story, PLAIN).start().fail()
    assert play.statuses() == ["ERROR", "HALTED"]
    assert rescue(play).statuses() == ["RUNNING", "HALTED"]
    assert play.succeed().statuses() == ["COMPLETED", "HALTED"]


def test_nobody_is_asked_any_more_for_a_form_of_a_thread_whose_child_loops():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(for_ever, "child")
        wf.assign_user_task("form", "obiwan")

    play = Play(story, user_task_defs=[FORM]).start()
    form = play.node(play.position).state
    assert isinstance(form, UserTask)
    assert (play.status, play.statuses(), form.status.name) == ("ERROR", ["ERROR", "HALTED"], "CANCELLED")


def test_nobody_waits_by_a_key_any_more_when_a_child_loops():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(for_ever, "child")
        wf.wait_for_event("e", correlation_id="key")

    play = Play(story).start()
    assert (play.status, play.correlated) == ("ERROR", set())
