"""What holds for threads whatever happens to them: random trees of threads, handlers and interrupts, and
histories that report, post, stop, resume and let time pass in any order."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine.advance import Step
from lhredis.engine.effects import EnqueueTask
from lhredis.engine.events import RunResumed
from lhredis.engine.halting import is_stopped, leader_of
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import HaltKind, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.store.codec import encode_state
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def

TASK = task_def("a", "STR")
PROFILE = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
DEPTH_MAX, HAPPENINGS_MAX, ROUNDS_MAX = 3, 40, 100
EVENTS = ("e0", "e1")


class Choices:
    """Numbers that decide; when none is left, always the first possibility."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = iter(numbers)

    def of(self, count: int) -> int:
        return next(self._numbers, 0) % count


class Plot:
    """A random workflow. Threads, and the events that interrupt them, have names of their own."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.interrupts: list[str] = []
        self._names = 0

    def thread(self, depth: int) -> Callable[[WorkflowThread], None]:
        """One thread: a few statements; it may be interrupted, and may fail in the end."""

        def story(wf: WorkflowThread) -> None:
            if self.choices.of(3) == 1 and depth < DEPTH_MAX:
                name = self._name("i")
                self.interrupts.append(name)
                wf.add_interrupt_handler(name, self.thread(depth + 1))
            if depth > 0 and self.choices.of(4) == 1:
                self._retain(wf)
            for _ in range(1 + self.choices.of(4)):
                self._statement(wf, depth)
            if self.choices.of(10) == 1:
                wf.fail("failed", "on purpose")

        return story

    def _retain(self, wf: WorkflowThread) -> None:
        if wf._parent is not None:
            wf.with_retention_policy(self.choices.of(2))

    def _statement(self, wf: WorkflowThread, depth: int) -> None:
        kind = self.choices.of(5)
        if kind == 0:
            node = wf.execute("a", retries=self.choices.of(2))
        elif kind == 1:
            timeout = (None, 1, 5)[self.choices.of(3)]
            node = wf.wait_for_event(EVENTS[self.choices.of(2)], timeout=timeout)
        elif kind == 2 or depth >= DEPTH_MAX:
            wf.sleep(self.choices.of(3))
            return
        else:
            self._children(wf, depth)
            return
        self._handle(wf, node, depth)

    def _children(self, wf: WorkflowThread, depth: int) -> None:
        spawned = [
            wf.spawn_thread(self.thread(depth + 1), self._name("child"))
            for _ in range(1 + self.choices.of(2))
        ]
        if self.choices.of(4) == 1:
            return
        strategy = ("WAIT_FOR_ALL", "WAIT_FOR_FIRST", "WAIT_FOR_ANY")[self.choices.of(3)]
        waited = wf.wait_for_threads(*spawned, strategy=strategy)
        if depth < DEPTH_MAX and self.choices.of(3) == 1:
            waited.handle_any_failure_on_child(self.thread(depth + 1))
        self._handle(wf, waited, depth)

    def _handle(self, wf: WorkflowThread, node: object, depth: int) -> None:
        kind = self.choices.of(4)
        if kind and depth < DEPTH_MAX:
            handle = (wf.handle_error, wf.handle_exception, wf.handle_any_failure)[kind - 1]
            handle(node, self.thread(depth + 1))  # type: ignore[arg-type]

    def _name(self, word: str) -> str:
        self._names += 1
        return f"{word}-{self._names}"


class History:
    """A play in which anything happens; what must hold is checked after every step."""

    def __init__(self, plot: Plot) -> None:
        self.plot, self.choices = plot, plot.choices
        self.play = Play(plot.thread(0), TASK)
        self.over: dict[int, LHStatus] = {}
        self.reported: list[EnqueueTask] = []

    def goes_on(self) -> None:
        """One thing happens."""
        play, of = self.play, self.choices.of
        kind = of(7)
        if kind <= 1 and play.waiting:
            self._report(play.waiting[of(len(play.waiting))], of(8))
        elif kind == 2:
            play.post(EVENTS[of(2)])
        elif kind == 3 and self.plot.interrupts:
            play.post(self.plot.interrupts[of(len(self.plot.interrupts))])
        elif kind == 4 and play.timers:
            play.wait(max(min(play.timers.values()) - play.now_ms, 0))
        elif kind == 5:
            number = of(play.run.greatest_thread_number + 1)
            play.stop(number) if of(2) else play.resume(number)
        elif kind == 6 and self.reported:
            play.succeed("again", of=self.reported[of(len(self.reported))])
            assert play.changed == {}
        self.check()

    def comes_to_an_end(self) -> None:
        """Everything that is waited for happens: then the run ends, and everybody comes to rest."""
        for _ in range(ROUNDS_MAX):
            if self.play.status not in ("RUNNING", "HALTING", "HALTED"):
                break
            self._help()
        assert self.play.run.status in TERMINAL_STATUSES, self.play.run
        while self.play.waiting:
            self._report(self.play.waiting[0], 0)
        self.play.wait(3_600_000)
        while self.play.waiting:
            self._report(self.play.waiting[0], 0)
        for thread in self.play.run.threads.values():
            assert thread.status is LHStatus.HALTED or thread.status in TERMINAL_STATUSES

    def _help(self) -> None:
        for thread in list(self.play.run.threads.values()):
            if is_stopped(thread):
                self.play.resume(thread.number)
                self.check()
        for task in list(self.play.waiting):
            self._report(task, 0)
        for thread in list(self.play.run.threads.values()):
            state = thread.node.state if thread.node is not None else None
            if thread.status is LHStatus.RUNNING and isinstance(state, EventWait):
                self.play.post(state.event_def)
                self.check()
        self.play.wait(5_000)
        self.check()

    def _report(self, task: EnqueueTask, how: int) -> None:
        self.reported.append(task)
        if how == 1:
            self.play.fail(of=task)
        elif how == 2:
            self.play.throw("thrown", of=task)
        elif how == 3:
            self.play.time_out(of=task)
        else:
            self.play.succeed("done", of=task)
        self.check()

    def check(self) -> None:
        """What holds after every step."""
        run = self.play.run
        for number, status in self.over.items():
            assert self.play.thread(number).status is status, "a thread that ended goes on"
        for thread in run.threads.values():
            if thread.status in TERMINAL_STATUSES:
                self.over[thread.number] = thread.status
                assert not thread.halts and thread.ended_ms is not None
            else:
                assert thread.node is not None and thread.ended_ms is None
                self._check_halting(thread)
        before = encode_state(run)
        again = Step(self.play.world, self.play.runs, run, RunResumed(self.play.now_ms, "again"), [], 0)
        again.program = self.play.program
        again.advance()
        assert (again.effects, encode_state(run)) == ([], before), "the step did not go as far as it gets"

    def _check_halting(self, thread: ThreadRun) -> None:
        halts, leader = thread.halts, leader_of(thread)
        assert bool(halts) == (thread.status is not LHStatus.RUNNING)
        assert len({reason.kind for reason in halts if reason.kind is not HaltKind.PENDING_INTERRUPT}) == sum(
            reason.kind is not HaltKind.PENDING_INTERRUPT for reason in halts
        )
        handlers = [
            reason.thread
            for reason in halts
            if reason.kind in (HaltKind.INTERRUPTED, HaltKind.HANDLING_FAILURE)
        ]
        assert len(handlers) <= 1
        for number in handlers:
            assert number is not None
            assert self.play.run.threads[number].status not in TERMINAL_STATUSES, "its handler is through"
        if thread.status is LHStatus.HALTED:
            task = thread.node.task if thread.node is not None else None
            if task is not None:
                assert task.attempts[-1].status not in (TaskStatus.TASK_SCHEDULED, TaskStatus.TASK_PENDING)
        if thread.status is LHStatus.RUNNING and leader is not None:
            assert leader.status is not LHStatus.COMPLETED, "its parent did not wait for it"
            assert leader.status not in TERMINAL_STATUSES, "its parent has failed"
            if leader.status is not LHStatus.RUNNING:
                assert any(reason.thread == thread.number for reason in leader.halts)


@PROFILE
@given(st.lists(st.integers(0, 11), min_size=10, max_size=60), st.lists(st.integers(0, 11), max_size=120))
def test_threads_follow_their_parents_and_every_run_can_end(plot: list[int], happenings: list[int]):
    choices = Choices(plot)
    history = History(Plot(choices))
    history.plot.choices = history.choices = Choices(happenings)
    history.play.start()
    history.check()
    for _ in range(min(HAPPENINGS_MAX, len(happenings))):
        history.goes_on()
    history.comes_to_an_end()
