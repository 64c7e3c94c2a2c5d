"""definitions: what a WfSpec refers to by name, as it is when the spec is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lhredis.engine.language.types import StructDefs
from lhredis.model.event_def import ExternalEventDef, WorkflowEventDef
from lhredis.model.nodes import Node, TaskNode
from lhredis.model.task_def import TaskDef
from lhredis.model.user_task_def import UserTaskDef
from lhredis.model.wf_spec import PutWfSpecRequest, ThreadSpec, WfSpec

if TYPE_CHECKING:
    from lhredis.engine.program import Program


@dataclass(slots=True)
class Definitions:
    """Those that exist, of the ones the spec names; `struct_defs` also of those that other definitions name.
    `children` are WfSpecs by (name, major version) as the RUN_CHILD_WF nodes give them, `parent` is the spec
    that this one's runs are children of; both are needed for registration only."""

    task_defs: Mapping[str, TaskDef] = field(default_factory=dict)
    external_event_defs: Mapping[str, ExternalEventDef] = field(default_factory=dict)
    workflow_event_defs: Mapping[str, WorkflowEventDef] = field(default_factory=dict)
    struct_defs: StructDefs = field(default_factory=dict)
    user_task_defs: Mapping[tuple[str, int], UserTaskDef] = field(default_factory=dict)
    children: Mapping[tuple[str, int | None], Program] = field(default_factory=dict)
    parent: WfSpec | None = None


@dataclass(slots=True)
class Names:
    """What a spec names, for the shell to look up."""

    task_defs: set[str] = field(default_factory=set)
    external_event_defs: set[str] = field(default_factory=set)
    workflow_event_defs: set[str] = field(default_factory=set)
    user_task_defs: set[tuple[str, int]] = field(default_factory=set)
    children: set[tuple[str, int | None]] = field(default_factory=set)


def names_in(spec: PutWfSpecRequest | WfSpec) -> Names:
    """Which definitions a spec names."""
    names = Names()
    names.task_defs = {call.task_def_id.name for call in task_calls_in(spec) if call.task_def_id is not None}
    for thread in spec.thread_specs.values():
        _collect(thread, names)
    return names


def task_calls_in(spec: PutWfSpecRequest | WfSpec) -> list[TaskNode]:
    """Every call of a task in a spec; one without a `task_def_id` names its task at run time."""
    nodes = (node for thread in spec.thread_specs.values() for node in thread.nodes.values())
    return [call for node in nodes for call in task_calls_of(node)]


def task_calls_of(node: Node) -> list[TaskNode]:
    """The tasks that a node may call: that of a TASK node, or the reminders of a user task."""
    if node.task is not None:
        return [node.task]
    actions = node.user_task.actions if node.user_task is not None else ()
    return [action.task.task for action in actions if action.task is not None]


def _collect(thread: ThreadSpec, names: Names) -> None:
    names.external_event_defs.update(one.external_event_def_id.name for one in thread.interrupt_defs)
    for node in thread.nodes.values():
        if node.external_event is not None:
            names.external_event_defs.add(node.external_event.external_event_def_id.name)
        elif node.throw_event is not None:
            names.workflow_event_defs.add(node.throw_event.event_def_id.name)
        elif node.run_child_wf is not None and node.run_child_wf.wf_spec_name is not None:
            names.children.add((node.run_child_wf.wf_spec_name, node.run_child_wf.major_version))
        elif node.user_task is not None and (version := node.user_task.user_task_def_version) is not None:
            names.user_task_defs.add((node.user_task.user_task_def_name, version))
