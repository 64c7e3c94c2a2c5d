"""The story of rescues: what ended in ERROR lives again, with whom it took along."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.effects import ChangeStatus
from lhredis.engine.events import RunDeleted, RunRescued, TaskReported
from lhredis.errors import FailedPrecondition, InvalidArgument, NothingToDo
from lhredis.model.enums import TaskStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def

RISKY, AFTER = task_def("risky"), task_def("after")


def rescue(play: Play, thread: int | None = 0, *, skip: bool = False, wf_run_id: str | None = None) -> Play:
    play.happens(RunRescued(play.now_ms, play.nonce(), thread, skip), wf_run_id)
    return play


def two_steps(wf: WorkflowThread) -> None:
    flag = wf.declare_bool("flag", False)
    wf.execute("risky")
    flag.assign(True)
    wf.execute("after")


def test_p1_a_rescued_thread_runs_its_failed_node_again():
    play = rescue(Play(two_steps, RISKY, AFTER).start().fail())
    assert (play.status, play.position, play.run.ended_ms) == ("RUNNING", 2, None)
    play.succeed().succeed()
    assert (play.status, play.variables["flag"]) == ("COMPLETED", True)
    assert [play.node(position).status.name for position in (1, 2, 3)] == ["ERROR", "COMPLETED", "COMPLETED"]


def test_p2_a_rescue_that_skips_the_node_takes_its_edge_without_the_mutations():
    play = rescue(Play(two_steps, RISKY, AFTER).start().fail(), skip=True)
    assert (play.task.task_def, play.position) == ("after", 2)
    assert (play.succeed().status, play.variables["flag"]) == ("COMPLETED", False)


def test_an_exit_that_failed_can_be_skipped():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.execute("risky"), "child")

    play = Play(story, RISKY).start().fail()
    assert (play.status, play.failure().name) == ("ERROR", "CHILD_FAILURE")
    assert rescue(play, skip=True).status == "COMPLETED"


@pytest.mark.parametrize(
    "bring", [lambda play: play, lambda play: play.throw("sorry"), lambda play: play.succeed().succeed()]
)
def test_only_a_thread_in_error_can_be_rescued(bring: Any):
    play = bring(Play(two_steps, RISKY, AFTER).start())
    before = play.stored()
    with pytest.raises(FailedPrecondition, match="only a ThreadRun in ERROR"):
        rescue(play)
    assert play.stored() == before


def test_a_thread_that_never_was_cannot_be_rescued():
    play = Play(two_steps, RISKY, AFTER).start().fail()
    with pytest.raises(InvalidArgument, match="has no ThreadRun 1"):
        rescue(play, 1)


def parent_and_child(wf: WorkflowThread) -> None:
    child = wf.spawn_thread(lambda wf: wf.wait_for_event("go"), "child")
    wf.execute("risky")
    wf.wait_for_threads(child)


def test_p4_the_children_of_a_rescued_thread_go_on_with_it():
    play = Play(parent_and_child, RISKY).start().fail()
    assert play.statuses() == ["ERROR", "HALTED"]
    assert rescue(play).statuses() == ["RUNNING", "RUNNING"]
    assert play.succeed().post("go").status == "COMPLETED"


def waiting_for_a_risk(wf: WorkflowThread) -> None:
    child = wf.spawn_thread(lambda wf: wf.execute("risky"), "child")
    wf.wait_for_threads(child)


def test_p5_a_parent_that_failed_where_it_waited_for_the_child_waits_again():
    play = Play(waiting_for_a_risk, RISKY).start().fail()
    assert play.statuses() == ["ERROR", "ERROR"]
    at = play.position
    assert rescue(play, 1).statuses() == ["RUNNING", "RUNNING"]
    assert play.position == at + 1
    assert play.succeed().status == "COMPLETED"
    assert (play.node(at).status.name, play.node(at + 1).status.name) == ("ERROR", "COMPLETED")


def test_a_whole_chain_of_parents_waits_again():
    def middle(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("risky"), "low"))

    play = Play(lambda wf: wf.wait_for_threads(wf.spawn_thread(middle, "middle")), RISKY).start().fail()
    assert play.statuses() == ["ERROR", "ERROR", "ERROR"]
    assert rescue(play, 2).succeed().statuses() == ["COMPLETED"] * 3


def test_a_parent_that_failed_in_its_exit_ends_after_the_rescue():
    play = Play(lambda wf: wf.spawn_thread(lambda wf: wf.execute("risky"), "child"), RISKY).start().fail()
    assert rescue(play, 1).succeed().status == "COMPLETED"


def test_a_failure_that_was_handled_is_over():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(lambda wf: wf.execute("risky"), "child")
        wf.handle_any_failure(wf.wait_for_threads(child), lambda wf: None)
        wf.execute("after")

    play = Play(story, RISKY, AFTER).start().fail()
    with pytest.raises(FailedPrecondition, match="was handled by ThreadRun 0"):
        rescue(play, 1)


def test_a_thread_that_its_parent_completed_without_stays_as_it_is():
    story = lambda wf: wf.spawn_thread(lambda wf: wf.execute("risky"), "child")  # noqa: E731
    play = Play(story, RISKY).start().fail()
    assert play.statuses() == ["ERROR", "ERROR"]
    assert rescue(play, skip=True).statuses() == ["COMPLETED", "ERROR"]
    with pytest.raises(FailedPrecondition, match="ThreadRun 0 has COMPLETED without ThreadRun 1"):
        rescue(play, 1)


def test_a_handler_that_failed_handles_again():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute("risky"), lambda wf: wf.execute("after"))

    play = Play(story, RISKY, AFTER).start().fail().fail()
    assert play.statuses() == ["ERROR", "ERROR"]
    assert rescue(play, 1).statuses() == ["HALTED", "RUNNING"]
    assert play.succeed().status == "COMPLETED"
    assert play.node(1).failures[0].handled


def test_an_interrupt_handler_that_failed_interrupts_again():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("look", lambda wf: wf.execute("risky"))
        wf.wait_for_event("go")

    play = Play(story, RISKY).start().post("look").fail()
    assert play.statuses() == ["ERROR", "ERROR"]
    assert rescue(play, 1).statuses() == ["HALTED", "RUNNING"]
    assert play.succeed().statuses() == ["RUNNING", "COMPLETED"]
    assert play.post("go").status == "COMPLETED"


def calling(wf: WorkflowThread) -> None:
    wf.wait_for_child_wf(wf.run_wf("low"))


def report_child(play: Play, child: str, task: Any, status: TaskStatus = TaskStatus.TASK_FAILED) -> None:
    where = (task.thread, task.position, task.attempt, task.token)
    play.happens(TaskReported(play.now_ms, play.nonce(), *where, status, error="broken"), child)


def test_m7_a_parent_wf_run_waits_again_for_a_child_that_was_rescued():
    play = Play(calling, RISKY, children={"low": lambda wf: wf.execute("risky")}).start()
    (child,) = play.child_ids
    task = next(effect for effect in play.changed[child] if type(effect).__name__ == "EnqueueTask")
    report_child(play, child, task)
    assert (play.status, play.position) == ("ERROR", 2)
    rescue(play, wf_run_id=child)
    assert (play.status, play.position, play.runs[child].status.name) == ("RUNNING", 3, "RUNNING")
    task = next(effect for effect in play.changed[child] if type(effect).__name__ == "EnqueueTask")
    report_child(play, child, task, TaskStatus.TASK_SUCCESS)
    assert play.status == "COMPLETED"


def test_a_parent_that_waits_learns_that_its_child_was_deleted():
    play = Play(calling, RISKY, children={"low": lambda wf: wf.execute("risky")}).start()
    (child,) = play.child_ids
    play.happens(RunDeleted(play.now_ms, play.nonce()), child)
    assert (play.status, play.failure().name) == ("ERROR", "CHILD_FAILURE")
    assert "was deleted" in play.message


def test_a_handler_of_a_handler_brings_back_everybody_who_died_of_it():
    def handler(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("risky"), lambda wf: wf.execute("after"))

    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("risky"), handler)

    play = Play(story, RISKY, AFTER).start().fail().fail().fail()
    assert play.statuses() == ["ERROR", "ERROR", "ERROR"]
    assert rescue(play, 2).statuses() == ["HALTED", "HALTED", "RUNNING"]
    assert play.succeed().statuses() == ["COMPLETED"] * 3


def test_a_parent_wf_run_waits_again_for_a_child_whose_handler_was_rescued():
    def low(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("risky"), lambda wf: wf.execute("after"))

    play = Play(calling, RISKY, AFTER, children={"low": low}).start()
    (child,) = play.child_ids
    for _ in range(2):
        task = next(effect for effect in play.changed[child] if type(effect).__name__ == "EnqueueTask")
        report_child(play, child, task)
    assert (play.status, play.position) == ("ERROR", 2)
    rescue(play, 1, wf_run_id=child)
    assert (play.status, play.position, play.runs[child].status.name) == ("RUNNING", 3, "RUNNING")
    task = next(effect for effect in play.changed[child] if type(effect).__name__ == "EnqueueTask")
    report_child(play, child, task, TaskStatus.TASK_SUCCESS)
    assert play.status == "COMPLETED"


@pytest.mark.parametrize("kind", ["failure", "interrupt"])
def test_a_thread_that_is_rescued_itself_is_done_with_the_handler_that_it_died_of(kind: str):
    def story(wf: WorkflowThread) -> None:
        if kind == "interrupt":
            wf.add_interrupt_handler("look", lambda wf: wf.execute("risky"))
            wf.wait_for_event("go")
        else:
            wf.handle_error(wf.execute("risky"), lambda wf: wf.execute("risky"))
        wf.execute("after")

    play = Play(story, RISKY, AFTER).start()
    play = play.post("look").fail() if kind == "interrupt" else play.fail().fail()
    assert play.statuses() == ["ERROR", "ERROR"]
    assert rescue(play, skip=True).statuses() == ["RUNNING", "ERROR"]
    assert play.succeed().statuses() == ["COMPLETED", "ERROR"]


def test_a_rescue_that_comes_to_nothing_ends_the_run_anew():
    def story(wf: WorkflowThread) -> None:
        wf.execute("after", wf.declare_json_obj("j").get("missing").cast_to_int())

    play = Play(story, task_def("after", None, n="INT")).start(j={"missing": "x"})
    assert play.status == "ERROR"
    play.now_ms += 1000
    rescue(play)
    assert (play.status, play.position, play.run.ended_ms) == ("ERROR", 2, play.now_ms)
    assert [effect.status.name for effect in play.sent(ChangeStatus)][-1] == "ERROR"


def test_a_handler_cannot_be_rescued_when_its_parent_was_and_went_on_without_it():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute("risky"), lambda wf: wf.execute("after"))

    play = Play(story, RISKY, AFTER).start().fail().fail()
    assert rescue(play).statuses() == ["RUNNING", "ERROR"]
    with pytest.raises(FailedPrecondition, match="ThreadRun 0 was rescued and went on without its handler"):
        rescue(play, 1)
    assert play.succeed().statuses() == ["COMPLETED", "ERROR"]


def each_with_a_handler(wf: WorkflowThread) -> None:
    wait = wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("risky"), "child"))
    wait.handle_any_failure_on_child(lambda wf: wf.execute("after"))


def test_who_waits_for_the_handler_of_a_child_waits_again_when_that_is_rescued():
    play = Play(each_with_a_handler, RISKY, AFTER).start().fail().fail()
    assert play.statuses() == ["ERROR", "ERROR", "ERROR"]
    assert rescue(play, 2).statuses() == ["RUNNING", "ERROR", "RUNNING"]
    assert play.succeed().statuses() == ["COMPLETED", "ERROR", "COMPLETED"]
    with pytest.raises(FailedPrecondition):
        rescue(play, 1)


def test_a_child_that_is_rescued_while_its_failure_is_handled_is_waited_for_itself():
    play = Play(each_with_a_handler, RISKY, AFTER).start().fail()
    assert rescue(play, 1).statuses() == ["RUNNING", "RUNNING", "RUNNING"]
    handler, child = play.waiting
    assert (handler.task_def, child.task_def) == ("after", "risky")
    assert play.succeed(of=handler).statuses() == ["RUNNING", "RUNNING", "COMPLETED"]
    assert play.fail(of=child).statuses() == ["RUNNING", "ERROR", "COMPLETED", "RUNNING"]
    assert play.succeed().statuses() == ["COMPLETED", "ERROR", "COMPLETED", "COMPLETED"]


def test_a_child_that_failed_and_is_rescued_counts_for_who_waits_for_any():
    def story(wf: WorkflowThread) -> None:
        one = wf.spawn_thread(lambda wf: wf.execute("risky"), "one")
        wf.wait_for_any_of(one, wf.spawn_thread(lambda wf: wf.execute("after"), "other"))

    play = Play(story, RISKY, AFTER).start()
    play.fail(of=play.waiting[0])
    assert rescue(play, 1).statuses() == ["RUNNING", "RUNNING", "RUNNING"]
    assert play.succeed(of=play.waiting[-1]).statuses() == ["RUNNING", "COMPLETED", "HALTING"]
    assert play.succeed().statuses() == ["COMPLETED", "COMPLETED", "HALTED"]


def test_an_exit_that_is_skipped_waits_for_a_child_that_was_rescued_meanwhile():
    def middle(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.execute("risky"), "low")

    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(
            wf.wait_for_threads(wf.spawn_thread(middle, "middle")), lambda wf: wf.execute("after")
        )

    play = Play(story, RISKY, AFTER).start().fail()
    assert play.statuses() == ["HALTED", "ERROR", "ERROR", "RUNNING"]
    rescue(rescue(play, 1, skip=True), 2)
    handler, low = play.waiting
    assert play.succeed(of=handler).statuses() == ["RUNNING", "RUNNING", "RUNNING", "COMPLETED"]
    assert play.succeed(of=low).statuses() == ["COMPLETED"] * 4


def test_a_thread_below_one_that_was_let_go_cannot_be_rescued():
    def one(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.execute("risky"), "low")
        wf.wait_for_event("never")

    def story(wf: WorkflowThread) -> None:
        wf.wait_for_first_of(
            wf.spawn_thread(one, "one"), wf.spawn_thread(lambda wf: wf.execute("after"), "two")
        )
        wf.wait_for_event("go")

    play = Play(story, RISKY, AFTER).start()
    low = next(n for n in play.run.threads if play.thread(n).spec_name.startswith("low"))
    play.fail(of=play.task_of(low)).succeed()
    with pytest.raises(FailedPrecondition, match="ThreadRun 1 never goes on"):
        rescue(play, low)
    assert play.post("go").status == "COMPLETED"


def a_risk_two_threads_below(wf: WorkflowThread) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(lambda wf: wf.execute("risky"), "grandchild"))

    wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.execute("after")


def test_a_whole_run_is_rescued_where_it_failed_first():
    play = Play(a_risk_two_threads_below, RISKY, AFTER).start().fail()
    assert play.statuses() == ["ERROR"] * 3
    assert rescue(play, None).statuses() == ["RUNNING"] * 3
    assert play.succeed().succeed().statuses() == ["COMPLETED"] * 3


def test_a_whole_run_that_skips_goes_on_behind_what_failed_first():
    play = rescue(Play(a_risk_two_threads_below, RISKY, AFTER).start().fail(), None, skip=True)
    assert (play.task.task_def, play.statuses()) == ("after", ["RUNNING", "COMPLETED", "COMPLETED"])


def test_a_whole_run_is_rescued_without_those_whose_failure_was_handled():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(lambda wf: wf.execute("risky"), "child")
        wf.wait_for_threads(child).handle_any_failure_on_child(lambda wf: None)
        wf.execute("after")

    play = Play(story, RISKY, AFTER).start().fail()
    assert play.fail().statuses() == ["ERROR", "ERROR", "COMPLETED"]
    assert rescue(play, None).statuses() == ["RUNNING", "ERROR", "COMPLETED"]
    assert play.succeed().status == "COMPLETED"


@pytest.mark.parametrize("bring", [lambda play: play, lambda play: play.succeed().succeed()])
def test_a_whole_run_that_is_not_in_error_has_nothing_to_be_rescued(bring: Any):
    play = bring(Play(two_steps, RISKY, AFTER).start())
    with pytest.raises(NothingToDo, match="is not in ERROR: it is"):
        rescue(play, None)
