"""The story of interrupts: who halts for them, in which order handlers run, and what their failures do."""

from __future__ import annotations

import pytest

from lhredis.engine.run import HaltKind
from lhredis.model.enums import TaskStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def

A, B, C = (task_def(name, "STR") for name in "abc")


def reasons(play: Play, thread: int) -> list[tuple[str, int | None]]:
    """Why a thread halts: (kind, thread that handles)."""
    return [
        (
            reason.kind.name,
            reason.thread if reason.kind in (HaltKind.INTERRUPTED, HaltKind.HANDLING_FAILURE) else None,
        )
        for reason in play.thread(thread).halts
    ]


def interrupted(handler: Story, then: Story) -> Story:
    """Does `then`, and `handler` when the event `i` comes."""

    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", handler)
        then(wf)

    return story


def waiting(name: str) -> Story:
    return lambda wf: wf.wait_for_event(name)


def test_i1_without_an_interrupt_there_is_one_thread():
    play = Play(interrupted(waiting("c"), waiting("p"))).start().post("p")
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED"])


def test_i2_an_interrupt_halts_the_thread_until_its_handler_is_through():
    play = Play(interrupted(waiting("c"), waiting("p"))).start().post("i")
    assert (play.status, play.statuses()) == ("RUNNING", ["HALTED", "RUNNING"])
    assert (play.thread(1).type.name, play.thread(1).trigger) == ("INTERRUPT", ("i", "guid-1"))
    assert (play.node(1).status.name, reasons(play, 0)) == ("HALTED", [("INTERRUPTED", 1)])
    assert [effect.event.guid for effect in play.claimed] == ["guid-1"]
    play.post("c")
    assert (play.statuses(), play.node(1).status.name) == (["RUNNING", "COMPLETED"], "RUNNING")
    assert play.post("p").status == "COMPLETED"


def test_i4_a_task_that_is_out_comes_to_its_end_before_the_handler_runs():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.declare_str("out").assign(wf.execute("a"))

    play = Play(story, A, B).start().post("i")
    assert (play.status, play.statuses(), reasons(play, 0)) == (
        "RUNNING",
        ["HALTING"],
        [("PENDING_INTERRUPT", None)],
    )
    play.succeed("result", of=play.task_of(0))
    assert (play.statuses(), play.variables) == (["HALTED", "RUNNING"], {"out": None})
    play.succeed()
    assert (play.status, play.variables) == ("COMPLETED", {"out": "result"})


@pytest.mark.parametrize("status", [TaskStatus.TASK_FAILED, TaskStatus.TASK_TIMEOUT])
def test_a_task_that_fails_under_an_interrupt_fails_the_thread_after_the_handler(status: TaskStatus):
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.handle_error(wf.execute("a"), lambda wf: wf.execute("c"))

    play = Play(story, A, B, C).start().post("i")
    play.fail() if status is TaskStatus.TASK_FAILED else play.time_out()
    assert play.statuses() == ["HALTED", "RUNNING"]
    play.succeed()
    assert (play.statuses(), play.task.task_def) == (["HALTED", "COMPLETED", "RUNNING"], "c")
    assert play.succeed().status == "COMPLETED"


def test_i5_an_event_that_comes_while_the_handler_runs_is_taken_afterwards():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.declare_str("x").assign(wf.wait_for_event("p"))

    play = Play(story, B).start().post("i").post("p", "Obi-Wan Kenobi")
    assert play.statuses() == ["HALTED", "RUNNING"]
    play.succeed()
    assert (play.status, play.variables) == ("COMPLETED", {"x": "Obi-Wan Kenobi"})


def test_several_interrupts_of_one_thread_are_handled_one_after_another_in_their_order():
    def handler(wf: WorkflowThread) -> None:
        wf.execute("a", wf.declare_str("INPUT"))

    play = Play(interrupted(handler, waiting("p")), task_def("a", None, x="STR")).start()
    play.post("i", "first").post("i", "second").post("i", "third")
    assert (play.statuses(), play.inputs) == (["HALTED", "RUNNING"], {"x": "first"})
    assert reasons(play, 0) == [("INTERRUPTED", 1), ("PENDING_INTERRUPT", None), ("PENDING_INTERRUPT", None)]
    play.succeed()
    assert (play.statuses(), play.inputs) == (["HALTED", "COMPLETED", "RUNNING"], {"x": "second"})
    play.succeed()
    assert play.inputs == {"x": "third"}
    play.succeed()
    assert (play.statuses(), play.thread(0).halts) == (["RUNNING"] + ["COMPLETED"] * 3, [])
    assert play.post("p").status == "COMPLETED"


