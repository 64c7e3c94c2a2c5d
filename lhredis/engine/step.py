"""step: the only door to the engine: what one event does to a WfRun.

`step(program, run, event)` changes `run` in place and returns the effects that must be committed
with it. The same program, run and event give the same state and effects, byte for byte. An event
that the run does not wait for changes nothing and has no effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lhredis.engine.effects import (
    ChangeStatus,
    DropOutput,
    Effect,
    PutHistory,
    PutOutput,
    PutVariable,
)
from lhredis.engine.events import Event, RunStarted, TaskReported, TaskTimedOut, TimerFired, TimerKind
from lhredis.engine.failures import NodeFailed, fail_node, handler_ended
from lhredis.engine.mutations import mutate
from lhredis.engine.nodes import sleep, task
from lhredis.engine.program import OutputUse
from lhredis.engine.run import Failure, NodeRun, Run, ThreadRun
from lhredis.engine.threads import initial_variables
from lhredis.engine.values import VarSubError
from lhredis.errors import InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, ThreadType
from lhredis.model.limits import ADVANCES_PER_STEP_MAX, THREAD_RUNS_MAX
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.program import NodeProgram, Program


def step(program: Program, run: Run, event: Event) -> list[Effect]:
    """Apply an event to a run of this program.

    Raises InvalidArgument when a RunStarted brings variables that the spec does not take (then
    nothing of the run is to be kept). Any other exception is a bug of the engine, and the run that
    was passed in is to be thrown away.
    """
    if run.status in TERMINAL_STATUSES:
        return []
    step = Step(program, run, event.now_ms, event.nonce)
    before = run.status
    if not _HANDLERS[type(event)](step, event):
        return []
    step.advance()
    if run.status is not before:
        step.effects.append(ChangeStatus(run.status))
    return step.effects


class Step:
    """One step under way: what node types and failures work with. Lives as long as the call."""

    __slots__ = ("_advances", "_ended", "effects", "nonce", "now_ms", "program", "run")

    def __init__(self, program: Program, run: Run, now_ms: int, nonce: str) -> None:
        self.program = program
        self.run = run
        self.now_ms = now_ms
        self.nonce = nonce
        self.effects: list[Effect] = []
        self._advances = 0
        self._ended: list[ThreadRun] = []

    def advance(self) -> None:
        """Move every thread as far as it gets, until none moves any more."""
        moved = True
        while moved:
            moved = False
            for number in list(self.run.threads):
                thread = self.run.threads[number]
                while thread.status is LHStatus.RUNNING and self._advance_once(thread):
                    moved = True
        self.run.status = _status_of(self.run)
        if self.run.status in TERMINAL_STATUSES:
            self.run.ended_ms = self.now_ms
        if self._ended:
            self._forget_ended()

    def _forget_ended(self) -> None:
        """What an ended thread has no more use for: its last NodeRun is in the history by now, and
        nothing can refer to the outputs of a thread that COMPLETED."""
        for thread in self._ended:
            thread.node = None
            if thread.status is LHStatus.COMPLETED:
                for name in list(thread.outputs):
                    self.drop_output(thread, name)

    def _advance_once(self, thread: ThreadRun) -> bool:
        """Take a thread over one edge, if the node it stands on is done."""
        node_run = thread.node
        assert node_run is not None
        node = self.node_program(thread, node_run)
        try:
            if not node_run.failures:
                if not node.check(self, thread, node_run, node.body):
                    return False
                node_run.status = LHStatus.COMPLETED
                node_run.ended_ms = self.now_ms
            if node.kind == "exit":
                self.end_thread(thread, LHStatus.COMPLETED)
                return True
            sink = self._choose_edge(thread, node_run, node)
        except NodeFailed as failed:
            fail_node(self, thread, node_run, failed)
            return True
        except VarSubError as error:
            fail_node(self, thread, node_run, NodeFailed("VAR_SUB_ERROR", str(error)))
            return True
        if node.output is OutputUse.AT_ONCE:
            thread.outputs.pop(node_run.name, None)
        if self._advances >= ADVANCES_PER_STEP_MAX:
            self._stop_endless_loop()
            return True
        self._advances += 1
        self.effects.append(PutHistory(thread.number, node_run))
        self._activate(thread, sink)
        return True

    def _choose_edge(self, thread: ThreadRun, node_run: NodeRun, node: NodeProgram) -> str:
        """The first edge whose condition holds; its mutations happen, unless the node had failed."""
        for edge in node.edges:
            if edge.holds is None or edge.holds(thread):
                if edge.mutations and not node_run.failures:
                    for owner, name in mutate(edge.mutations, thread):
                        self.effects.append(PutVariable(owner.number, name, owner.variables[name]))
                return edge.sink
        raise VarSubError(f"no outgoing edge of node {node_run.name!r} has a condition that holds")

    def _activate(self, thread: ThreadRun, node_name: str) -> None:
        thread.position += 1
        self._arrive(thread, node_name)

    def _arrive(self, thread: ThreadRun, node_name: str) -> None:
        node_run = NodeRun(thread.position, node_name, LHStatus.RUNNING, self.now_ms)
        thread.node = node_run
        node = self.node_program(thread, node_run)
        try:
            node.arrive(self, thread, node_run, node.body)
        except NodeFailed as failed:
            fail_node(self, thread, node_run, failed)
        except VarSubError as error:
            fail_node(self, thread, node_run, NodeFailed("VAR_SUB_ERROR", str(error)))

    def _stop_endless_loop(self) -> None:
        main = self.run.threads[0]
        message = f"stack overflow: one event moved the WfRun over more than {ADVANCES_PER_STEP_MAX} nodes"
        for thread in self.run.threads.values():
            if thread is not main and thread.status not in TERMINAL_STATUSES:
                self._end(thread, LHStatus.ERROR, message)
        if main.node is not None:
            failure = Failure("INTERNAL_ERROR", message)
            main.node.failures.append(failure)
            main.node.status = LHStatus.ERROR
            main.node.ended_ms = self.now_ms
        self._end(main, LHStatus.ERROR, message)

    def start_thread(
        self, spec_name: str, kind: ThreadType, parent: ThreadRun | None, inputs: Mapping[str, Value]
    ) -> ThreadRun:
        """Create a ThreadRun and let it stand on its ENTRYPOINT. VarSubError when inputs do not fit;
        NodeFailed(INTERNAL_ERROR) when the WfRun has THREAD_RUNS_MAX threads already."""
        if len(self.run.threads) >= THREAD_RUNS_MAX:
            raise NodeFailed(
                "INTERNAL_ERROR", f"a WfRun has at most {THREAD_RUNS_MAX} ThreadRuns (THREAD_RUNS_MAX)"
            )
        spec = self.program.threads[spec_name]
        variables = initial_variables(spec.variables, inputs)
        self.run.greatest_thread_number += 1
        number = self.run.greatest_thread_number
        thread = ThreadRun(number, spec_name, kind, LHStatus.RUNNING, self.now_ms, parent)
        thread.variables = variables
        self.run.threads[number] = thread
        self.effects.extend(PutVariable(number, name, value) for name, value in variables.items())
        self._arrive(thread, spec.entrypoint)
        return thread

    def end_thread(self, thread: ThreadRun, status: LHStatus, message: str | None = None) -> None:
        """End a ThreadRun; whoever waits for it as its handler learns of it."""
        self._end(thread, status, message)
        if thread.type is ThreadType.FAILURE_HANDLER:
            handler_ended(self, thread)

    def _end(self, thread: ThreadRun, status: LHStatus, message: str | None) -> None:
        thread.status = status
        thread.ended_ms = self.now_ms
        thread.error_message = message
        thread.handler = None
        if thread.node is not None:
            self.effects.append(PutHistory(thread.number, thread.node))
        self._ended.append(thread)

    def put_output(self, thread: ThreadRun, node_run: NodeRun, value: Value) -> None:
        """Remember a node's output, if anything in the spec refers to it."""
        use = self.node_program(thread, node_run).output
        if use is OutputUse.NONE:
            return
        thread.outputs[node_run.name] = value
        if use is OutputUse.LATER:
            self.effects.append(PutOutput(thread.number, node_run.name, value))

    def drop_output(self, thread: ThreadRun, node_name: str) -> None:
        """Forget the output of an earlier run of this node."""
        if node_name in thread.outputs:
            del thread.outputs[node_name]
            self.effects.append(DropOutput(thread.number, node_name))

    def node_program(self, thread: ThreadRun, node_run: NodeRun) -> NodeProgram:
        return self.program.threads[thread.spec_name].nodes[node_run.name]

    def last_failure(self, thread: ThreadRun) -> Failure:
        """What an ERROR or EXCEPTION thread ended with."""
        assert thread.node is not None and thread.node.failures
        return thread.node.failures[-1]


def _status_of(run: Run) -> LHStatus:
    """The WfRun mirrors thread 0, but stays RUNNING while that one is halted for a handler."""
    main = run.threads[0]
    return LHStatus.RUNNING if main.handler is not None else main.status


def _start(step: Step, event: RunStarted) -> bool:
    if step.run.threads:
        return False
    step.run.born, step.run.started_ms = step.nonce, step.now_ms
    try:
        step.start_thread(step.program.entrypoint, ThreadType.ENTRYPOINT, None, event.variables)
    except VarSubError as error:
        raise InvalidArgument(f"variables: {error}") from None
    return True


def _task_reported(step: Step, event: TaskReported) -> bool:
    return task.reported(step, event)


def _task_timed_out(step: Step, event: TaskTimedOut) -> bool:
    return task.timed_out(step, event)


def _timer_fired(step: Step, event: TimerFired) -> bool:
    if event.kind is TimerKind.SLEEP:
        return sleep.fired(step, event)
    return task.retry_due(step, event)


_HANDLERS: dict[type, Callable[[Step, Any], bool]] = {
    RunStarted: _start,
    TaskReported: _task_reported,
    TaskTimedOut: _task_timed_out,
    TimerFired: _timer_fired,
}
