"""What holds for threads that are stopped, resumed and rescued in any order: trees of children, failure
handlers and interrupts do what a model of a few lines says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lhredis.engine.events import ExternalEventPosted, RunRescued, RunResumed, RunStopped, TaskReported
from lhredis.errors import FailedPrecondition
from lhredis.model.enums import TaskStatus
from lhredis.workflow import WorkflowThread
from tests.engine.play import task_def
from tests.engine.test_model import witness_of
from tests.engine.tree import ROOT

PROFILE = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ROUNDS_MAX = 300
TASK, SPAWN, WAIT, EXIT = "task", "spawn", "wait", "exit"


@dataclass(slots=True)
class Node:
    """What a thread does: calls a task or waits for all that it has spawned (either with a handler of its
    failures), or spawns a child. `each` handles the failure of each thread that is waited for."""

    kind: str
    thread: Plot | None = None
    each: Plot | None = None


@dataclass(slots=True)
class Plot:
    """A thread: its nodes, and the event and thread that interrupt it."""

    nodes: list[Node]
    interrupt: tuple[str, Plot] | None = None


@st.composite
def plots(draw: st.DrawFn, depth: int = 0, names: Any = None) -> Plot:
    names = names if names is not None else count()
    inner = plots(depth + 1, names)
    nodes, spawned = [], 0
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from([TASK, TASK, SPAWN, WAIT] if depth < 2 else [TASK]))
        if kind == WAIT and not spawned:
            kind = SPAWN
        has_thread = kind == SPAWN or (depth < 2 and draw(st.integers(0, 2)) == 0)
        node = Node(kind, draw(inner) if has_thread else None)
        if kind == WAIT and draw(st.booleans()):
            node.each = draw(inner)
        nodes.append(node)
        spawned = spawned + 1 if kind == SPAWN else 0 if kind == WAIT else spawned
    interrupt = None
    if depth < 2 and draw(st.integers(0, 2)) == 0:
        interrupt = (f"e{next(names)}", draw(inner))
    return Plot(nodes, interrupt)


def story_of(plot: Plot) -> Callable[[WorkflowThread], None]:
    """The workflow of a plot."""
    names = count()

    def story(wf: WorkflowThread, plot: Plot = plot) -> None:
        spawned = []
        if plot.interrupt is not None:
            event, handler = plot.interrupt
            wf.add_interrupt_handler(event, lambda wf: story(wf, handler))
        for node in plot.nodes:
            inner = node.thread
            if node.kind == SPAWN:
                assert inner is not None
                spawned.append(wf.spawn_thread(lambda wf, inner=inner: story(wf, inner), f"c{next(names)}"))
                continue
            if node.kind == TASK:
                made: Any = wf.execute("plain")
            else:
                made, spawned = wf.wait_for_threads(*spawned), []
                if (each := node.each) is not None:
                    made.handle_any_failure_on_child(lambda wf, each=each: story(wf, each))
            if inner is not None:
                wf.handle_any_failure(made, lambda wf, inner=inner: story(wf, inner))

    return story


@dataclass(eq=False)
class Thread:
    """What the model knows of a thread. `at` is the index of its node, `task` what became of the task there,
    `spawned` what its next WAIT is for. `pending` are handlers that are to start, `handler` the one at work.
    A node that `fell` has failed, because of these children; `killer` is the handler that the thread died of,
    `handled_by` the handler of what it died of, for who waits for it; `handlers` are those that its WAIT
    looks at, by child; `forgiven` are the children whose failure was handled."""

    number: int
    plot: Plot
    parent: Thread | None = None
    kind: str = "child"
    status: str = "RUNNING"
    at: int = 0
    task: str | None = None
    fell: bool = False
    because_of: list[Thread] = field(default_factory=list)
    killer: Thread | None = None
    handled_by: Thread | None = None
    handlers: dict[int, Thread] = field(default_factory=dict)
    stopped: bool = False
    held: bool = False
    let_go: bool = False
    handler: Thread | None = None
    pending: list[tuple[str, Plot]] = field(default_factory=list)
    spawned: list[Thread] = field(default_factory=list)
    forgiven: list[Thread] = field(default_factory=list)

    @property
    def node(self) -> Node:
        return self.plot.nodes[self.at] if self.at < len(self.plot.nodes) else Node(EXIT)

    @property
    def is_over(self) -> bool:
        return self.status in ("COMPLETED", "ERROR")

    @property
    def is_let_go(self) -> bool:
        """Does it halt for good, because nobody needs it or one above it any more?"""
        return self.let_go or (self.parent is not None and self.parent.is_let_go)

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def leader(self) -> Thread | None:
        """With whom it halts: its parent; the handler of a child that failed, with who waits for that
        child."""
        parent = self.parent
        is_of_child = parent is not None and parent.parent is not None and parent.is_over
        return parent.parent if parent is not None and is_of_child and self.kind == "failure" else parent

    @property
    def halts(self) -> bool:
        return bool(self.stopped or self.held or self.let_go or self.handler or self.pending)


class Model:
    """A run of these threads."""

    def __init__(self, plot: Plot) -> None:
        self.threads: list[Thread] = []
        self._start(plot, None, "child")
        self.settle()

    @property
    def status(self) -> str:
        main = self.threads[0]
        return "RUNNING" if main.halts and not main.stopped else main.status

    @property
    def is_over(self) -> bool:
        return self.status in ("COMPLETED", "ERROR")

    # What people and workers do

    def stop(self, thread: Thread) -> None:
        thread.stopped |= not thread.is_over and not self.is_over

    def resume(self, thread: Thread) -> None:
        if not self.is_over and (thread.leader is None or thread.leader.status != "COMPLETED"):
            thread.stopped = False

    def report(self, thread: Thread, well: bool) -> None:
        thread.task = "well" if well else "badly"

    def interrupt(self, event: str) -> None:
        for thread in self.threads:
            plot = thread.plot.interrupt
            if plot is not None and plot[0] == event and not thread.is_over and not self.is_over:
                thread.pending.append(("interrupt", plot[1]))

    def rescue(self, thread: Thread, skip: bool) -> bool:
        """False when it is refused: it has not failed, or its failure was handled."""
        if thread.status != "ERROR" or self.is_forgiven(thread):
            return False
        self._reopen(thread, skip)
        return True

    def rescue_all(self, skip: bool) -> bool:
        """Everybody who can be rescued and does not live again with another, the deepest first."""
        if self.status != "ERROR":
            return False
        for thread in sorted(self.threads, key=lambda each: each.depth, reverse=True):
            self.rescue(thread, skip)
        return True

    def is_forgiven(self, thread: Thread) -> bool:
        """Was its failure, or that of a thread above it, handled, or has one above it ended or gone on
        without it?"""
        at: Thread | None = thread
        while at is not None and at.parent is not None:
            if at in at.parent.forgiven or at.parent.status == "COMPLETED":
                return True
            is_lost = at.parent.killer is not at and at.parent.handled_by is not at
            if at.kind != "child" and at.status == "ERROR" and is_lost:
                return True
            at = at.parent
        return False

    def settle(self) -> None:
        """Everybody goes as far as they get."""
        while any([self._look_at(thread) for thread in list(self.threads)]):  # noqa: C419 - everybody is looked at
            pass

    # How threads live

    def _start(self, plot: Plot, parent: Thread | None, kind: str) -> Thread:
        thread = Thread(len(self.threads), plot, parent, kind)
        self.threads.append(thread)
        return thread

    def _look_at(self, thread: Thread) -> bool:
        """Let a thread go as far as it gets now. True when it has changed."""
        if thread.is_over:
            return False
        held, thread.held = thread.held, self._is_held(thread)
        changed = held is not thread.held
        if thread.status == "RUNNING" and thread.halts:
            thread.status = "HALTING"
        while thread.status == "RUNNING" and self._act(thread):
            changed = True
        if thread.status in ("RUNNING", "COMPLETED", "ERROR"):
            return changed
        if not thread.halts:
            thread.status = "RUNNING"
        elif thread.status == "HALTING":
            if thread.task == "out" or not all(_is_at_rest(each) for each in self._below(thread)):
                return changed
            thread.status = "HALTED"
        elif thread.pending and thread.handler is None and not thread.is_let_go:
            kind, plot = thread.pending.pop(0)
            thread.handler = self._start(plot, thread, kind)
        else:
            return changed
        return True

    def _below(self, thread: Thread) -> list[Thread]:
        return [each for each in self.threads if each.leader is thread]

    def _is_held(self, thread: Thread) -> bool:
        """Does it halt because its parent does? A handler works while its parent halts for it alone."""
        parent = thread.leader
        if parent is None or parent.status in ("RUNNING", "COMPLETED"):
            return False
        if parent.is_over or parent.handler is not thread:
            return True
        return parent.stopped or parent.held or parent.let_go

    def _act(self, thread: Thread) -> bool:
        """A running thread does what its node asks for. False when it has to wait."""
        kind = thread.node.kind
        children = [each for each in self.threads if each.parent is thread and each.kind == "child"]
        over = kind != EXIT or all(one.is_over or _stays(one) for one in self._below(thread))
        if thread.fell:
            if not over:
                return False
            self._leave(thread)
        elif kind == SPAWN:
            assert thread.node.thread is not None
            thread.spawned.append(self._start(thread.node.thread, thread, "child"))
            self._leave(thread)
        elif kind == TASK and thread.task is None:
            thread.task = "out"
        elif kind == TASK and thread.task == "well":
            self._leave(thread)
        elif kind == TASK and thread.task == "badly":
            self._fall(thread, [])
        elif kind == WAIT:
            return self._wait(thread)
        elif kind == EXIT and over:
            failed = [one for one in children if one.status == "ERROR" and one not in thread.forgiven]
            if failed:
                self._fall(thread, failed)
            else:
                self._leave(thread)
        else:
            return False
        return True

    def _wait(self, thread: Thread) -> bool:
        found = [self._look_at_child(thread, one) for one in thread.spawned if one not in thread.forgiven]
        if "failed" in found:
            self._fall(thread, thread.spawned)
        elif "started" not in found:
            if "open" in found:
                return False
            self._leave(thread)
        return True

    def _look_at_child(self, thread: Thread, child: Thread) -> str:
        """What WAIT finds of a child; its failure gets a handler."""
        handler, each = child.handled_by, thread.node.each
        if child.status != "ERROR":
            thread.handlers.pop(child.number, None)
            return "well" if child.is_over else "open"
        if handler is not None and not handler.is_over:
            thread.handlers[child.number] = handler
            return "open"
        if handler is not None and thread.handlers.get(child.number) is handler:
            if handler.status == "ERROR":
                return "failed"
            thread.forgiven.append(child)
            return "well"
        if each is None:
            return "failed"
        child.handled_by = thread.handlers[child.number] = self._start(each, child, "failure")
        return "started"

    def _leave(self, thread: Thread) -> None:
        """Go on to the next node."""
        if thread.node.kind == EXIT:
            self._end(thread, "COMPLETED")
            return
        if thread.node.kind == WAIT:
            thread.spawned, thread.handlers = [], {}
        thread.at, thread.task, thread.fell, thread.because_of = thread.at + 1, None, False, []

    def _fall(self, thread: Thread, because_of: list[Thread]) -> None:
        """The node fails: its handler is to start, or the thread ends."""
        thread.fell, thread.because_of = True, because_of
        if thread.node.thread is not None:
            thread.pending.append(("failure", thread.node.thread))
            thread.status = "HALTING"
        else:
            self._end(thread, "ERROR")

    def _end(self, thread: Thread, status: str) -> None:
        thread.status, thread.stopped, thread.held = status, False, False
        thread.handler, thread.pending = None, []
        for each in self._below(thread) if status == "COMPLETED" else ():
            each.let_go |= not each.is_over
        parent = thread.parent
        if parent is None or parent.handler is not thread:
            return
        if status == "ERROR":
            parent.killer = thread
            self._end(parent, "ERROR")
            return
        parent.handler = None
        if thread.kind == "failure":
            parent.forgiven += [
                one for one in parent.because_of if one.status == "ERROR"
            ]  # others live again

    def _reopen(self, thread: Thread, skip: bool) -> None:
        """It runs its node again, or goes on behind it; and so does who died of it."""
        thread.handled_by, thread.handlers = None, {}
        thread.status, thread.fell, thread.because_of, thread.killer = "RUNNING", skip, [], None
        if not skip:
            thread.task = "out" if thread.node.kind == TASK else None
        self._revive_parent(thread)

    def _revive_parent(self, thread: Thread) -> None:
        parent = thread.parent
        if parent is None or parent.status != "ERROR":
            return
        if thread in parent.because_of:
            self._reopen(parent, skip=False)
        elif parent.killer is thread:  # it halts for this handler, as before
            parent.status, parent.handler, parent.killer, parent.handled_by = "HALTED", thread, None, None
            self._revive_parent(parent)
        elif thread.kind == "failure":
            for waits in [one for one in self.threads if thread in one.handlers.values()]:
                if waits.status == "ERROR":
                    self._reopen(waits, skip=False)


def _is_at_rest(thread: Thread) -> bool:
    return thread.is_over or thread.status == "HALTED"


def _stays(thread: Thread) -> bool:
    """Does EXIT of its parent not wait for it?"""
    return thread.status == "HALTED" and (thread.stopped or thread.let_go)


Deed = tuple[str, int, bool]
deeds = st.tuples(
    st.sampled_from(
        ["report"] * 6 + ["interrupt"] * 2 + ["stop", "resume", "resume", "rescue", "rescue", "rescue all"]
    ),
    st.integers(0, 99),
    st.booleans(),
)


class Stage:
    """The engine and the model beside each other."""

    def __init__(self, plot: Plot) -> None:
        self.witness = witness_of(story_of(plot), task_def("plain"))
        self.tree, self.model = self.witness.tree, Model(plot)
        self.told: list[str] = []
        self.compare()

    def do(self, what: str, number: int, flag: bool) -> None:
        """One thing happens in both."""
        at, model = (self.tree.now_ms, self.tree.nonce()), self.model
        threads, waiting = model.threads, self.tree.shelves[ROOT].waiting
        thread = threads[number % len(threads)]
        if what == "report":
            if not waiting:
                return
            task = waiting[number % len(waiting)]
            thread = threads[task.thread]
            model.report(thread, flag)
            status = TaskStatus.TASK_SUCCESS if flag else TaskStatus.TASK_FAILED
            where = (task.thread, task.position, task.attempt, task.token)
            self.witness.happens(ROOT, TaskReported(*at, *where, status, error="broken"))
        elif what == "interrupt":
            event = f"e{number % 4}"
            model.interrupt(event)
            self.witness.happens(ROOT, ExternalEventPosted(*at, event, f"guid {at[1]}"))
        elif what == "stop":
            model.stop(thread)
            self.witness.happens(ROOT, RunStopped(*at, thread.number))
        elif what == "resume":
            thread = next((one for one in threads[number % len(threads) :] if one.stopped), thread)
            model.resume(thread)
            self.witness.happens(ROOT, RunResumed(*at, thread.number))
        else:
            thread = next((one for one in threads[number % len(threads) :] if one.status == "ERROR"), thread)
            is_all = what == "rescue all"
            is_rescued = model.rescue_all(flag) if is_all else model.rescue(thread, flag)
            try:
                self.witness.happens(ROOT, RunRescued(*at, None if is_all else thread.number, flag))
                assert is_rescued, f"thread {thread.number} was rescued"
            except FailedPrecondition as error:
                assert not is_rescued, f"thread {thread.number} was not rescued: {error}"
        model.settle()
        self.told.append(f"{what} {thread.number} {flag}")
        self.compare()

    def what_helps(self) -> Deed:
        """Something that brings the run nearer to its end."""
        threads = self.model.threads
        for thread in threads if not self.model.is_over else ():
            if thread.stopped and not (thread.parent is not None and thread.parent.status == "COMPLETED"):
                return "resume", thread.number, True
        if self.tree.shelves[ROOT].waiting:
            return "report", 0, True
        for thread in reversed(threads):
            if thread.status == "ERROR" and not self.model.is_forgiven(thread):
                return "rescue all" if self.tree.now_ms % 2 else "rescue", thread.number, True
        raise AssertionError(f"nothing helps: {self.told}")

    def compare(self) -> None:
        run = self.tree.run(ROOT)
        found = [(each.number, each.status.name) for each in run.threads.values()]
        expected = [(each.number, each.status) for each in self.model.threads]
        assert found == expected, self.told
        assert run.status.name == self.model.status, self.told


@PROFILE
@given(plot=plots(), history=st.lists(deeds, min_size=5, max_size=25))
def test_threads_that_are_stopped_resumed_and_rescued_do_what_the_model_says(plot: Plot, history: list[Deed]):
    stage = Stage(plot)
    for deed in history:
        stage.do(*deed)


@PROFILE
@given(plot=plots(), history=st.lists(deeds, max_size=15))
def test_whatever_failed_a_run_comes_to_its_end_when_everybody_is_rescued(plot: Plot, history: list[Deed]):
    """Those who are stopped are resumed, tasks succeed, and who is in ERROR is rescued, one by one or all
    together."""
    stage = Stage(plot)
    for deed in history:
        stage.do(*deed)
    for _ in range(ROUNDS_MAX):
        if stage.model.status == "COMPLETED":
            return
        stage.do(*stage.what_helps())
    raise AssertionError(f"it does not come to its end: {stage.told}")
