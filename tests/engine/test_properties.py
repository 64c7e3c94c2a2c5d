"""What holds for every spec and every history: random workflows, played with workers that do anything.

A history is not a story but a list of choices: report this attempt so, report that one again, let a
timer fire, let something happen that nobody waits for. What must hold is checked after every step.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine.effects import Effect, EnqueueTask
from lhredis.engine.events import Event, RunStarted, TaskReported, TaskTimedOut, TimerFired, TimerKind
from lhredis.engine.run import Run
from lhredis.engine.step import step
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.store.codec import decode_run, encode_state
from tests.engine.play import Play
from tests.engine.random_specs import TASKS, Json, specs, starts, values

PROFILE = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

OUTCOMES = [TaskStatus.TASK_SUCCESS] * 4 + [
    TaskStatus.TASK_FAILED,
    TaskStatus.TASK_FAILED,
    TaskStatus.TASK_FAILED,
    TaskStatus.TASK_EXCEPTION,
    TaskStatus.TASK_OUTPUT_SERDE_ERROR,
    TaskStatus.TASK_INPUT_VAR_SUB_ERROR,
]
choices = st.tuples(
    st.sampled_from(["report"] * 6 + ["time out", "timer", "timer", "again", "forged", "early", "start"]),
    st.integers(0, 10**6),
    st.sampled_from(OUTCOMES),
    values,
)
histories = st.lists(choices, min_size=10, max_size=40)


class Witness:
    """Plays a history and checks after each step what holds always."""

    def __init__(self, spec: Json) -> None:
        self.play = Play(spec, *TASKS)
        self.sent: list[EnqueueTask] = []
        self.fired: list[tuple[tuple[Any, ...], int]] = []

    def happens(self, event: Event) -> list[Effect]:
        play, run = self.play, self.play.run
        before, ended = encode_state(run), run.status in TERMINAL_STATUSES
        twins = [copy.deepcopy(run)]
        if run.threads:
            twins.append(decode_run(run.id, run.tenant, play.stored()))
        effects = play.happens(event)  # Play compares what is stored with what the engine holds
        for twin in twins:
            changed = step(play.world, {twin.id: twin}, twin.id, event)
            assert changed.get(twin.id, []) == effects, "the same inputs gave other effects"
            assert twin == run and encode_state(twin) == encode_state(run)
        if not effects:
            assert encode_state(run) == before, "it changed without an effect"
        assert not (ended and effects), "an ended run moved"
        self._check_tasks(effects)
        self._check_waiting()
        return effects

    def _check_tasks(self, effects: list[Effect]) -> None:
        self.sent += [effect for effect in effects if isinstance(effect, EnqueueTask)]
        ids = [(task.thread, task.position, task.attempt) for task in self.sent]
        assert len(set(ids)) == len(ids), "an attempt was sent twice"

    def _check_waiting(self) -> None:
        """Every run that is not over is waited for by something that will come."""
        run = self.play.run
        assert run.status in TERMINAL_STATUSES | {LHStatus.RUNNING}
        for thread in run.threads.values():
            if thread.status is LHStatus.HALTED:
                (reason,) = thread.halts
                assert reason.thread is not None
                assert run.threads[reason.thread].status not in TERMINAL_STATUSES
            elif thread.status is LHStatus.RUNNING:
                at = (thread.number, thread.position)
                tasks = [task for task in self.play.waiting if (task.thread, task.position) == at]
                timers = [key for key in self.play.timers if key[1:3] == at]
                assert len(tasks) + len(timers) == 1, f"thread {thread.number} waits for {tasks} and {timers}"
        if run.status in TERMINAL_STATUSES:
            assert not self.play.waiting and not self.play.timers, "something comes for a run that is over"

    def choose(self, what: str, number: int, status: TaskStatus, value: Any) -> None:
        """Let one thing happen, as far as it can."""
        play = self.play
        play.now_ms += number % 7
        if what in ("report", "time out") and play.waiting:
            task = play.waiting[number % len(play.waiting)]
            assert self.happens(self._report(task, status, value, what)), "the run did not listen"
        elif what == "timer" and play.timers:
            key = sorted(play.timers, key=str)[number % len(play.timers)]
            due_ms = play.timers.pop(key)
            play.now_ms = max(play.now_ms, due_ms)
            self.fired.append((key, due_ms))
            assert self.happens(TimerFired(play.now_ms, play.nonce(), *key, due_ms=due_ms))
        elif what == "again":
            self._again(number, status, value)
        elif what == "forged" and self.sent:
            task = self.sent[number % len(self.sent)]
            event = self._report(task, status, value, "report" if number % 2 else "time out")
            event.token = "forged"
            assert self.happens(event) == []
        elif what == "early" and play.timers:
            key, due_ms = next(iter(play.timers.items()))
            if due_ms > play.now_ms and key[0] is TimerKind.NODE_DUE:
                assert self.happens(TimerFired(play.now_ms, play.nonce(), *key, due_ms=due_ms)) == []
        elif what == "start":
            assert self.happens(RunStarted(play.now_ms, play.nonce(), {})) == []

    def _again(self, number: int, status: TaskStatus, value: Any) -> None:
        """What has happened already happens once more: late reports, double timers."""
        over = [task for task in self.sent if task not in self.play.waiting]
        if over and number % 3:
            task = over[number % len(over)]
            event = self._report(task, status, value, "report" if number % 2 else "time out")
            assert self.happens(event) == []
        elif self.fired:
            key, due_ms = self.fired[number % len(self.fired)]
            if self.play.timers.get(key) != due_ms:
                assert (
                    self.happens(TimerFired(self.play.now_ms, self.play.nonce(), *key, due_ms=due_ms)) == []
                )

    def _report(
        self, task: EnqueueTask, status: TaskStatus, value: Any, what: str
    ) -> TaskReported | TaskTimedOut:
        at = (self.play.now_ms, self.play.nonce(), task.thread, task.position, task.attempt, task.token)
        if what == "time out":
            return TaskTimedOut(*at)
        exception = ("denied", "no", value) if status is TaskStatus.TASK_EXCEPTION else None
        return TaskReported(*at, status, value, "broken", exception)


@PROFILE
@given(spec=specs(), variables=starts, history=histories)
def test_what_holds_for_every_spec_and_every_history(spec: Json, variables: Json, history: list[Any]):
    witness = Witness(spec)
    assert witness.happens(RunStarted(witness.play.now_ms, witness.play.nonce(), variables))
    for choice in history:
        witness.choose(*choice)


@PROFILE
@given(spec=specs(), variables=starts)
def test_workers_that_always_succeed_bring_every_run_on(spec: Json, variables: Json):
    """Nothing hangs: as long as a run is not over, the next report or timer moves it."""
    witness = Witness(spec)
    play = witness.play
    witness.happens(RunStarted(play.now_ms, play.nonce(), variables))
    for i in range(60):
        if play.run.status in TERMINAL_STATUSES:
            break
        what = "report" if play.waiting else "timer"
        witness.choose(what, i, TaskStatus.TASK_SUCCESS, None)
    else:
        steps = sum(thread.position for thread in play.run.threads.values())
        assert steps > 60, "a run that goes on for ever is in a loop"


@pytest.mark.parametrize("seed", ["a task", "a sleep", "a retry"])
def test_the_witness_sees_what_it_is_there_for(seed: str):
    """A run whose wake-up got lost is noticed: the properties can fail."""
    stories = {
        "a task": lambda wf: wf.execute("plain"),
        "a sleep": lambda wf: wf.sleep(5),
        "a retry": lambda wf: wf.execute("plain", retries=1),
    }
    witness = Witness({name: spec.to_json() for name, spec in Play(stories[seed], *TASKS).threads.items()})
    witness.happens(RunStarted(witness.play.now_ms, "nonce", {}))
    witness.play.waiting.clear()
    witness.play.timers.clear()
    with pytest.raises(AssertionError, match="waits for"):
        witness._check_waiting()


def test_two_starts_of_one_program_do_not_share_anything():
    play = Play(lambda wf: wf.declare_json_obj("j", {"a": [1]}))
    first, second = (Run(name, "default", play.run.spec) for name in ("one", "two"))
    for run in (first, second):
        step(play.world, {run.id: run}, run.id, RunStarted(play.now_ms, "nonce", {}))
    assert first.threads[0].variables == second.threads[0].variables
    assert first.threads[0].variables is not second.threads[0].variables
