"""advance: one run's part in a step under way: its threads move as far as they get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lhredis.engine import archive, halting, migrations
from lhredis.engine.effects import DropOutput, Effect, IndexVariable, PutHistory, PutOutput, PutVariable
from lhredis.engine.events import Event, InheritedChanged, RunStarted
from lhredis.engine.failures import NodeFailed, die_of, fail_node
from lhredis.engine.handled import handler_ended
from lhredis.engine.language.mutations import mutate
from lhredis.engine.language.values import VarSubError
from lhredis.engine.let_go import let_go, let_go_below
from lhredis.engine.nodes.exit import are_followers_over
from lhredis.engine.program import OutputUse
from lhredis.engine.run import Failure, NodeRun, Reminder, Run, ThreadRun
from lhredis.engine.threads import initial_variables
from lhredis.engine.world import RunOf, Unknown, World
from lhredis.model.enums import TERMINAL_STATUSES, LHErrorType, LHStatus, ThreadType
from lhredis.model.limits import ADVANCES_PER_STEP_MAX, THREAD_RUNS_MAX
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.program import NodeProgram, Program, ThreadProgram

Runs = dict[str, Run | None]
"""The runs of one tree that the shell has loaded, by id; None for one that does not exist."""

ARCHIVE_FROM_THREADS = THREAD_RUNS_MAX * 9 // 10
"""ThreadRuns from which on ended ones are archived to make room (semantics.md 3.8)."""


_ALONE = TERMINAL_STATUSES | {LHStatus.RUNNING}
"""Where a run of one thread needs no second look."""


class Step:
    """One run's part in a step under way: what node types and failures work with."""

    __slots__ = (
        "_ended",
        "_queue",
        "advances",
        "effects",
        "nonce",
        "now_ms",
        "program",
        "run",
        "runs",
        "world",
    )

    program: Program

    def __init__(
        self,
        world: World,
        runs: Runs,
        run: Run,
        event: Event,
        queue: list[tuple[str, Event]],
        advances: int,
    ) -> None:
        self.world = world
        self.runs = runs
        self.run = run
        self.now_ms = event.now_ms
        self.nonce = event.nonce
        self.advances = advances
        self.effects: list[Effect] = []
        self._queue = queue
        self._ended: list[ThreadRun] = []

    def tell(self, wf_run_id: str, event: Event) -> None:
        """Have another run of the tree take an event, in the same commit."""
        self.other_run(wf_run_id)
        self._queue.append((wf_run_id, event))

    def start_child(self, child: Run, event: RunStarted) -> None:
        """Have a child run start in the same commit."""
        self.runs[child.id] = child
        self._queue.append((child.id, event))

    def other_run(self, wf_run_id: str) -> Run | None:
        """Another run of the tree, or None when there is none. Raises Unknown until it was fetched."""
        if wf_run_id not in self.runs:
            raise Unknown(RunOf(wf_run_id))
        return self.runs[wf_run_id]

    def advance(self) -> None:
        """Move every thread as far as it gets, until none moves any more."""
        threads = self.run.threads
        if len(threads) == 1 and self.run.migration is None:
            (main,) = threads.values()
            while main.status is LHStatus.RUNNING and self._advance_once(main):
                pass
        moved = len(threads) > 1 or threads[0].status not in _ALONE or self.run.migration is not None
        while moved:
            moved, known = False, self.run.greatest_thread_number
            if self.run.migration is not None:
                moved = migrations.move_waiting(self)
            for thread in list(threads.values()):
                if thread.parent is not None and thread.status not in TERMINAL_STATUSES:
                    moved |= halting.follow_parent(thread)
                while thread.status is LHStatus.RUNNING and self._advance_once(thread):
                    moved = True
                if thread.status is LHStatus.HALTING or thread.status is LHStatus.HALTED:
                    moved |= halting.move_halted(self, thread)
            moved |= self.run.greatest_thread_number != known
        if self._ended:
            self._forget_ended()
        if len(threads) > 1:
            archive.archive_due(self)
        if self.run.migration is not None:
            migrations.settle(self)
        self.run.status = _status_of(self.run)

    def _forget_ended(self) -> None:
        """What a COMPLETED thread has no more use for: its last NodeRun is in the history by now, and
        nothing can refer to its outputs."""
        for thread in self._ended:
            if thread.status is LHStatus.COMPLETED:
                thread.node = None
                for name in list(thread.outputs):
                    self.drop_output(thread, name)
            archive.thread_ended(self, thread)

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
                if node_run.failures and not are_followers_over(self.run, thread):
                    return False
                self.end_thread(thread, LHStatus.COMPLETED)
                return True
            sink = self._choose_edge(thread, node_run, node)
        except NodeFailed as failed:
            fail_node(self, thread, node_run, failed)
            return True
        except VarSubError as error:
            fail_node(self, thread, node_run, NodeFailed(LHErrorType.VAR_SUB_ERROR.name, str(error)))
            return True
        if node.output is OutputUse.AT_ONCE:
            thread.outputs.pop(node_run.name, None)
        if self.advances >= ADVANCES_PER_STEP_MAX:
            self._stop_endless_loop()
            return True
        self.advances += 1
        self.effects.append(PutHistory(thread.number, node_run))
        self.activate(thread, sink)
        return True

    def _choose_edge(self, thread: ThreadRun, node_run: NodeRun, node: NodeProgram) -> str:
        """The first edge whose condition holds; its mutations happen, unless the node had failed."""
        for edge in node.edges:
            if edge.holds is None or edge.holds(thread):
                if edge.mutations and not node_run.failures:
                    self._put_variables(mutate(edge.mutations, thread))
                return edge.sink
        raise VarSubError(f"no outgoing edge of node {node_run.name!r} has a condition that holds")

    def _put_variables(self, changed: list[tuple[ThreadRun, str]]) -> None:
        """Keep what mutations changed; what is inherited, the parent run keeps."""
        inherited = []
        for owner, name in changed:
            if self.run.threads.get(owner.number) is owner:
                self.put_variable(owner, name)
            else:
                inherited.append(name)
        if inherited:
            assert self.run.parent_id is not None
            event = InheritedChanged(self.now_ms, self.nonce, tuple(inherited))
            self.tell(self.run.parent_id, event)

    def put_variable(self, thread: ThreadRun, name: str) -> None:
        """Keep the new value of a variable of this run."""
        value = thread.variables[name]
        self.effects.append(PutVariable(thread.number, name, value))
        searchable = self.thread_program(thread).searchable
        if searchable and name in searchable:
            self.effects.append(IndexVariable(thread.number, name, searchable[name](value)))

    def activate(self, thread: ThreadRun, node_name: str) -> None:
        """Let a thread come to a node; to that of another version, where a migration says so."""
        if self.run.migration is not None:
            node_name = migrations.on_the_way(self, thread, node_name)
        thread.position += 1
        self._arrive(thread, node_name)

    def _arrive(self, thread: ThreadRun, node_name: str) -> None:
        node_run = NodeRun(thread.position, node_name, LHStatus.RUNNING, self.now_ms)
        if thread.spec is not None:
            node_run.spec = thread.spec
        thread.node = node_run
        node = self.node_program(thread, node_run)
        try:
            node.arrive(self, thread, node_run, node.body)
        except NodeFailed as failed:
            fail_node(self, thread, node_run, failed)
        except VarSubError as error:
            fail_node(self, thread, node_run, NodeFailed(LHErrorType.VAR_SUB_ERROR.name, str(error)))

    def _stop_endless_loop(self) -> None:
        """Thread 0 fails, and no handler is asked; its own handlers are let go, all others halt with it and
        go on when it is rescued."""
        main = self.run.threads[0]
        message = f"stack overflow: one event moved the WfRun over more than {ADVANCES_PER_STEP_MAX} nodes"
        die_of(self, main, Failure("INTERNAL_ERROR", message))
        for thread in list(self.run.threads.values()):
            if thread.status in TERMINAL_STATUSES:
                continue
            if thread.parent is main and thread.type is not ThreadType.CHILD:
                let_go(self, thread, main)
            else:
                halting.follow_parent(thread)

    def start_thread(
        self,
        spec_name: str,
        kind: ThreadType,
        parent: ThreadRun | None,
        inputs: Mapping[str, Value],
        of: ThreadRun | None = None,
    ) -> ThreadRun:
        """Create a ThreadRun and let it stand on its ENTRYPOINT. It follows the version of the thread `of`
        whose node names its ThreadSpec, which mostly is its parent. VarSubError when inputs do not fit;
        NodeFailed(INTERNAL_ERROR) when the WfRun has THREAD_RUNS_MAX threads already."""
        self.make_room(1)
        named_by = of if of is not None else parent
        spec = self.program_of(named_by).threads[spec_name]
        variables = initial_variables(spec.variables, inputs)
        self.run.greatest_thread_number += 1
        number = self.run.greatest_thread_number
        thread = ThreadRun(number, spec_name, kind, LHStatus.RUNNING, self.now_ms, parent)
        thread.variables = variables
        thread.spec = named_by.spec if named_by is not None else None
        self.run.threads[number] = thread
        self.effects.extend([PutVariable(number, name, value) for name, value in variables.items()])
        for name, find in spec.searchable.items():
            self.effects.append(IndexVariable(number, name, find(variables[name])))
        self._arrive(thread, spec.entrypoint)
        return thread

    def make_room(self, count: int) -> None:
        """Archive ended threads when `count` more come near the limit. NodeFailed(INTERNAL_ERROR) when
        there is no room for them."""
        there = len(self.run.threads)
        if there + count < ARCHIVE_FROM_THREADS:
            return
        archive.archive_ended(self)
        would_be = len(self.run.threads) + count
        if would_be > THREAD_RUNS_MAX:
            raise NodeFailed(
                LHErrorType.INTERNAL_ERROR.name,
                f"the WfRun would have {would_be} ThreadRuns: at most {THREAD_RUNS_MAX} (THREAD_RUNS_MAX)",
            )

    def end_thread(self, thread: ThreadRun, status: LHStatus, message: str | None = None) -> None:
        """End a ThreadRun; the thread that halted for it, if it is a handler, learns of it. One that
        COMPLETED lets go of those that somebody has stopped, and of what came of those that failed: they
        cannot be resumed or rescued any more."""
        self._end(thread, status, message)
        if status is LHStatus.COMPLETED and len(self.run.threads) > 1:
            for follower in halting.followers_of(self.run, thread):
                if follower.status is LHStatus.HALTED:
                    let_go(self, follower, thread)
                elif follower.status is LHStatus.ERROR or follower.status is LHStatus.EXCEPTION:
                    let_go_below(self, follower, thread)
        if thread.type is ThreadType.FAILURE_HANDLER or thread.type is ThreadType.INTERRUPT:
            handler_ended(self, thread)

    def _end(self, thread: ThreadRun, status: LHStatus, message: str | None) -> None:
        thread.status = status
        thread.ended_ms = self.now_ms
        thread.error_message = message
        if thread.halts:
            thread.halts = []
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

    def program_of(self, part: ThreadRun | Reminder | None) -> Program:
        """The program of the version that a part of this run follows."""
        if part is not None and part.spec is not None:
            return self.world.program(part.spec)
        if self.run.old_specs:
            return self.world.program(self.run.old_specs[0])
        return self.program

    def thread_program(self, thread: ThreadRun) -> ThreadProgram:
        return self.program_of(thread).threads[thread.spec_name]

    def node_program(self, thread: ThreadRun, node_run: NodeRun) -> NodeProgram:
        program = self.program
        if thread.spec is not None or self.run.old_specs:
            program = self.program_of(thread)
        return program.threads[thread.spec_name].nodes[node_run.name]

    def last_failure(self, thread: ThreadRun) -> Failure:
        """What an ERROR or EXCEPTION thread ended with."""
        assert thread.node is not None and thread.node.failures
        return thread.node.failures[-1]


def _status_of(run: Run) -> LHStatus:
    """The WfRun mirrors thread 0, but is HALTING or HALTED only when somebody stopped that one."""
    main = run.threads[0]
    if main.halts and not halting.is_stopped(main):
        return LHStatus.RUNNING
    return main.status