def test_the_interrupts_of_a_handler_are_handled_below_it():
    def handler(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ii", waiting("d"))
        wf.wait_for_event("c")

    play = Play(interrupted(handler, waiting("p"))).start().post("ii")
    assert (play.statuses(), len(play.run.events)) == (["RUNNING"], 1)  # nobody is there to be interrupted
    play.post("i").post("ii")
    assert play.statuses() == ["HALTED", "HALTED", "RUNNING"]
    assert play.thread(2).parent is play.thread(1)
    play.post("c").post("d")
    assert play.statuses() == ["RUNNING", "COMPLETED", "COMPLETED"]
    assert play.post("p").status == "COMPLETED"


def family(wf: WorkflowThread) -> None:
    """I7: a child and its parent, each with an interrupt of its own."""

    def child(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ci", lambda wf: wf.execute("a"))
        wf.wait_for_event("c")

    wf.add_interrupt_handler("pi", lambda wf: wf.execute("b"))
    wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.wait_for_event("p")


def test_i7_nobody_is_interrupted():
    play = Play(family, A, B).start().post("c")
    assert (play.statuses(), play.position) == (["RUNNING", "COMPLETED"], 3)
    assert play.post("p").status == "COMPLETED"


def test_i8_only_the_child_is_interrupted():
    play = Play(family, A, B).start().post("ci")
    assert (play.statuses(), reasons(play, 1)) == (["RUNNING", "HALTED", "RUNNING"], [("INTERRUPTED", 2)])
    assert (play.thread(2).type.name, play.node(1, thread=1).status.name) == ("INTERRUPT", "HALTED")
    assert play.succeed().post("c").post("p").status == "COMPLETED"


def test_i10_child_then_parent_are_interrupted():
    play = Play(family, A, B).start().post("ci").post("pi")
    assert reasons(play, 1) == [("INTERRUPTED", 2), ("PARENT_HALTED", None)]
    assert [play.thread(number).parent.number for number in (2, 3)] == [1, 0]  # type: ignore[union-attr]
    assert play.statuses() == ["HALTED", "HALTED", "HALTING", "RUNNING"]
    assert reasons(play, 2) == [("PARENT_HALTED", None)]
    play.succeed(of=play.task_of(3))
    assert play.statuses() == ["RUNNING", "HALTED", "RUNNING", "COMPLETED"]
    assert play.succeed().post("c").post("p").status == "COMPLETED"


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
def test_i10_whichever_handler_ends_first(order: tuple[int, int]):
    play = Play(family, A, B).start().post("ci").post("pi")
    for thread in order:
        play.succeed(of=play.task_of(thread))
    assert play.statuses() == ["RUNNING", "RUNNING", "COMPLETED", "COMPLETED"]
    assert play.post("p").post("c").status == "COMPLETED"


def test_parent_then_child_are_interrupted():
    play = Play(family, A, B).start().post("pi").post("ci")
    assert reasons(play, 1) == [("PARENT_HALTED", None), ("INTERRUPTED", 3)]
    # The child's handler starts, and halts with the child at once: its task is not called yet.
    assert (play.statuses(), [task.thread for task in play.waiting]) == (
        ["HALTED", "HALTED", "RUNNING", "HALTED"],
        [2],
    )
    play.succeed()
    assert play.statuses() == ["RUNNING", "HALTED", "COMPLETED", "RUNNING"]
    assert play.succeed().post("c").post("p").status == "COMPLETED"


def test_i11_a_failing_handler_ends_the_thread_that_it_interrupts():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.add_interrupt_handler("i", lambda wf: wf.fail("i-fail", "no"))
            wf.sleep(1)

        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        wf.handle_any_failure(waited, lambda wf: wf.complete())

    play = Play(story).start().post("i")
    assert (play.status, play.statuses()) == (
        "COMPLETED",
        ["COMPLETED", "EXCEPTION", "EXCEPTION", "COMPLETED"],
    )
    assert play.thread(1).error_message == "Interrupt thread with id 2 failed!"
    assert play.failure(thread=1).name == "i-fail"


def test_no_handler_of_the_node_is_asked_when_an_interrupt_handler_fails():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.handle_any_failure(wf.wait_for_event("p"), lambda wf: None)

    play = Play(story, B).start().post("i").fail("broken")
    assert (play.status, play.failure().name, play.statuses()) == (
        "ERROR",
        "TASK_FAILURE",
        ["ERROR", "ERROR"],
    )


def test_pending_interrupts_die_with_their_thread():
    play = Play(interrupted(lambda wf: wf.execute("b"), waiting("p")), B).start().post("i").post("i")
    play.fail()
    assert (play.status, play.statuses(), play.thread(0).halts) == ("ERROR", ["ERROR", "ERROR"], [])


def test_an_interrupt_while_a_failure_is_handled_waits_for_that_handler():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("c"))
        wf.handle_error(wf.execute("a"), lambda wf: wf.execute("b"))
        wf.wait_for_event("p")

    play = Play(story, A, B, C).start().fail().post("i")
    assert reasons(play, 0) == [("HANDLING_FAILURE", 1), ("PENDING_INTERRUPT", None)]
    assert (play.statuses(), play.task.task_def) == (["HALTED", "RUNNING"], "b")
    play.succeed()
    assert (play.statuses(), play.task.task_def) == (["HALTED", "COMPLETED", "RUNNING"], "c")
    play.succeed()
    assert (play.status, play.position) == ("RUNNING", 2)
    assert play.post("p").status == "COMPLETED"


def test_an_interrupt_handler_that_fails_after_a_handled_failure_ends_the_thread():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.fail("i-fail", ""))
        wf.handle_error(wf.execute("a"), lambda wf: wf.execute("b"))

    play = Play(story, A, B).start().fail().post("i").succeed()
    assert (play.status, play.failure().name) == ("EXCEPTION", "i-fail")
    assert [failure.name for failure in play.node(1).failures] == ["TASK_FAILURE", "i-fail"]


