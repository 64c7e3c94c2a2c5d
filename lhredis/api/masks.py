"""masks: what people must not see: values that a spec or a TaskDef declares masked."""

from __future__ import annotations

from collections.abc import Mapping

from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.assignments import VariableAssignment
from lhredis.model.nodes import Node
from lhredis.model.task_def import TaskDef
from lhredis.model.wf_spec import WfSpec


class Masks:
    """Answers what is masked in the runs of one WfSpec. A definition that was deleted cannot tell any
    more: then everything that it could have masked is."""

    def __init__(self, spec: WfSpec | None, task_defs: Mapping[str, TaskDef] | None = None) -> None:
        """`task_defs` are those that the spec names, as far as they exist."""
        self._spec = spec
        self._task_defs = task_defs or {}
        self._variables = _masked_variables(spec)

    def variable(self, name: str) -> bool:
        return self._spec is None or name in self._variables

    def thread_output(self, thread: ThreadRun) -> bool:
        """Can something masked be in what the ThreadRun returned, at whichever EXIT it ended?"""
        if self._spec is None:
            return True
        nodes = self._spec.thread_specs[thread.spec_name].nodes.values()
        return any(
            self._reads_masked(node.exit.return_content, thread) for node in nodes if node.exit is not None
        )

    def task_input(self, thread: ThreadRun, node_run: NodeRun, index: int) -> bool:
        assert node_run.task is not None
        task_def = self._task_defs.get(node_run.task.task_def)
        node = self._node(thread, node_run)
        if task_def is None or node is None or node.task is None or index >= len(task_def.input_vars):
            return True
        given = node.task.variables
        return task_def.input_vars[index].masked or (
            index < len(given) and self._reads_masked(given[index], thread)
        )

    def task_output(self, task_def_name: str) -> bool:
        """Is what the task returns, or throws, masked?"""
        task_def = self._task_defs.get(task_def_name)
        if task_def is None:
            return True
        declared = task_def.return_type
        return declared is not None and declared.return_type is not None and declared.return_type.masked

    def checkpoints(self, thread: ThreadRun, node_run: NodeRun) -> bool:
        """Can something masked be in what the task stored on its way?"""
        assert node_run.task is not None
        return self.task_output(node_run.task.task_def) or any(
            self.task_input(thread, node_run, i) for i in range(len(node_run.task.inputs))
        )

    def failure_content(self, thread: ThreadRun, node_run: NodeRun) -> bool:
        if node_run.task is not None:
            return self.task_output(node_run.task.task_def)
        node = self._node(thread, node_run)
        if node is None:
            return True
        failure = node.exit.failure_def if node.exit is not None else None
        return failure is not None and self._reads_masked(failure.content, thread)

    def taken_in(self, thread: ThreadRun, node_run: NodeRun) -> bool:
        """Is the correlation key of an EXTERNAL_EVENT, or an input of a RUN_CHILD_WF, masked?"""
        node = self._node(thread, node_run)
        if node is None:
            return True
        if node.external_event is not None:
            asked = node.external_event.mask_correlation_key
            key = node.external_event.correlation_key
            return asked if asked is not None else self._reads_masked(key, thread)
        if node.run_child_wf is not None:
            return any(self._reads_masked(one, thread) for one in node.run_child_wf.inputs.values())
        return False

    def _node(self, thread: ThreadRun, node_run: NodeRun) -> Node | None:
        return self._spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if self._spec else None

    def _reads_masked(self, assignment: VariableAssignment | None, thread: ThreadRun) -> bool:
        """Does any source of this assignment hold something masked?"""
        if assignment is None:
            return False
        if assignment.variable_name is not None and assignment.variable_name in self._variables:
            return True
        if assignment.node_output is not None:
            return self._output_masked(assignment.node_output.node_name, thread)
        return any(self._reads_masked(part, thread) for part in _parts(assignment))

    def _output_masked(self, node_name: str, thread: ThreadRun) -> bool:
        assert self._spec is not None
        node = self._spec.thread_specs[thread.spec_name].nodes.get(node_name)
        task = node.task.task_def_id if node is not None and node.task is not None else None
        return task is not None and self.task_output(task.name)


def _parts(assignment: VariableAssignment) -> tuple[VariableAssignment, ...]:
    """The assignments inside one."""
    if assignment.expression is not None:
        return (assignment.expression.lhs, assignment.expression.rhs)
    if assignment.format_string is not None:
        return (assignment.format_string.format, *assignment.format_string.args)
    if assignment.size_of is not None:
        return (assignment.size_of.operand,)
    return ()


def _masked_variables(spec: WfSpec | None) -> frozenset[str]:
    if spec is None:
        return frozenset()
    return frozenset(
        variable.var_def.name
        for thread in spec.thread_specs.values()
        for variable in thread.variable_defs
        if variable.var_def.masked
    )
