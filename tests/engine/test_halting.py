"""The story of stopping and resuming runs and threads, at every kind of node."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lhredis.errors import InvalidArgument
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def

A, B = task_def("a", "STR"), task_def("b", "STR")


def reasons(play: Play, thread: int = 0) -> list[str]:
    return [reason.kind.name for reason in play.thread(thread).halts]


def at_condition(wf: WorkflowThread) -> None:
    go = wf.declare_bool("go", False)

    def child(wf: WorkflowThread) -> None:
        go.assign(wf.wait_for_event("e"))
        wf.execute("b")

    wf.spawn_thread(child, "child")
    wf.wait_for_condition(go.is_equal_to(True))


def at_threads(wf: WorkflowThread) -> None:
    wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "child"))


AT_ONCE: dict[str, tuple[Story, int, Callable[[Play], object]]] = {
    # node → (story, position, what ends the wait)
    "event": (lambda wf: wf.wait_for_event("e"), 1, lambda play: play.post("e")),
    "sleep": (lambda wf: wf.sleep(5), 1, lambda play: play.wait(5000)),
    "threads": (at_threads, 2, lambda play: play.post("e")),
    "exit": (
        lambda wf: wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "child"),
        2,
        lambda play: play.post("e"),
    ),
}


@pytest.mark.parametrize("node", AT_ONCE)
def test_a_run_that_waits_stops_at_once_and_resumes_where_it_was(node: str):
    story, position, end = AT_ONCE[node]
    play = Play(story).start().stop()
    assert (play.status, set(play.statuses())) == ("HALTED", {"HALTED"})
    assert (reasons(play), play.node(position).status.name) == (["MANUAL_HALT"], "HALTED")
    play.resume()
    assert (play.status, play.node(position).status.name, play.position) == ("RUNNING", "RUNNING", position)
    end(play)
    assert play.status == "COMPLETED"


@pytest.mark.parametrize("node", AT_ONCE)
def test_what_ends_the_wait_of_a_stopped_run_counts_when_it_resumes(node: str):
    story, position, end = AT_ONCE[node]
    play = Play(story).start().stop()
    end(play)
    assert (play.status, play.position) == ("HALTED", position)
    assert play.resume().status == "COMPLETED"


def test_a_stopped_run_does_not_take_an_event_until_it_resumes():
    play = Play(lambda wf: wf.complete(wf.wait_for_event("e"))).start().stop().post("e", "late")
    assert (play.claimed, len(play.run.events)) == ([], 1)
    play.resume()
    assert (play.status, play.output, len(play.claimed)) == ("COMPLETED", "late", 1)


def test_a_condition_that_comes_true_while_stopped_is_seen_on_resume():
    play = Play(at_condition, B).start().stop(0)
    play.post("e", True)
    assert play.statuses() == ["HALTED", "HALTED"]
    play.resume()
    assert (play.status, play.position, play.statuses()) == ("RUNNING", 3, ["RUNNING", "RUNNING"])
    assert play.succeed().status == "COMPLETED"


def test_a_run_whose_task_is_out_halts_when_the_task_is_final():
    def story(wf: WorkflowThread) -> None:
        out = wf.declare_str("out")
        out.assign(wf.execute("a"))

    play = Play(story, A).start().stop()
    assert (play.status, play.node(1).status.name) == ("HALTING", "HALTING")
    play.succeed("result")
    assert (play.status, play.node(1).status.name, play.variables) == ("HALTED", "HALTED", {"out": None})
    play.resume()
    assert (play.status, play.variables) == ("COMPLETED", {"out": "result"})


def test_a_task_that_fails_while_its_thread_halts_fails_it_on_resume():
    play = Play(lambda wf: wf.execute("a"), A).start().stop().fail("broken")
    assert (play.status, play.node(1).failures) == ("HALTED", [])
    play.resume()
    assert (play.status, play.message) == ("ERROR", "broken")


def test_retries_go_on_while_the_thread_halts():
    play = Play(lambda wf: wf.execute("a", retries=1), A).start().stop().fail()
    assert (play.status, play.task.attempt) == ("HALTING", 1)
    play.succeed()
    assert play.status == "HALTED"
    assert play.resume().status == "COMPLETED"


def test_a_run_resumed_while_its_task_is_still_out_goes_on():
    play = Play(lambda wf: wf.execute("a"), A).start().stop().resume()
    assert (play.status, play.node(1).status.name) == ("RUNNING", "RUNNING")
    assert play.succeed().status == "COMPLETED"


def test_p10_stopping_twice_is_stopping_once():
    play = Play(lambda wf: wf.wait_for_event("e")).start().stop().stop()
    assert play.changed == {}
    assert reasons(play) == ["MANUAL_HALT"]
    assert play.resume().status == "RUNNING"
    assert play.resume().changed == {}


@pytest.mark.parametrize("number", [-1, 1, 99])
def test_p10_only_a_thread_of_the_run_can_be_stopped(number: int):
    play = Play(lambda wf: wf.wait_for_event("e")).start()
    for ask in (play.stop, play.resume):
        with pytest.raises(InvalidArgument, match=f"no ThreadRun {number}"):
            ask(number)


def test_an_ended_run_cannot_be_stopped():
    play = Play(lambda wf: None).start().stop()
    assert (play.status, play.changed) == ("COMPLETED", {})


def test_a_child_may_be_stopped_alone_and_its_parent_waits_on():
    play = Play(at_threads).start().stop(1)
    assert (play.status, play.statuses()) == ("RUNNING", ["RUNNING", "HALTED"])
    play.post("e")
    assert play.statuses() == ["RUNNING", "HALTED"]
    assert play.resume(1).status == "COMPLETED"


def test_exit_does_not_wait_for_a_stopped_child_which_then_never_goes_on():
    play = Play(AT_ONCE["exit"][0]).start().stop(1)
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "HALTED"])
    assert play.resume(1).changed == {}
    assert play.post("e").statuses() == ["COMPLETED", "HALTED"]


def test_a_child_that_was_stopped_itself_stays_so_when_its_parent_resumes():
    play = Play(at_threads).start().stop(1).stop(0)
    assert reasons(play, 1) == ["MANUAL_HALT", "PARENT_HALTED"]
    play.resume(0)
    assert (play.statuses(), reasons(play, 1)) == (["RUNNING", "HALTED"], ["MANUAL_HALT"])
    assert play.post("e").resume(1).status == "COMPLETED"


def test_a_child_resumed_while_its_parent_is_stopped_waits_for_that():
    play = Play(at_threads).start().stop(0).stop(1).resume(1).post("e")
    assert (play.statuses(), reasons(play, 1)) == (["HALTED", "HALTED"], ["PARENT_HALTED"])
    assert play.resume(0).status == "COMPLETED"


def test_a_stop_reaches_grandchildren_and_waits_for_their_tasks():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.spawn_thread(lambda wf: wf.execute("a"), "grandchild")

        wf.spawn_thread(child, "child")

    play = Play(story, A).start().stop()
    assert (play.status, play.statuses()) == ("HALTING", ["HALTING", "HALTING", "HALTING"])
    play.succeed()
    assert (play.status, play.statuses()) == ("HALTED", ["HALTED", "HALTED", "HALTED"])
    assert play.resume().status == "COMPLETED"


def handled(wf: WorkflowThread) -> None:
    wf.handle_error(wf.execute("a"), lambda wf: wf.execute("b"))


def test_a_run_may_be_stopped_while_a_failure_handler_runs():
    play = Play(handled, A, B).start().fail().stop()
    assert (play.status, play.statuses()) == ("HALTED", ["HALTED", "HALTING"])
    assert reasons(play) == ["HANDLING_FAILURE", "MANUAL_HALT"]
    play.succeed()
    assert play.statuses() == ["HALTED", "HALTED"]
    assert play.resume().status == "COMPLETED"


def test_a_handler_may_be_stopped_alone():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute("a"), lambda wf: wf.wait_for_event("e"))

    play = Play(story, A).start().fail().stop(1).post("e")
    assert (play.status, play.statuses()) == ("RUNNING", ["HALTED", "HALTED"])
    assert play.resume(1).status == "COMPLETED"


def test_a_failure_of_a_stopped_thread_is_handled_when_it_resumes():
    play = Play(handled, A, B).start().stop().fail()
    assert (play.status, play.statuses()) == ("HALTED", ["HALTED"])
    play.resume()
    assert play.statuses() == ["HALTED", "RUNNING"]
    assert play.succeed().status == "COMPLETED"


def test_a_child_that_fails_while_its_parent_is_stopped_is_noticed_on_resume():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("a"), "child"))

    play = Play(story, A).start().stop().throw("denied")
    assert play.statuses() == ["HALTED", "HALTED"]
    play.resume()
    assert (play.status, play.failure().name) == ("EXCEPTION", "denied")


def test_a_stopped_child_is_halted_by_first_and_stays():
    def story(wf: WorkflowThread) -> None:
        one = wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "one")
        two = wf.spawn_thread(lambda wf: wf.wait_for_event("f"), "two")
        wf.wait_for_first_of(one, two)
        wf.wait_for_event("g")

    play = Play(story).start().stop(1).post("f")
    assert reasons(play, 1) == ["MANUAL_HALT", "HALTED_BY_PARENT"]
    play.resume(1).post("e")
    assert play.statuses() == ["RUNNING", "HALTED", "COMPLETED"]
    assert play.post("g").status == "COMPLETED"


def test_a_timeout_that_passes_while_stopped_fails_the_wait_on_resume():
    play = Play(lambda wf: wf.wait_for_event("e", timeout=5)).start().stop().wait(10_000)
    assert play.status == "HALTED"
    play.resume()
    assert (play.status, play.failure().name) == ("ERROR", "TIMEOUT")


def test_an_event_in_time_is_taken_on_resume_even_after_the_timeout():
    play = Play(lambda wf: wf.wait_for_event("e", timeout=5)).start().stop().post("e").wait(10_000)
    assert play.resume().status == "COMPLETED"


def test_an_event_after_the_timeout_is_not_taken_on_resume():
    play = Play(lambda wf: wf.wait_for_event("e", timeout=5)).start().stop().wait(10_000).post("e").resume()
    assert (play.status, play.failure().name, len(play.run.events)) == ("ERROR", "TIMEOUT", 1)
