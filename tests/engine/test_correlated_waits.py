"""The story of keys that nobody waits for any more: they are given back, and taken again by a rescue."""

from __future__ import annotations

from lhredis.engine.events import RunRescued
from lhredis.model.limits import THREAD_RUNS_MAX
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def

RISKY = task_def("risky")


def test_threads_that_lost_against_the_first_give_their_keys_back():
    def waits(key: str) -> object:
        return lambda wf: wf.wait_for_event("paid", correlation_id=key)

    def nested(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(waits("deep"), "deep"))

    def story(wf: WorkflowThread) -> None:
        first = wf.spawn_thread(waits("a"), "first")
        second = wf.spawn_thread(nested, "second")
        wf.wait_for_first_of(first, second)
        wf.wait_for_event("later")

    play = Play(story).start()
    assert {key for _, key, _, _ in play.correlated} == {"a", "deep"}
    play.post("paid", 1, thread=1)
    assert (play.status, play.correlated) == ("RUNNING", set())


def test_a_stopped_thread_that_its_parent_goes_on_without_gives_its_key_back():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda wf: wf.wait_for_event("paid", correlation_id="k"), "child")
        wf.wait_for_event("later")

    play = Play(story).start().stop(1)
    assert {key for _, key, _, _ in play.correlated} == {"k"}
    assert play.post("later").status == "COMPLETED"
    assert play.correlated == set()
    play.resume(1)
    assert (play.effects, play.run.threads[1].status.name) == ([], "HALTED")


def interrupted(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("look", lambda wf: wf.execute("risky"))
    wf.wait_for_event("paid", correlation_id="k")


def test_a_thread_that_dies_of_its_interrupt_gives_its_key_back_and_takes_it_again():
    play = Play(interrupted, RISKY).start().post("look").fail()
    assert (play.status, play.correlated) == ("ERROR", set())
    play.happens(RunRescued(play.now_ms, play.nonce(), 1))
    assert {key for _, key, _, _ in play.correlated} == {"k"}
    assert play.succeed().post("paid").status == "COMPLETED"
    assert play.correlated == set()


def test_a_loop_may_wait_for_the_first_of_two_as_often_as_it_likes():
    """Those that lost are halted for good: they are archived when room is needed."""
    rounds = 2 * THREAD_RUNS_MAX

    def story(wf: WorkflowThread) -> None:
        left = wf.declare_int("left", rounds)
        with wf.while_(left > 0):
            quick = wf.spawn_thread(lambda wf: wf.execute("risky"), "quick")
            slow = wf.spawn_thread(lambda wf: wf.sleep(1000), "slow")
            wf.wait_for_first_of(quick, slow)
            left.assign(left - 1)

    play = Play(story, RISKY).start()
    for _ in range(rounds):
        play.succeed()
    assert (play.status, play.run.greatest_thread_number) == ("COMPLETED", 2 * rounds)
    assert len(play.run.threads) <= THREAD_RUNS_MAX
    assert {thread.status.name for thread in play.archived.values()} == {"COMPLETED", "HALTED"}
    assert play.node(1, thread=2).status.name == "HALTED"
