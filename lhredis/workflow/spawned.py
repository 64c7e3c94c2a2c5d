"""spawned: handles on the child threads that a thread started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import VariableType
from lhredis.model.thread_nodes import ThreadsToWaitFor, ThreadToWaitFor
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import Operand

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft
    from lhredis.workflow.variable import WfRunVariable


class SpawnedThread:
    """One child: `number` (INT) is that of the ThreadRun that was started last by this step, `node` the
    step."""

    def __init__(self, node: NodeOutput, number: WfRunVariable, child: ThreadDraft) -> None:
        self.name = child._name
        self.node = node
        self.number = number
        self._child = child

    def __repr__(self) -> str:
        return f"<SpawnedThread {self.name}>"


class SpawnedThreads:
    """Several children: those in `fixed_threads`, or all whose numbers are in the array `iterable`."""

    def __init__(
        self, iterable: Operand | None = None, fixed_threads: Sequence[SpawnedThread] | None = None
    ) -> None:
        if (iterable is None) == (fixed_threads is None):
            raise WorkflowBuildError("give an array of thread numbers, or a list of spawned threads")
        if iterable is not None:
            check_type("an array of thread numbers", iterable, VariableType.JSON_ARR)
        self.node: NodeOutput | None = None
        self._iterable = iterable
        self._fixed = tuple(fixed_threads or ())
        self._child: ThreadDraft | None = None

    @classmethod
    def from_list(cls, *spawned_threads: SpawnedThread) -> SpawnedThreads:
        return cls(fixed_threads=spawned_threads)

    @classmethod
    def _for_each(cls, node: NodeOutput, numbers: WfRunVariable, child: ThreadDraft) -> SpawnedThreads:
        spawned = cls(numbers)
        spawned.node, spawned._child = node, child
        return spawned

    def _sources(self) -> list[ThreadDraft]:
        """The threads that are waited for, as far as they are known."""
        return [each._child for each in self._fixed] or ([self._child] if self._child else [])

    def _given_in(self, thread: ThreadDraft) -> dict[str, Any]:
        """The fields of WaitForThreadsNode that name these threads, as `thread` sees them."""
        for source in self._sources():
            if source._parent is not thread:
                starter = source._parent._name if source._parent else source._name
                raise WorkflowBuildError(
                    f"the thread {source._name!r} was spawned in {starter!r}; wait for it there, "
                    f"not in {thread._name!r}"
                )
        if self._iterable is not None:
            return {"thread_list": self._iterable.assignment_in(thread)}
        numbers: list[VariableAssignment] = [each.number.assignment_in(thread) for each in self._fixed]
        waited = tuple(make(ThreadToWaitFor, thread_run_number=number) for number in numbers)
        return {"threads": make(ThreadsToWaitFor, threads=waited)}


def all_of(spawned: Sequence[object]) -> SpawnedThreads:
    """The one SpawnedThreads in `spawned` (or in the list that it holds), or all the single ones in it;
    WorkflowBuildError otherwise.

    A thread that a `with` block described stands for what it was spawned as.
    """
    if len(spawned) == 1 and isinstance(spawned[0], list | tuple):
        spawned = spawned[0]
    found = [getattr(each, "_spawned", each) for each in spawned]
    if len(found) == 1 and isinstance(found[0], SpawnedThreads):
        return found[0]
    if not found:
        raise WorkflowBuildError("no thread to wait for is given")
    singles: list[SpawnedThread] = []
    for each in found:
        if isinstance(each, SpawnedThreads) and each._fixed:
            singles += each._fixed
        elif isinstance(each, SpawnedThread):
            singles.append(each)
        elif isinstance(each, SpawnedThreads):
            raise WorkflowBuildError("threads that were spawned for each item are waited for by themselves")
        else:
            raise WorkflowBuildError(
                f"what spawn_thread() or spawn_thread_for_each() returned is waited for; "
                f"got {type(each).__name__}"
            )
    return SpawnedThreads(fixed_threads=singles)