def test_children_halt_for_the_handler_and_go_on_after_it():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.spawn_thread(lambda wf: wf.execute("a"), "child")
        wf.wait_for_event("p")

    play = Play(story, A, B).start().post("i")
    assert play.statuses() == ["HALTING", "HALTING"]
    play.succeed(of=play.task_of(1))
    assert play.statuses() == ["HALTED", "HALTED", "RUNNING"]
    play.succeed()
    assert play.statuses() == ["RUNNING", "COMPLETED", "COMPLETED"]


def test_the_children_of_a_handler_do_not_halt_for_it():
    def handler(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.execute("a"), "of-handler")

    play = Play(interrupted(handler, waiting("p")), A).start().post("i")
    assert play.statuses() == ["HALTED", "RUNNING", "RUNNING"]
    play.succeed()
    assert play.statuses() == ["RUNNING", "COMPLETED", "COMPLETED"]


def test_an_interrupt_may_be_meant_for_one_thread_only():
    def child(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("a"))
        wf.wait_for_event("c")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(child, "child"), wf.spawn_thread(child, "child"))

    both = Play(story, A).start().post("i")
    assert both.statuses() == ["RUNNING", "HALTED", "HALTED", "RUNNING", "RUNNING"]
    one = Play(story, A).start().post("i", thread=2)
    assert one.statuses() == ["RUNNING", "RUNNING", "HALTED", "RUNNING"]
    none = Play(story, A).start().post("i", thread=0)
    assert (none.statuses(), len(none.run.events)) == (["RUNNING"] * 3, 1)


def test_an_interrupt_that_was_posted_before_the_start_does_nothing():
    play = Play(interrupted(waiting("c"), waiting("p")))
    play.post("i").start()
    assert (play.statuses(), len(play.run.events)) == (["RUNNING"], 1)
    assert play.post("p").status == "COMPLETED"


def test_an_interrupt_after_the_end_is_kept_unclaimed():
    play = Play(interrupted(waiting("c"), lambda wf: None)).start().post("i")
    assert (play.status, play.statuses(), len(play.run.events)) == ("COMPLETED", ["COMPLETED"], 1)


