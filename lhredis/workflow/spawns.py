"""spawns: start child threads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import VariableType
from lhredis.model.thread_nodes import StartMultipleThreadsNode, StartThreadNode
from lhredis.model.types import INPUT
from lhredis.model.wf_spec import ThreadRetentionPolicy
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.declarations import Declarations
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.spawned import SpawnedThread, SpawnedThreads
from lhredis.workflow.sub_threads import SubThreads
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.variable import WfRunVariable

Inputs = Mapping[str, object]
"""Values for the child's variables, by their names."""


class Spawns(Declarations, SubThreads):
    """START_THREAD and START_MULTIPLE_THREADS nodes.

    A child runs beside this thread and sees its variables. The number of a child's ThreadRun (or the
    array of them) is kept in a hidden variable, so that it can be waited for: in a loop, the latest.
    """

    def spawn_thread(
        self, initializer: ThreadFunction, thread_name: str, input: Inputs | None = None
    ) -> SpawnedThread:
        """Start a child that does what `initializer` says.

        The same function under the same name again starts one more of the same ThreadSpec.
        """
        return self._start(self._child(thread_name, initializer), input)

    def spawn_thread_for_each(
        self,
        arr_var: Operand | list[Any],
        initializer: ThreadFunction,
        thread_name: str,
        input: Inputs | None = None,
    ) -> SpawnedThreads:
        """Start a child for each item of an array; it gets the item by declaring a variable `INPUT`."""
        items = self._items(arr_var)
        return self._start_each(items, self._child(thread_name, initializer), input)

    def spawn(self, thread_name: str, input: Inputs | None = None) -> Block[Self]:
        """`with wf.spawn("pack") as pack:` a child; the block adds its steps to `pack`.

        Afterwards `wf.wait_for_threads(pack)` waits for it.
        """

        def finish(child: Self) -> None:
            child._spawned = self._start(child, input)

        self._take_tail()
        return self._thread_block("spawn", thread_name, finish)

    def spawn_for_each(
        self, items: Operand | list[Any], thread_name: str, input: Inputs | None = None
    ) -> Block[Self]:
        """`with wf.spawn_for_each(items, "pack") as pack:` a child for each item of an array."""
        operand = self._items(items)

        def finish(child: Self) -> None:
            child._spawned = self._start_each(operand, child, input)

        self._take_tail()
        return self._thread_block("spawn_for_each", thread_name, finish)

    def with_retention_policy(self, policy: int | ThreadRetentionPolicy) -> None:
        """How long ThreadRuns of this child thread stay in their WfRun after they ended, in seconds."""
        self._check_active()
        if self._parent is None:
            raise WorkflowBuildError("the entrypoint stays as long as its WfRun; only children are archived")
        if not isinstance(policy, ThreadRetentionPolicy):
            policy = make(ThreadRetentionPolicy, seconds_after_thread_termination=policy)
        self._retention = policy

    def _child(self, name: str, function: ThreadFunction) -> ThreadDraft:
        """The thread of this function: described already, or described now."""
        self._check_active()
        known = self._spec.threads.get(name)
        if known is not None and known._parent is self and known._function == function:
            return known
        self._take_tail()
        return self._described(name, function)

    def _items(self, items: Operand | list[Any]) -> Operand:
        return check_type("what children are spawned for", as_operand(items), VariableType.JSON_ARR)

    def _start(self, child: ThreadDraft, given: Inputs | None) -> SpawnedThread:
        content = make(StartThreadNode, thread_spec_name=child._name, **self._variables_for(child, given))
        node = NodeOutput(self._step("start_thread", child._name, content), self)
        node.output_type = VariableType.INT
        return SpawnedThread(node, self._kept(node, VariableType.INT), child)

    def _start_each(self, items: Operand, child: ThreadDraft, given: Inputs | None) -> SpawnedThreads:
        content = make(
            StartMultipleThreadsNode,
            thread_spec_name=child._name,
            iterable=items.assignment_in(self),
            **self._variables_for(child, given, array=True),
        )
        node = NodeOutput(self._step("start_multiple_threads", child._name, content), self)
        node.output_type = VariableType.JSON_ARR
        return SpawnedThreads._for_each(node, self._kept(node, VariableType.JSON_ARR), child)

    def _kept(self, output: NodeOutput, variable_type: VariableType) -> WfRunVariable:
        """A hidden variable, called like the node, that holds its output."""
        variable = self.add_variable(output.node_name, variable_type)
        variable.assign(output)
        return variable

    def _variables_for(self, child: ThreadDraft, given: Inputs | None, array: bool = False) -> dict[str, Any]:
        """The field `variables` of a node that starts `child`, checked against what that declares; from an
        `array` the child gets its INPUT."""
        given = given or {}
        if array and INPUT in given:
            raise WorkflowBuildError(f"{INPUT} is given by the array; name another variable")
        known = child._variables
        for name in given:
            if name not in known:
                raise WorkflowBuildError(
                    f"the thread {child._name!r} declares no variable {name!r}; "
                    f"it has: {', '.join(sorted(known)) or 'none'}"
                )
        missing = [
            name
            for name, each in known.items()
            if each._draft.required and name not in given and not (array and name == INPUT)
        ]
        if missing:
            raise WorkflowBuildError(
                f"the thread {child._name!r} needs a value for {', '.join(map(repr, missing))}"
            )
        variables: dict[str, VariableAssignment] = {
            name: as_operand(value).assignment_in(self) for name, value in given.items()
        }
        return {"variables": variables} if variables else {}
