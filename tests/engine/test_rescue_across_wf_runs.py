"""The story of rescues that reach from a child WfRun into its parent: who waits again, and who has gone
on."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.events import RunRescued, TaskReported
from lhredis.errors import FailedPrecondition
from lhredis.model.enums import TaskStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def

RISKY, AFTER = task_def("risky"), task_def("after")


def waits_for_low(wf: WorkflowThread) -> None:
    wf.wait_for_child_wf(wf.run_wf(wf.declare_str("low", "low")))


class Family(Play):
    """A play whose run has children of the WfSpecs `low`, which does the task `risky`, and `mid`, which waits
    for one of `low`."""

    def __init__(self, story: Story) -> None:
        low: Story = lambda wf: wf.execute("risky")  # noqa: E731
        super().__init__(story, RISKY, AFTER, children={"low": low, "mid": waits_for_low})
        self.start()

    @property
    def low(self) -> str:
        return self.child_ids[-1]

    def low_reports(self, status: TaskStatus) -> None:
        """A worker reports the task that the child has out."""
        node_run = self.runs[self.low].threads[0].node  # type: ignore[union-attr]
        assert node_run is not None and node_run.task is not None
        attempts = node_run.task.attempts
        where: Any = (0, node_run.position, len(attempts) - 1, attempts[-1].token)
        self.happens(TaskReported(self.now_ms, self.nonce(), *where, status, error="broken"), self.low)

    def low_fails(self) -> Family:
        self.low_reports(TaskStatus.TASK_FAILED)
        return self

    def low_succeeds(self) -> Family:
        self.low_reports(TaskStatus.TASK_SUCCESS)
        return self

    def rescue(self, wf_run_id: str, thread: int = 0) -> Family:
        self.happens(RunRescued(self.now_ms, self.nonce(), thread, False), wf_run_id)
        return self

    def all(self) -> list[str]:
        """The statuses of all runs, the root first."""
        return [run.status.name for run in self.runs.values() if run is not None]


def test_a_stopped_parent_does_not_learn_of_a_failure_that_a_rescue_undid():
    family = Family(waits_for_low)
    family.stop()
    family.low_fails().rescue(family.low)
    assert family.all() == ["HALTED", "RUNNING"]
    family.resume()
    assert family.all() == ["RUNNING", "RUNNING"]
    assert family.low_succeeds().all() == ["COMPLETED", "COMPLETED"]


def test_all_threads_that_failed_because_of_a_child_wait_for_it_again():
    def story(wf: WorkflowThread) -> None:
        child_id = wf.declare_wf_run_id("child-id")
        child_id.assign(wf.run_wf("low"))
        waits = [wf.spawn_thread(lambda wf: wf.wait_for_child_wf(child_id), name) for name in ("one", "two")]
        wf.wait_for_threads(*waits)

    family = Family(story).low_fails()
    assert family.statuses() == ["ERROR", "ERROR", "ERROR"]
    assert family.rescue(family.low).statuses() == ["RUNNING", "RUNNING", "RUNNING"]
    assert family.low_succeeds().statuses() == ["COMPLETED", "COMPLETED", "COMPLETED"]


def beside_a_risk(wf: WorkflowThread) -> None:
    wf.spawn_thread(lambda wf: wf.wait_for_child_wf(wf.run_wf("low")), "waits")
    wf.execute("after")


def test_a_child_that_ends_while_its_parent_lies_in_error_is_known_after_the_rescue():
    family = Family(beside_a_risk)
    family.fail()
    assert (family.status, family.statuses()) == ("ERROR", ["ERROR", "HALTED"])
    family.low_succeeds().rescue(family.run.id).succeed()
    assert (family.status, family.statuses()) == ("COMPLETED", ["COMPLETED", "COMPLETED"])


def with_an_interrupt(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("look", lambda wf: wf.execute("after"))
    wf.wait_for_child_wf(wf.run_wf("low"))


@pytest.mark.parametrize("ends_first", ["child", "handler"])
def test_who_died_of_an_interrupt_knows_of_the_child_what_is_true_when_it_goes_on(ends_first: str):
    family = Family(with_an_interrupt)
    family.post("look")
    if ends_first == "child":
        family.low_fails().fail()
    else:
        family.fail()
        family.low_fails()
    assert (family.all(), family.failure().message) == (
        ["ERROR", "ERROR"],
        "Interrupt thread with id 1 failed!",
    )
    assert family.rescue(family.low).all() == ["ERROR", "RUNNING"]  # it did not die of the child
    family.rescue(family.run.id, thread=1).succeed()
    assert family.statuses() == ["RUNNING", "COMPLETED"]
    assert family.low_succeeds().all() == ["COMPLETED", "COMPLETED"]


def test_a_failure_that_another_thread_of_the_parent_handled_is_over():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(waits_for_low, "waits")
        wf.wait_for_threads(child).handle_any_failure_on_child(lambda wf: None)

    family = Family(story).low_fails()
    assert (family.all(), family.statuses()) == (["COMPLETED", "ERROR"], ["COMPLETED", "ERROR", "COMPLETED"])
    with pytest.raises(
        FailedPrecondition, match="'run': the failure of ThreadRun 1 was handled by ThreadRun 0"
    ):
        family.rescue(family.low)


def test_a_failure_that_was_handled_further_up_is_over():
    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.wait_for_child_wf(wf.run_wf("mid")), lambda wf: wf.execute("after"))

    family = Family(story).low_fails()
    assert family.all() == ["RUNNING", "ERROR", "ERROR"]
    family.succeed()
    mid = family.child_ids[0]
    with pytest.raises(FailedPrecondition, match=f"WfRun '{mid}' was handled by its parent"):
        family.rescue(family.low)


def test_a_grandchild_brings_back_the_whole_line():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_child_wf(wf.run_wf("mid"))

    family = Family(story).low_fails()
    assert family.all() == ["ERROR", "ERROR", "ERROR"]
    assert family.rescue(family.low).all() == ["RUNNING", "RUNNING", "RUNNING"]
    assert family.low_succeeds().all() == ["COMPLETED", "COMPLETED", "COMPLETED"]