def test_a_stopped_run_is_interrupted_when_it_resumes():
    play = Play(interrupted(lambda wf: wf.execute("a"), waiting("p")), A).start().stop().post("i")
    assert (play.status, play.waiting) == ("HALTED", [])
    play.resume()
    assert (play.status, play.task.thread) == ("RUNNING", 1)
    assert play.succeed().post("p").status == "COMPLETED"


def test_a_handler_that_cannot_take_the_content_ends_its_thread():
    play = Play(interrupted(lambda wf: wf.declare_int("INPUT"), waiting("p"))).start().post("i", "text")
    assert (play.status, play.failure().name, play.statuses()) == ("ERROR", "VAR_SUB_ERROR", ["ERROR"])


def test_an_interrupt_at_exit_lets_the_children_finish_after_the_handler():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("b"))
        wf.spawn_thread(waiting("c"), "child")

    play = Play(story, B).start().post("i").post("c")
    assert (play.statuses(), play.node(2).status.name) == (["HALTED", "HALTED", "RUNNING"], "HALTED")
    assert play.succeed().status == "COMPLETED"


def test_n5_an_interrupt_may_make_a_condition_come_true():
    def story(wf: WorkflowThread) -> None:
        counter = wf.declare_int("counter", 2)

        def handler(wf: WorkflowThread) -> None:
            counter.assign(counter - 1)

        wf.add_interrupt_handler("i", handler)
        wf.wait_for_condition(counter.is_equal_to(0))

    play = Play(story).start().post("i")
    assert (play.status, play.variables) == ("RUNNING", {"counter": 1})
    assert play.post("i").status == "COMPLETED"


def test_a_thread_let_go_by_first_is_interrupted_without_effect():
    def one(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("a"))
        wf.wait_for_event("e")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_first_of(wf.spawn_thread(one, "one"), wf.spawn_thread(waiting("f"), "two"))
        wf.wait_for_event("g")

    play = Play(story, A).start().post("f").post("i")
    assert (play.waiting, play.statuses()[:3]) == ([], ["RUNNING", "HALTED", "COMPLETED"])
    assert play.post("g").status == "COMPLETED"


def test_a_handler_that_was_to_start_when_first_let_go_of_its_thread_does_not_start():
    def one(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            wf.declare_int("INPUT")

        wf.add_interrupt_handler("i", handler)
        wf.execute("a")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_first_of(wf.spawn_thread(one, "one"), wf.spawn_thread(waiting("f"), "two"))
        wf.wait_for_event("g")

    play = Play(story, A).start().post("i", "does not fit").post("f").succeed()
    assert play.statuses() == ["RUNNING", "HALTED", "COMPLETED"]  # else it would fail, and the run of that
    assert play.post("g").status == "COMPLETED"


def test_first_lets_go_of_a_thread_whose_handler_runs_and_of_the_handler():
    def one(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("i", lambda wf: wf.execute("a"))
        wf.wait_for_event("e")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_first_of(wf.spawn_thread(one, "one"), wf.spawn_thread(waiting("f"), "two"))

    play = Play(story, A).start().post("i").post("f")
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "HALTED", "COMPLETED", "HALTING"])
    play.succeed()
    assert play.statuses() == ["COMPLETED", "HALTED", "COMPLETED", "HALTED"]


def test_exit_waits_for_a_child_that_is_interrupted():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(interrupted(lambda wf: wf.execute("b"), waiting("c")), "child")

    play = Play(story, B).start().post("i")
    assert (play.status, play.statuses()) == ("RUNNING", ["RUNNING", "HALTED", "RUNNING"])
    play.succeed()
    assert play.statuses() == ["RUNNING", "RUNNING", "COMPLETED"]
    assert play.post("c").status == "COMPLETED"


def test_exit_waits_for_a_child_whose_failure_is_being_handled():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.handle_error(wf.execute("a"), lambda wf: wf.execute("b"))

        wf.spawn_thread(child, "child")

    play = Play(story, A, B).start().fail()
    assert (play.status, play.statuses()) == ("RUNNING", ["RUNNING", "HALTED", "RUNNING"])
    assert play.succeed().status == "COMPLETED"
