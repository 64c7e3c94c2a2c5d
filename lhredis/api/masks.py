"""masks: what people must not see: values that a spec or a TaskDef declares masked.

A value is masked where it is declared so, and where it may come out of such a one: a thread's output,
a task's input, what a failure carries, a handler's INPUT. Texts (messages, logs) are shown without the
masked values that are at hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from lhredis.api.struct_masks import StructDefs, at_path, has_masked_fields, masked_fields_in
from lhredis.engine.definitions import task_calls_of
from lhredis.engine.run import NodeRun, Run, ThreadRun
from lhredis.model.assignments import InlineStructBuilder, VariableAssignment
from lhredis.model.event_def import ExternalEventDef
from lhredis.model.native import NATIVE
from lhredis.model.nodes import Node
from lhredis.model.redaction import redacted, secrets_in
from lhredis.model.task_def import TaskDef
from lhredis.model.types import INPUT, ReturnType, TypeDefinition
from lhredis.model.wf_spec import WfSpec


class Masks:
    """Answers what is masked in the runs of one WfSpec. A definition that was deleted cannot tell any
    more: then everything that it could have masked is."""

    def __init__(
        self,
        spec: WfSpec | None,
        task_defs: Mapping[str, TaskDef] | None = None,
        event_defs: Mapping[str, ExternalEventDef] | None = None,
        struct_defs: StructDefs | None = None,
    ) -> None:
        """`task_defs` and `event_defs` are those that the spec names, as far as they exist; all TaskDefs
        of the tenant when a task of the spec is named at run time. `struct_defs` are those that any of
        them names."""
        self._spec = spec
        self._task_defs = task_defs or {}
        self._event_defs = event_defs or {}
        self._struct_defs = struct_defs or {}
        self.variables = _masked_variables(spec)
        self._hands_masked_on = False
        self._hands_masked_on = spec is not None and self._can_hand_masked_on(spec)

    def variable(self, name: str) -> bool:
        if self._spec is None or name in self.variables:
            return True
        return name == INPUT and self._hands_masked_on

    def text(
        self, text: str | None, run: Run, thread: ThreadRun | None = None, node_run: NodeRun | None = None
    ) -> str | None:
        """A message or log of the run, without its masked variables, and without the masked inputs of
        the NodeRun that it is of."""
        if not text:
            return text
        hidden = [
            value
            for owner in run.threads.values()
            for name, value in owner.variables.items()
            if self.variable(name)
        ]
        hidden += [
            field
            for owner in run.threads.values()
            for value in owner.variables.values()
            if type(value) in NATIVE
            for field in masked_fields_in(value)
        ]
        if thread is not None and node_run is not None and node_run.task is not None:
            inputs = enumerate(node_run.task.inputs)
            hidden += [value for i, value in inputs if self.task_input(thread, node_run, i)]
        return redacted(text, secrets_in(hidden)) if hidden else text

    def thread_output(self, thread: ThreadRun) -> bool:
        """Can something masked be in what the ThreadRun returned, at whichever EXIT it ended?"""
        if self._spec is None:
            return True
        nodes = self._spec.thread_specs[thread.spec_name].nodes.values()
        return any(
            self._reads_masked(node.exit.return_content, thread.spec_name)
            for node in nodes
            if node.exit is not None
        )

    def task_input(self, thread: ThreadRun, node_run: NodeRun, index: int) -> bool:
        assert node_run.task is not None
        task_def = self._task_defs.get(node_run.task.task_def)
        node = self._node(thread, node_run)
        if task_def is None or node is None or index >= len(task_def.input_vars):
            return True
        called = task_calls_of(node)  # which reminder of a user task a TaskRun is, is not asked
        return (
            not called
            or task_def.input_vars[index].masked
            or any(
                index < len(task.variables) and self._reads_masked(task.variables[index], thread.spec_name)
                for task in called
            )
        )

    def task_output(self, task_def_name: str) -> bool:
        """Is what the task returns, or throws, masked?"""
        task_def = self._task_defs.get(task_def_name)
        if task_def is None:
            return True
        return is_masked(task_def.return_type)

    def checkpoints(self, thread: ThreadRun, node_run: NodeRun) -> bool:
        """Can something masked be in what the task stored on its way?"""
        assert node_run.task is not None
        return self.task_output(node_run.task.task_def) or any(
            self.task_input(thread, node_run, i) for i in range(len(node_run.task.inputs))
        )

    def failure_content(self, thread: ThreadRun, node_run: NodeRun, number: int) -> bool:
        """Is what the NodeRun's failure of this number carries masked? Only the first one can be the
        node's own, and that only of a task or an EXIT: others came from a handler or a child."""
        if number == 0 and node_run.task is not None:
            return self.task_output(node_run.task.task_def)
        node = self._node(thread, node_run)
        if node is None:
            return True
        if number == 0 and node.exit is not None and node.exit.failure_def is not None:
            return self._reads_masked(node.exit.failure_def.content, thread.spec_name)
        return self._hands_masked_on

    def _can_hand_masked_on(self, spec: WfSpec) -> bool:
        """Can anything masked be in what a thread of this spec fails with, or gets as INPUT?"""
        for name, thread_spec in spec.thread_specs.items():
            for node in thread_spec.nodes.values():
                failure = node.exit.failure_def if node.exit is not None else None
                if failure is not None and self._reads_masked(failure.content, name):
                    return True
                each = node.start_multiple_threads
                if each is not None and self._reads_masked(each.iterable, name):
                    return True
                if self._node_output_masked(node):
                    return True
            if any(self._event_masked(one.external_event_def_id.name) for one in thread_spec.interrupt_defs):
                return True
        return False

    def taken_in(self, thread: ThreadRun, node_run: NodeRun) -> bool:
        """Is the correlation key of an EXTERNAL_EVENT, an input of a RUN_CHILD_WF, or the notes of a
        USER_TASK masked?"""
        node = self._node(thread, node_run)
        if node is None:
            return True
        if node.external_event is not None:
            asked = node.external_event.mask_correlation_key
            key = node.external_event.correlation_key
            return asked if asked is not None else self._reads_masked(key, thread.spec_name)
        if node.run_child_wf is not None:
            inputs = node.run_child_wf.inputs.values()
            return any(self._reads_masked(one, thread.spec_name) for one in inputs)
        if node.user_task is not None:
            return self._reads_masked(node.user_task.notes, thread.spec_name)
        return False

    def _node(self, thread: ThreadRun, node_run: NodeRun) -> Node | None:
        return self._spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if self._spec else None

    def _reads_masked(
        self, assignment: VariableAssignment | None, spec_name: str, part: bool = False
    ) -> bool:
        """Does any source of this assignment hold something masked? A Struct tells of its masked fields
        itself, unless it is only a `part` of what is shown: of a text, say."""
        if assignment is None:
            return False
        if assignment.variable_name is not None:
            if self.variable(assignment.variable_name):
                return True
            return self._field_masked(
                self._variable_type(assignment.variable_name, spec_name), assignment, part
            )
        if assignment.node_output is not None:
            assert self._spec is not None
            node = self._spec.thread_specs[spec_name].nodes.get(assignment.node_output.node_name)
            if node is None or self._node_output_masked(node):
                return node is not None
            return self._field_masked(self._output_type(node), assignment, part)
        built = assignment.struct_builder is not None or assignment.map_builder is not None
        return any(self._reads_masked(one, spec_name, part or not built) for one in _parts(assignment))

    def _field_masked(self, kind: TypeDefinition | None, assignment: VariableAssignment, part: bool) -> bool:
        """Is a masked field read of a source of this type?"""
        if kind is not None and assignment.lh_path is not None:
            masked, kind = at_path(kind, assignment.lh_path, self._struct_defs)
            if masked:
                return True
        part = part or assignment.target_type is not None
        return part and kind is not None and has_masked_fields(kind, self._struct_defs)

    def _variable_type(self, name: str, spec_name: str) -> TypeDefinition | None:
        assert self._spec is not None
        threads = self._spec.thread_specs
        for thread in (threads[spec_name], *threads.values()):
            for variable in thread.variable_defs:
                if variable.var_def.name == name:
                    return variable.var_def.type_def
        return None

    def _output_type(self, node: Node) -> TypeDefinition | None:
        declared: ReturnType | None = None
        if node.external_event is not None:
            event_def = self._event_defs.get(node.external_event.external_event_def_id.name)
            declared = event_def.type_information if event_def is not None else None
        elif node.task is not None and node.task.task_def_id is not None:
            task_def = self._task_defs.get(node.task.task_def_id.name)
            declared = task_def.return_type if task_def is not None else None
        return declared.return_type if declared is not None else None

    def _node_output_masked(self, node: Node) -> bool:
        """Of a task that is named at run time, any TaskDef may be meant."""
        if node.external_event is not None:
            return self._event_masked(node.external_event.external_event_def_id.name)
        if node.task is None:
            return False
        if node.task.task_def_id is None:
            return any(self.task_output(name) for name in self._task_defs)
        return self.task_output(node.task.task_def_id.name)

    def _event_masked(self, name: str) -> bool:
        event_def = self._event_defs.get(name)
        return event_def is None or is_masked(event_def.type_information)


