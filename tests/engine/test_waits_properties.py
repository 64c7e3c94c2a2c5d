"""What holds for forms, keys and timers of threads that are stopped, interrupted, let go and rescued in any
order: who may go on is asked and waits, and nobody else is; and everything comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine.events import RunRescued, TimerKind
from lhredis.engine.node_state import EventWait, UserTask
from lhredis.engine.run import HaltKind, ThreadRun
from lhredis.engine.user_tasks.events import UserTaskCompleted
from lhredis.errors import FailedPrecondition
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, UserTaskRunStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def, user_task_def

PROFILE = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROUNDS_MAX = 300
WAITS = ("wait_for_threads", "wait_for_first_of", "wait_for_any_of")


@dataclass(slots=True)
class Plot:
    """A thread: spawns others, does this, then waits for them as `wait` says. `timed` events and threads are
    waited for a few seconds only, `handled` that wait has a handler, `each` every thread that fails has one;
    `interrupted` the thread has one of an event of its own."""

    does: str
    inner: list[Plot]
    wait: str
    timed: bool
    handled: bool
    each: bool
    interrupted: bool


@st.composite
def plots(draw: st.DrawFn, depth: int = 0) -> Plot:
    inner = draw(st.lists(plots(depth + 1), max_size=2)) if depth < 3 else []
    flag = st.booleans()
    does = draw(st.sampled_from(["task", "task", "form", "event", "sleep", "nothing"]))
    return Plot(does, inner, draw(st.sampled_from(WAITS)), draw(flag), draw(flag), draw(flag), draw(flag))


def story_of(plot: Plot) -> Callable[[WorkflowThread], None]:
    """The workflow of a plot."""
    names = count()

    def do(wf: WorkflowThread, what: str, timeout: int | None = None) -> None:
        if what == "task":
            wf.execute("plain")
        elif what == "form":
            wf.assign_user_task("form", "obiwan")
        elif what == "event":
            wf.wait_for_event("paid", timeout, correlation_id="key")
        elif what == "sleep":
            wf.sleep(5)

    def story(wf: WorkflowThread, plot: Plot = plot) -> None:
        if plot.interrupted:
            wf.add_interrupt_handler(f"look-{next(names)}", lambda wf: wf.execute("plain"))
        spawned = [
            wf.spawn_thread(lambda wf, one=one: story(wf, one), f"t{next(names)}") for one in plot.inner
        ]
        timeout = 4 if plot.timed else None
        do(wf, plot.does, timeout)
        if not spawned:
            return
        wait = getattr(wf, plot.wait)(*spawned, timeout=timeout)
        if plot.each:
            wait.handle_any_failure_on_child(lambda wf: do(wf, "task"))
        if plot.handled:
            wf.handle_any_failure(wait, lambda wf: do(wf, "form"))

    return story


class Stage:
    """A run, and what is done to it."""

    def __init__(self, plot: Plot) -> None:
        self.play = Play(
            story_of(plot), task_def("plain"), user_task_defs=[user_task_def("form", sure="BOOL?")]
        )
        self.told: list[str] = []
        self.play.start()
        self.check()

    @property
    def threads(self) -> list[ThreadRun]:
        return list(self.play.run.threads.values())

    def check(self) -> None:
        for thread in self.threads:
            state = thread.node.state if thread.node is not None else None
            goes_on = may_go_on(thread)
            if thread.status is LHStatus.RUNNING and thread.node is not None:
                timer = (TimerKind.NODE_DUE, thread.number, thread.position, 0)
                assert self.play.timers.get(timer) == thread.node.due_ms, (thread.number, self.told)
            if isinstance(state, UserTask) and thread.status not in TERMINAL_STATUSES:
                is_through = state.status is UserTaskRunStatus.DONE
                assert state.is_open is (goes_on and not is_through), (thread.number, self.told)
            if isinstance(state, EventWait):
                is_waited_for = ("paid", "key", thread.number, thread.position) in self.play.correlated
                assert is_waited_for is (goes_on and state.guid is None), (thread.number, self.told)

    def do(self, what: str, number: int) -> bool:
        """Time passes, or a deed to one of the threads of which it makes sense; False when nothing comes of
        it."""
        if what == "wait":
            due = bool(self.play.timers)
            self.play.wait(1000 * number)
            self.check()
            return due
        threads = [thread for thread in self.threads if _MAKES_SENSE[what](thread)]
        if what in ("succeed", "fail"):
            tasks = self.play.waiting
            threads = [self.play.run.threads[tasks[number % len(tasks)].thread]] if tasks else []
        if not threads:
            return False
        thread = threads[number % len(threads)]
        self.told.append(f"{what} {thread.number}")
        at = (self.play.now_ms, self.play.nonce(), thread.number)
        try:
            if what in ("succeed", "fail"):
                of = self.play.waiting[number % len(self.play.waiting)]
                getattr(self.play, what)(of=of)
            elif what == "look":
                self.play.post(self.interrupt_of(thread))
            elif what == "complete":
                self.play.happens(UserTaskCompleted(*at, thread.position, "obiwan", {}))
            elif what == "pay":
                self.play.post("paid", thread=thread.number, position=thread.position, correlated=True)
            elif what == "rescue":
                self.play.happens(RunRescued(*at, False))
            else:
                getattr(self.play, what)(thread.number)
        except FailedPrecondition:
            self.told.append("refused")
            return False
        self.check()
        return bool(self.play.changed)

    def interrupt_of(self, thread: ThreadRun) -> str:
        found = [event for event, of in self.play.program.interrupts.items() if thread.spec_name in of]
        return found[0] if found else "nothing"

    def help(self) -> bool:
        """Bring it nearer to its end."""
        if any(self.do(what, 0) for what in ("resume", "succeed", "complete", "pay")) or self.do("wait", 5):
            return True
        failed = sum(thread.status is LHStatus.ERROR for thread in self.threads)
        return any(self.do("rescue", number) for number in reversed(range(failed)))


def may_go_on(thread: ThreadRun) -> bool:
    return thread.status not in TERMINAL_STATUSES and not thread.is_let_go


def is_open_form(thread: ThreadRun) -> bool:
    return thread.node is not None and isinstance(thread.node.state, UserTask) and thread.node.state.is_open


def is_at_event(thread: ThreadRun) -> bool:
    return thread.node is not None and isinstance(thread.node.state, EventWait)


def is_stopped(thread: ThreadRun) -> bool:
    return any(reason.kind is HaltKind.MANUAL_HALT for reason in thread.halts)


_MAKES_SENSE: dict[str, Callable[[ThreadRun], bool]] = {
    "succeed": may_go_on,
    "fail": may_go_on,
    "complete": lambda thread: may_go_on(thread) and is_open_form(thread),
    "pay": lambda thread: thread.status is LHStatus.RUNNING and is_at_event(thread),
    "stop": may_go_on,
    "resume": lambda thread: may_go_on(thread) and is_stopped(thread),
    "rescue": lambda thread: thread.status is LHStatus.ERROR,
    "look": may_go_on,
}
DEEDS = [
    "wait",
    "succeed",
    "fail",
    "fail",
    "complete",
    "pay",
    "stop",
    "resume",
    "rescue",
    "rescue",
    "look",
    "look",
]


@PROFILE
@given(
    plot=plots(),
    history=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 8)), min_size=5, max_size=25),
)
def test_who_may_go_on_is_asked_and_waits_and_everything_ends(plot: Plot, history: list[tuple[str, int]]):
    stage = Stage(plot)
    for what, number in history:
        stage.do(what, number)
    for _ in range(ROUNDS_MAX):
        if stage.play.status == "COMPLETED" or not stage.help():
            break
    assert stage.play.status == "COMPLETED", stage.told
    assert stage.play.correlated == set(), stage.told
    assert not any(is_open_form(thread) for thread in stage.threads), stage.told
