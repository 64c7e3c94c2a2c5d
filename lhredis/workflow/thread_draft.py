"""thread_draft: a thread that is being built: its nodes, and the edge that waits for the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from lhredis.model.assignments import VariableMutation
from lhredis.model.enums import VariableMutationType
from lhredis.model.ids import Model
from lhredis.model.nodes import EntrypointNode, ExitNode, NopNode
from lhredis.model.wf_spec import InterruptDef, ThreadRetentionPolicy, ThreadSpec
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.graph import EdgeDraft, NodeDraft, fitting_name
from lhredis.workflow.mutation_types import check_mutation
from lhredis.workflow.operand import as_operand
from lhredis.workflow.spec_draft import SpecDraft
from lhredis.workflow.variable import WfRunVariable

if TYPE_CHECKING:
    from lhredis.workflow.blocks import Block
    from lhredis.workflow.branches import WorkflowIfStatement
    from lhredis.workflow.spawned import SpawnedThread, SpawnedThreads

ThreadFunction = Callable[[Any], object]
"""A function that takes a WorkflowThread and describes what the thread does."""


class ThreadDraft:
    """The state that every part of WorkflowThread works on.

    `_tail` is the loose edge that the next node goes to, and that takes mutations until then; it
    is None once `complete()` or `fail()` ended every way here. An if statement stays open
    (`_open_if`) until something other than its next branch follows it.
    """

    def __init__(self, spec: SpecDraft, name: str, parent: ThreadDraft | None) -> None:
        self._spec = spec
        self._name = name
        self._parent = parent
        self._nodes: list[NodeDraft] = []
        self._variables: dict[str, WfRunVariable] = {}
        self._open_if: WorkflowIfStatement | None = None
        self._unentered: Block[Any] | None = None
        self._function: ThreadFunction | None = None
        self._spawned: SpawnedThread | SpawnedThreads | None = None
        self._interrupts: list[InterruptDef] = []
        self._retention: ThreadRetentionPolicy | None = None
        self._tail: EdgeDraft | None = self._place("entrypoint", "entrypoint", EntrypointNode()).open_edge()
        spec.threads[name] = self

    def mutate(self, left_hand: WfRunVariable, operation: VariableMutationType, right_hand: object) -> None:
        """Change a variable, on the way from the last node to the next one.

        `left_hand` may be at a JSONPath. All mutations between two nodes happen together or, if
        one of them fails, not at all (VAR_SUB_ERROR).
        """
        if not isinstance(left_hand, WfRunVariable):
            raise WorkflowBuildError(f"only variables can be changed; got {type(left_hand).__name__}")
        left_hand._check_scope(self)
        given: dict[str, Any] = {"lhs_name": left_hand.name, **left_hand._path_given(self, "lhs_")}
        kind, right = checked(lambda: VariableMutationType.parse(operation)), as_operand(right_hand)
        check_mutation(left_hand, kind, right)
        mutation = make(VariableMutation, operation=kind, rhs_assignment=right.assignment_in(self), **given)
        self._take_tail().mutations.append(mutation)

    def _run(self, function: ThreadFunction) -> None:
        """Call the function that describes this thread, then close what it left open."""
        self._function = function
        self._open()
        function(self)
        self._close()

    def _open(self) -> None:
        """From here on, steps are added to this thread."""
        self._spec.active.append(self)

    def _close(self) -> None:
        """The thread ends here, unless it ended already; the one that it comes from goes on."""
        self._settle()
        if self._tail is not None:
            self._exit("exit", ExitNode())
        self._spec.active.pop()

    def _to_model(self) -> ThreadSpec:
        variable_defs = tuple(variable._draft.to_model() for variable in self._variables.values())
        given: dict[str, Any] = {"variable_defs": variable_defs} if variable_defs else {}
        if self._interrupts:
            given["interrupt_defs"] = tuple(self._interrupts)
        if self._retention is not None:
            given["retention_policy"] = self._retention
        return make(ThreadSpec, nodes={node.name: node.to_model() for node in self._nodes}, **given)

    def _lineage(self) -> Iterator[ThreadDraft]:
        """This thread, then the one that it comes from, up to the entrypoint."""
        thread: ThreadDraft | None = self
        while thread is not None:
            yield thread
            thread = thread._parent

    def _step(self, kind: str, label: str, content: Model) -> NodeDraft:
        """A node after the last one; the next one follows it."""
        node = self._add(kind, label, content)
        self._tail = node.open_edge()
        return node

    def _exit(self, label: str, content: ExitNode) -> None:
        """An EXIT after the last node; nothing follows it."""
        self._add("exit", label, content)
        self._tail = None

    def _add(self, kind: str, label: str, content: Model) -> NodeDraft:
        """A node after the last one. The caller says what becomes the tail."""
        tail = self._take_tail()
        tail.sink = self._place(kind, label, content)
        return tail.sink

    def _join(self, edges: list[EdgeDraft]) -> NodeDraft:
        """A NOP where these loose edges meet. The caller says what becomes the tail."""
        node = self._place("nop", "nop", NopNode())
        for edge in edges:
            edge.sink = node
        return node

    def _place(self, kind: str, label: str, content: Model) -> NodeDraft:
        name = fitting_name(f"{len(self._nodes)}-", label, f"-{kind.replace('_', '-').upper()}")
        node = NodeDraft(name, kind, content)
        self._nodes.append(node)
        return node

    def _take_tail(self) -> EdgeDraft:
        """The edge that leaves the last node; WorkflowBuildError where nothing can follow."""
        self._settle()
        if self._tail is None:
            raise WorkflowBuildError(
                "nothing can follow here: complete() or fail() ended every way that leads here"
            )
        return self._tail

    def _settle(self) -> None:
        """Close the if statement before this, as no branch of it can follow any more."""
        self._check_active()
        if self._open_if is not None:
            statement, self._open_if = self._open_if, None
            self._tail = statement._close()

    def _check_active(self) -> None:
        """WorkflowBuildError unless this thread's function is the one that runs now."""
        active = self._spec.active_thread()
        if active is not self:
            raise WorkflowBuildError(
                f"this adds to the thread {self._name!r} inside of the function or block of {active._name!r}; "
                "use the WorkflowThread that the function gets, or that the block names"
            )
        if self._unentered is not None:
            what, place = self._unentered.what, self._unentered.place
            raise WorkflowBuildError(f"{what}() is not entered; write `with wf.{what}(...):`", place)