def is_masked(declared: ReturnType | None) -> bool:
    """Is what a definition says it returns or carries masked?"""
    return declared is not None and declared.return_type is not None and declared.return_type.masked


def _parts(assignment: VariableAssignment) -> tuple[VariableAssignment, ...]:
    """The assignments inside one."""
    if assignment.expression is not None:
        return (assignment.expression.lhs, assignment.expression.rhs)
    if assignment.format_string is not None:
        return (assignment.format_string.format, *assignment.format_string.args)
    if assignment.size_of is not None:
        return (assignment.size_of.operand,)
    if assignment.struct_builder is not None:
        return _fields(assignment.struct_builder.value)
    if assignment.map_builder is not None:
        return tuple(part for entry in assignment.map_builder.entries for part in (entry.key, entry.value))
    return ()


def _fields(builder: InlineStructBuilder) -> tuple[VariableAssignment, ...]:
    found: tuple[VariableAssignment, ...] = ()
    for field in builder.fields.values():
        if field.simple_value is not None:
            found += (field.simple_value,)
        elif field.sub_structure is not None:
            found += _fields(field.sub_structure)
    return found


def _masked_variables(spec: WfSpec | None) -> frozenset[str]:
    if spec is None:
        return frozenset()
    return frozenset(
        variable.var_def.name
        for thread in spec.thread_specs.values()
        for variable in thread.variable_defs
        if variable.var_def.masked
    )
