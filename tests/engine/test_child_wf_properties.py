"""What holds for trees of WfRuns whose threads are stopped, resumed, interrupted and rescued in any order:
who waits for a child knows what became of it, and everything comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine.events import (
    ExternalEventPosted,
    RunRescued,
    RunResumed,
    RunStarted,
    RunStopped,
    TaskReported,
)
from lhredis.engine.node_state import ChildWfWait
from lhredis.engine.run import HaltKind, Run, ThreadRun
from lhredis.errors import FailedPrecondition
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import task_def
from tests.engine.tree import ROOT, Tree
from tests.engine.waiting import check_waiting

PROFILE = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROUNDS_MAX = 300
CHILD_SPECS = ("child", "heir")


@dataclass(slots=True)
class Plot:
    """A thread: runs child WfRuns of these specs, spawns threads that wait for them too, does tasks;
    `handled` what it waits for has a handler, `interrupted` it has one of the event `look`."""

    runs: list[str]
    waits_itself: bool
    waiters: int
    tasks: int
    handled: bool
    interrupted: bool
    inner: list[Plot] = field(default_factory=list)


@st.composite
def plots(draw: st.DrawFn, depth: int = 0) -> Plot:
    inner = draw(st.lists(plots(depth + 1), max_size=1)) if depth < 2 else []
    flag = st.booleans()
    return Plot(
        draw(st.lists(st.sampled_from(CHILD_SPECS), min_size=1, max_size=2)),
        draw(flag),
        draw(st.integers(0, 2)),
        draw(st.integers(0, 1)),
        draw(flag),
        draw(flag),
        inner,
    )


def story_of(plot: Plot) -> Callable[[WorkflowThread], None]:
    """The workflow of a plot."""
    names = count()

    def story(wf: WorkflowThread, plot: Plot = plot) -> None:
        if plot.interrupted:
            wf.add_interrupt_handler(f"look-{next(names)}", lambda wf: wf.execute("plain"))
        spawned = [
            wf.spawn_thread(lambda wf, one=one: story(wf, one), f"t{next(names)}") for one in plot.inner
        ]
        waits: list[Any] = []
        for spec in plot.runs:
            child_id = wf.declare_wf_run_id(f"id-{next(names)}")
            child_id.assign(wf.run_wf(spec))
            spawned += [
                wf.spawn_thread(lambda wf, of=child_id: wf.wait_for_child_wf(of), f"t{next(names)}")
                for _ in range(plot.waiters)
            ]
            if plot.waits_itself:
                waits.append(wf.wait_for_child_wf(child_id))
        for _ in range(plot.tasks):
            wf.execute("plain")
        if spawned:
            waits.append(wf.wait_for_threads(*spawned))
        for wait in waits if plot.handled else ():
            wf.handle_any_failure(wait, lambda wf: wf.execute("plain"))

    return story


def mid(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("look", lambda wf: wf.execute("plain"))
    wf.wait_for_child_wf(wf.run_wf("child"))


class Stage:
    """A tree of WfRuns, and what is done to it. After every deed, who waits for a child knows what became of
    it."""

    def __init__(self, plot: Plot) -> None:
        specs: Any = {"child": lambda wf: wf.execute("plain"), "heir": mid, "main": story_of(plot)}
        self.tree = Tree(specs, task_def("plain"))
        self.told: list[str] = []
        self._guids = count()
        self.happens(ROOT, RunStarted(self.tree.now_ms, self.tree.nonce(), {}))

    def happens(self, wf_run_id: str, event: Any) -> bool:
        """Step it; False when it was refused."""
        self.told.append(f"{wf_run_id} {type(event).__name__} {getattr(event, 'thread', '')}")
        try:
            self.tree.happens(wf_run_id, event)
        except FailedPrecondition:
            self.told.append("refused")
            return False
        for run in self.runs:
            check_waiting(self.tree, run)
            for thread in run.threads.values():
                self.check_what_is_known(thread)
        return True

    def has_lost_its_child(self, thread: ThreadRun) -> bool:
        """Did it fall for a child that could not be rescued? Then waiting for it again is of no use."""
        state = thread.node.state if thread.node is not None else None
        return isinstance(state, ChildWfWait) and self.tree.run(state.wf_run_id).status is LHStatus.ERROR

    @property
    def runs(self) -> list[Run]:
        return [run for run in self.tree.runs.values() if run is not None]

    def check_what_is_known(self, thread: ThreadRun) -> None:
        state = thread.node.state if thread.node is not None else None
        if isinstance(state, ChildWfWait) and not thread.own_failures:
            status = self.tree.run(state.wf_run_id).status
            known = state.end.status if state.end is not None else None
            assert known is (status if status in TERMINAL_STATUSES else None), self.told

    def do(self, what: str, number: int) -> None:
        """A deed to one of the threads of which it makes sense."""
        if what in ("succeed", "fail"):
            self.report(number, TaskStatus.TASK_SUCCESS if what == "succeed" else TaskStatus.TASK_FAILED)
            return
        threads = [(run, thread) for run in self.runs for thread in run.threads.values()]
        if what == "rescue":
            threads = [(run, thread) for run, thread in threads if thread.status is LHStatus.ERROR]
        if what == "resume":
            threads = [(run, thread) for run, thread in threads if is_stopped(thread)]
        if not threads:
            return
        run, thread = threads[number % len(threads)]
        at = (self.tree.now_ms, self.tree.nonce())
        if what == "stop":
            self.happens(run.id, RunStopped(*at, thread.number))
        elif what == "resume":
            self.happens(run.id, RunResumed(*at, thread.number))
        elif what == "rescue":
            self.happens(run.id, RunRescued(*at, thread.number, False))
        else:
            events = sorted(self.tree.world.program(run.followed).interrupts)
            if events and run.status not in TERMINAL_STATUSES:
                event_def = events[number % len(events)]
                self.happens(run.id, ExternalEventPosted(*at, event_def, f"guid-{next(self._guids)}", None))

    def report(self, number: int, status: TaskStatus) -> bool:
        tasks = [
            (wf_run_id, task) for wf_run_id, shelf in self.tree.shelves.items() for task in shelf.waiting
        ]
        if not tasks:
            return False
        wf_run_id, task = tasks[number % len(tasks)]
        at = (task.thread, task.position, task.attempt, task.token)
        return self.happens(
            wf_run_id, TaskReported(self.tree.now_ms, self.tree.nonce(), *at, status, error="broken")
        )

    def help(self) -> bool:
        """Bring it nearer to its end: resume who is stopped, let tasks succeed, rescue who can be, the
        deepest first."""
        at = (self.tree.now_ms, self.tree.nonce())
        for run in self.runs:
            for thread in run.threads.values():
                if is_stopped(thread) and not thread.is_let_go and run.status not in TERMINAL_STATUSES:
                    return self.happens(run.id, RunResumed(*at, thread.number))
        if self.report(0, TaskStatus.TASK_SUCCESS):
            return True
        return any(
            self.happens(run.id, RunRescued(*at, thread.number, self.has_lost_its_child(thread)))
            for run in sorted(self.runs, key=lambda run: -len(run.id))
            for thread in reversed(run.threads.values())
            if thread.status is LHStatus.ERROR
        )


def is_stopped(thread: ThreadRun) -> bool:
    return any(reason.kind is HaltKind.MANUAL_HALT for reason in thread.halts)


deeds = st.tuples(
    st.sampled_from(["succeed", "fail", "fail", "stop", "resume", "rescue", "rescue", "look"]),
    st.integers(0, 30),
)


@PROFILE
@given(plot=plots(), history=st.lists(deeds, min_size=5, max_size=25))
def test_who_waits_for_a_child_knows_what_became_of_it_and_everything_ends(
    plot: Plot, history: list[tuple[str, int]]
):
    stage = Stage(plot)
    for what, number in history:
        stage.do(what, number)
    for _ in range(ROUNDS_MAX):
        if not stage.help():
            break
    assert stage.tree.run(ROOT).status is LHStatus.COMPLETED, stage.told
    assert all(run.status in TERMINAL_STATUSES for run in stage.runs), stage.told
