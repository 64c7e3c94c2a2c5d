"""definitions: what a WfSpec refers to by name, as it is when the spec is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lhredis.engine.language.types import StructDefs
from lhredis.model.event_def import ExternalEventDef, WorkflowEventDef
from lhredis.model.task_def import TaskDef
from lhredis.model.user_task_def import UserTaskDef
from lhredis.model.user_task_nodes import UserTaskNode
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
    for thread in spec.thread_specs.values():
        _collect(thread, names)
    return names


def _collect(thread: ThreadSpec, names: Names) -> None:
    names.external_event_defs.update(one.external_event_def_id.name for one in thread.interrupt_defs)
    for node in thread.nodes.values():
        if node.task is not None and node.task.task_def_id is not None:
            names.task_defs.add(node.task.task_def_id.name)
        elif node.external_event is not None:
            names.external_event_defs.add(node.external_event.external_event_def_id.name)
        elif node.throw_event is not None:
            names.workflow_event_defs.add(node.throw_event.event_def_id.name)
        elif node.run_child_wf is not None and node.run_child_wf.wf_spec_name is not None:
            names.children.add((node.run_child_wf.wf_spec_name, node.run_child_wf.major_version))
        elif node.user_task is not None:
            _collect_user_task(node.user_task, names)


def _collect_user_task(node: UserTaskNode, names: Names) -> None:
    if node.user_task_def_version is not None:
        names.user_task_defs.add((node.user_task_def_name, node.user_task_def_version))
    for action in node.actions:
        if action.task is not None and action.task.task.task_def_id is not None:
            names.task_defs.add(action.task.task.task_def_id.name)
