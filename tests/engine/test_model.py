"""What holds for every tree of runs and every history: all node types, halting, interrupts, child runs.

As tests/engine/test_properties.py, for runs of many threads and for their children: a history is a
list of choices, and what must hold is checked after every one.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine import halting
from lhredis.engine.effects import Effect, EnqueueTask
from lhredis.engine.events import (
    Event,
    ExternalEventPosted,
    MigrationApplied,
    RunRescued,
    RunResumed,
    RunStarted,
    RunStopped,
    TaskReported,
    TaskTimedOut,
    TimerFired,
    TimerKind,
)
from lhredis.engine.halting import is_stopped
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import Run
from lhredis.errors import FailedPrecondition
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.model.task_def import TaskDef
from lhredis.store.codec import encode_state
from lhredis.workflow import WorkflowThread
from tests.engine.play import Story, threads_of
from tests.engine.random_trees import TASKS, Json, starting_values, trees, values
from tests.engine.tree import ROOT, Tree
from tests.engine.waiting import check_waiting, kind_of

PROFILE = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WHAT = ["report"] * 8 + ["timer"] * 3 + ["post"] * 4 + ["time out", "stop", "resume", "resume", "correlated"]
WHAT += ["again", "forged", "early", "start", "rescue"]
OUTCOMES = [TaskStatus.TASK_SUCCESS] * 5 + [
    TaskStatus.TASK_FAILED,
    TaskStatus.TASK_EXCEPTION,
    TaskStatus.TASK_OUTPUT_SERDE_ERROR,
]
choices = st.tuples(st.sampled_from(WHAT), st.integers(0, 10**6), st.sampled_from(OUTCOMES), values)
histories = st.lists(choices, min_size=10, max_size=40)
EVENTS = ["go", "pay", "kick", "poke", "nobody"]
LATE_MS = 1500
"""What people ask for is sometimes older than what happened before it was committed."""

LATER = (RunResumed, ExternalEventPosted, RunRescued, MigrationApplied)
"""Once more, these may do something, or be refused: the shell finds double posts, a thread may have been
stopped again, or have failed again, or is migrated by now."""


class Witness:
    """Plays a history on a tree of runs, and checks after each step what holds always."""

    def __init__(self, specs: dict[str, Json], *task_defs: TaskDef) -> None:
        self.tree = Tree(specs, *(task_defs or TASKS))
        self.fired: list[tuple[str, TimerFired]] = []
        self._ends: dict[tuple[str, int | None], LHStatus] = {}

    def happens(self, wf_run_id: str, event: Event) -> dict[str, list[Effect]]:
        changed = self.tree.happens(wf_run_id, event)
        if isinstance(event, RunRescued):
            self._ends = {at: end for at, end in self._ends.items() if end is LHStatus.COMPLETED}
        for each in changed:
            self._check_ends(self.tree.run(each))
            ids = [(task.thread, task.position, task.attempt) for task in self.tree.shelves[each].sent]
            assert len(set(ids)) == len(ids), f"an attempt of {each} was sent twice"
        for run in self.tree.runs.values():
            if run is not None and run.threads:
                check_waiting(self.tree, run)
        if changed and not isinstance(event, LATER):
            twins, again = self.tree.step_from_store(wf_run_id, event)
            assert not any(again.values()), f"{event} once more did {again}"
            assert all(twin == self.tree.runs[each] for each, twin in twins.items() if each in again)
        return changed

    def _check_ends(self, run: Run) -> None:
        """What has ended stays as it has ended."""
        statuses: dict[int | None, LHStatus] = {number: each.status for number, each in run.threads.items()}
        for place, status in (statuses | {None: run.status}).items():
            before = self._ends.get((run.id, place))
            assert before in (None, status), f"{run.id}/{place} was {before}, and is {status} now"
            if status in TERMINAL_STATUSES:
                self._ends[run.id, place] = status

    def choose(self, what: str, number: int, status: TaskStatus, value: Any) -> None:
        """Let one thing happen, as far as it can."""
        tree = self.tree
        tree.now_ms += number % 7
        wf_run_id = sorted(tree.runs)[number % len(tree.runs)]
        run, shelf = tree.run(wf_run_id), tree.shelves[wf_run_id]
        thread = number % (run.greatest_thread_number + 1)
        at = (tree.now_ms - number % 3 * LATE_MS, tree.nonce())
        if what in ("report", "time out") and shelf.waiting:
            task = shelf.waiting[number % len(shelf.waiting)]
            if not self.happens(wf_run_id, self._report(task, what, status, value)):
                ended = run.threads[task.thread].error_message or ""
                assert ended.startswith("stack overflow"), "the run did not listen"
                shelf.waiting.remove(task)
        elif what == "timer" and shelf.timers:
            self._fire(wf_run_id, number)
        elif what == "post":
            place = {"thread": thread} if number % 5 == 0 else {}
            event_def = EVENTS[number // 7 % len(EVENTS)]
            self.happens(wf_run_id, ExternalEventPosted(*at, event_def, f"guid {at[1]}", value, **place))
        elif what == "correlated" and shelf.correlated:
            event_def, _, *place = sorted(shelf.correlated)[number % len(shelf.correlated)]
            event = ExternalEventPosted(*at, event_def, f"guid {at[1]}", value, *place, correlated=True)
            self.happens(wf_run_id, event)
        elif what == "stop":
            self.happens(wf_run_id, RunStopped(*at, thread))
        elif what == "resume":
            stopped = [each.number for each in run.threads.values() if is_stopped(each)]
            self.happens(wf_run_id, RunResumed(*at, stopped[0] if stopped else thread))
        elif what == "rescue":
            self.rescue(wf_run_id, thread, skip=number % 3 == 0)
        elif what == "start":
            assert self.happens(wf_run_id, RunStarted(*at, {})) == {}
        else:
            self._nothing_new(what, wf_run_id, number, status, value)

    def rescue(self, wf_run_id: str, number: int, skip: bool) -> bool:
        """Rescue this thread, or the first one after it that can be. False when there is none."""
        run = self.tree.run(wf_run_id)
        numbers = [each.number for each in run.threads.values() if each.status is LHStatus.ERROR]
        for each in sorted(numbers, key=lambda one: (one < number, one)):
            before = {one: encode_state(there) for one, there in self.tree.runs.items() if there is not None}
            try:
                self.happens(wf_run_id, RunRescued(self.tree.now_ms, self.tree.nonce(), each, skip))
                return True
            except FailedPrecondition:
                assert before == {one: encode_state(self.tree.run(one)) for one in before}
        return False

    def _fire(self, wf_run_id: str, number: int) -> None:
        tree, timers = self.tree, self.tree.shelves[wf_run_id].timers
        key = sorted(timers, key=str)[number % len(timers)]
        due_ms = timers.pop(key)
        tree.now_ms = max(tree.now_ms, due_ms)
        event = TimerFired(tree.now_ms, tree.nonce(), *key, due_ms=due_ms)
        self.happens(wf_run_id, event)
        self.fired.append((wf_run_id, event))

    def _nothing_new(self, what: str, wf_run_id: str, number: int, status: TaskStatus, value: Any) -> None:
        """What has happened already, or cannot happen: late and forged reports, timers that fire again."""
        tree, shelf = self.tree, self.tree.shelves[wf_run_id]
        over = [task for task in shelf.sent if task not in shelf.waiting]
        if what == "again" and over and number % 2:
            kind = "report" if number % 4 == 1 else "time out"
            assert self.happens(wf_run_id, self._report(over[number % len(over)], kind, status, value)) == {}
        elif what == "again" and self.fired:
            fired_id, event = self.fired[number % len(self.fired)]
            key = (event.kind, event.thread, event.position, event.attempt)
            if tree.shelves[fired_id].timers.get(key) != event.due_ms:
                self.happens(fired_id, event)
        elif what == "forged" and shelf.sent:
            event = self._report(shelf.sent[number % len(shelf.sent)], "report", status, value)
            event.token = "forged"
            assert self.happens(wf_run_id, event) == {}
        elif what == "early" and shelf.timers:
            key, due_ms = next(iter(shelf.timers.items()))
            if due_ms > tree.now_ms and key[0] is TimerKind.NODE_DUE:
                event = TimerFired(tree.now_ms, tree.nonce(), *key, due_ms=due_ms)
                assert self.happens(wf_run_id, event) == {}

    def _report(
        self, task: EnqueueTask, what: str, status: TaskStatus, value: Any
    ) -> TaskReported | TaskTimedOut:
        at = (self.tree.now_ms, self.tree.nonce(), task.thread, task.position, task.attempt, task.token)
        if what == "time out":
            return TaskTimedOut(*at)
        exception = ("denied", "no", value) if status is TaskStatus.TASK_EXCEPTION else None
        return TaskReported(*at, status, value, "broken", exception)

    def has_to_do(self) -> tuple[str, int] | None:
        """Something that workers, clocks and people can do so that the tree goes on."""
        for wf_run_id, shelf in self.tree.shelves.items():
            number = sorted(self.tree.runs).index(wf_run_id)
            run = self.tree.run(wf_run_id)
            if shelf.waiting:
                return "report", number
            if shelf.timers:
                return "timer", number
            if run.status not in TERMINAL_STATUSES and any(is_stopped(each) for each in run.threads.values()):
                return "resume", number
        return None


@PROFILE
@given(specs=trees(), variables=starting_values(), history=histories)
def test_what_holds_for_every_tree_and_every_history(specs: dict[str, Json], variables: Json, history: Any):
    witness = Witness(specs)
    witness.happens(ROOT, RunStarted(witness.tree.now_ms, witness.tree.nonce(), variables))
    for choice in history:
        witness.choose(*choice)


@PROFILE
@given(specs=trees(), variables=starting_values(), history=histories)
def test_whatever_happened_a_tree_comes_to_its_end(specs: dict[str, Json], variables: Json, history: Any):
    """After any history: when tasks succeed, timers fire, who is stopped is resumed and every event that a
    node waits for is posted, the run ends; or it loops, or waits for a condition that nobody fulfils."""
    witness = Witness(specs)
    tree = witness.tree
    witness.happens(ROOT, RunStarted(tree.now_ms, tree.nonce(), variables))
    for choice in history[:15]:
        witness.choose(*choice)
    comes_to_its_end(witness)


def comes_to_its_end(witness: Witness) -> None:
    """Let everything succeed, fire, be resumed and be posted until the tree has ended; AssertionError when it
    neither does nor loops nor waits for a condition."""
    tree = witness.tree
    for _ in range(150):
        to_do = witness.has_to_do()
        if to_do is not None:
            what, number = to_do
            witness.choose(what, number, TaskStatus.TASK_SUCCESS, None)
        elif not _post_what_is_waited_for(witness):
            break
    else:
        steps = sum(each.position for run in tree.runs.values() if run for each in run.threads.values())
        assert steps > 30, "a tree that goes on for ever is in a loop"
        return
    for run in tree.runs.values():
        assert run is not None
        if run.status not in TERMINAL_STATUSES:
            nodes = [each.node.name for each in run.threads.values() if each.node and not each.node.ended_ms]
            kinds = {
                kind_of(witness.tree, run, each, each.node) for each in run.threads.values() if each.node
            }
            assert kinds & {"wait_for_condition", "wait_for_child_wf"}, f"{run.id} waits for ever on {nodes}"


def _post_what_is_waited_for(witness: Witness) -> bool:
    tree = witness.tree
    for run in tree.runs.values():
        assert run is not None
        for thread in run.threads.values():
            state = thread.node.state if thread.node is not None and not thread.node.ended_ms else None
            if isinstance(state, EventWait) and thread.status is LHStatus.RUNNING:
                at = (tree.now_ms, tree.nonce())
                assert witness.happens(run.id, ExternalEventPosted(*at, state.event_def, f"guid {at[1]}"))
                return True
    return False


def sleeps(wf: WorkflowThread) -> None:
    wf.wait_for_threads(wf.spawn_thread(lambda child: child.sleep(3), "child"))


def calls(wf: WorkflowThread) -> None:
    wf.spawn_thread(lambda child: child.execute("plain"), "child")


def waits(wf: WorkflowThread) -> None:
    wf.wait_for_event("go", timeout=3)


def witness_of(story: Story, *task_defs: TaskDef) -> Witness:
    """A run of this story, started."""
    end = {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "end"}]}
    other = {"entrypoint": {"nodes": {"start": end, "end": {"exit": {}}}}}
    main = {name: spec.to_json() for name, spec in threads_of(story).items()}
    witness = Witness({"main": main, "child": other, "heir": other}, *task_defs)
    witness.happens(ROOT, RunStarted(witness.tree.now_ms, "nonce", {}))
    return witness


@pytest.mark.parametrize("story", [sleeps, calls, waits])
def test_the_witness_sees_what_it_is_there_for(story: Story):
    """A run whose wake-up got lost is noticed: the properties can fail."""
    witness = witness_of(story)
    witness.tree.shelves[ROOT].waiting.clear()
    witness.tree.shelves[ROOT].timers.clear()
    with pytest.raises(AssertionError, match="for ever"):
        check_waiting(witness.tree, witness.tree.run(ROOT))


@pytest.mark.parametrize("story", [sleeps, waits])
def test_the_witness_sees_that_a_timer_which_fired_while_its_node_was_halted_is_not_set_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(halting, "_set_timer_again", lambda *given: None)
    witness = witness_of(story)
    witness.choose("stop", 0, TaskStatus.TASK_SUCCESS, None)
    witness.choose("timer", 0, TaskStatus.TASK_SUCCESS, None)
    with pytest.raises(AssertionError, match="for ever"):
        witness.choose("resume", 1, TaskStatus.TASK_SUCCESS, None)
