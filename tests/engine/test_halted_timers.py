"""The story of timers that fire while their node is halted. Found by seed 10344 of the simulation."""

from __future__ import annotations

import pytest

from lhredis.engine.effects import SetTimer
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play


def sleeps(wf: WorkflowThread) -> None:
    wf.sleep(5)


def waits(wf: WorkflowThread) -> None:
    wf.wait_for_event("never", timeout=5)


@pytest.mark.parametrize(("story", "end"), [(sleeps, "COMPLETED"), (waits, "ERROR")])
def test_a_resume_that_is_older_than_the_timer_does_not_lose_it(story, end: str):
    """The resume was asked for at 4 s; until it could be committed, the timer had fired at 5 s."""
    play = Play(story).start().stop()
    play.wait(6000)
    assert (play.status, play.timers) == ("HALTED", {})
    play.now_ms -= 2000
    play.resume()
    assert play.status == "RUNNING"
    play.wait(2000)
    assert (play.status, play.timers) == (end, {})


@pytest.mark.parametrize(("story", "end"), [(sleeps, "COMPLETED"), (waits, "ERROR")])
def test_a_resume_after_the_time_goes_on_at_once_and_sets_no_timer(story, end: str):
    play = Play(story).start().stop()
    play.wait(6000)
    play.resume()
    assert (play.status, play.sent(SetTimer)) == (end, [])
