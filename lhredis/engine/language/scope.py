"""scope: which variables and node outputs a spec may refer to, and the problems found on the way.

One `Scope` per WfSpec while it is compiled. Names of variables are unique in the whole WfSpec
(except INPUT), so a name alone tells the type; whether the owner's ThreadRun is an ancestor is
only known at run time, where a miss is a VarSubError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lhredis.engine.definitions import Definitions
from lhredis.engine.language.types import resolve, unknown_struct_def
from lhredis.engine.language.values import VarSubError
from lhredis.engine.run import ThreadRun
from lhredis.errors import Problem
from lhredis.model.event_def import ExternalEventDef, WorkflowEventDef
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.task_def import TaskDef
from lhredis.model.types import INPUT, ReturnType, ThreadVarDef
from lhredis.model.user_task_def import UserTaskDef
from lhredis.model.value_types import StructType, ValueType, depth_of
from lhredis.model.values import Value
from lhredis.model.wf_spec import ThreadSpec

if TYPE_CHECKING:
    from lhredis.engine.program import Program


@dataclass(slots=True)
class Scope:
    """What a WfSpec under compilation can refer to; `thread` is the ThreadSpec at hand, `edge_of` the
    node whose outgoing edge is.

    `referenced` are the (ThreadSpec, node) whose output something later may need, `used_at_once`
    those whose output their own edges use.
    """

    thread_specs: dict[str, ThreadSpec]
    definitions: Definitions
    strict: bool
    has_parent: bool = False
    variables: dict[str, ThreadVarDef] = field(default_factory=dict)
    thread: str = ""
    edge_of: str | None = None
    node_types: dict[str, ValueType | None] = field(default_factory=dict)
    referenced: set[tuple[str, str]] = field(default_factory=set)
    used_at_once: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @property
    def task_defs(self) -> Mapping[str, TaskDef]:
        return self.definitions.task_defs

    @property
    def external_event_defs(self) -> Mapping[str, ExternalEventDef]:
        return self.definitions.external_event_defs

    @property
    def workflow_event_defs(self) -> Mapping[str, WorkflowEventDef]:
        return self.definitions.workflow_event_defs

    @property
    def user_task_defs(self) -> Mapping[tuple[str, int], UserTaskDef]:
        return self.definitions.user_task_defs

    @property
    def children(self) -> Mapping[tuple[str, int | None], Program]:
        return self.definitions.children

    @property
    def parent_variables(self) -> dict[str, ThreadVarDef] | None:
        """What the parent's thread 0 owns or inherits; None when the parent spec is not at hand."""
        parent = self.definitions.parent
        if parent is None:
            return None
        spec = parent.thread_specs[parent.entrypoint_thread_name]
        return {variable.var_def.name: variable for variable in spec.variable_defs}

    def check_external_event_def(self, name: str, path: str) -> None:
        """A new spec names only ExternalEventDefs that exist."""
        if self.strict and name not in self.external_event_defs:
            self.problem(path, f"could not find ExternalEventDef {name!r}")

    def inside(self, thread: str, node_types: dict[str, ValueType | None]) -> Scope:
        """The same scope, seen from one ThreadSpec. Problems and references go to the same place."""
        return replace(self, thread=thread, node_types=node_types)

    def leaving(self, node_name: str) -> Scope:
        """The same scope, seen from an edge that leaves this node."""
        return replace(self, edge_of=node_name)

    def problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def variable(self, name: str) -> ThreadVarDef | None:
        """The definition that `name` means in this ThreadSpec, or None."""
        if name == INPUT:
            own = self.thread_specs[self.thread].variable_defs
            return next((variable for variable in own if variable.var_def.name == INPUT), None)
        return self.variables.get(name)

    def resolved(self, kind: ValueType, path: str) -> ValueType:
        """The type with the fields of its StructDefs. When a new spec names one that is not there, that is a
        problem; in one that was registered, it was deleted since."""
        unknown: list[StructType] = []
        resolved = resolve(kind, self.definitions.struct_defs, unknown)
        if self.strict:
            for missing in unknown:
                self.problem(path, unknown_struct_def(missing))
            if depth_of(resolved) > NATIVE_DEPTH_MAX:
                self.problem(path, f"{kind.name} nests more than {NATIVE_DEPTH_MAX} levels deep")
        return resolved

    def returned(self, declared: ReturnType | None, path: str) -> ValueType | None:
        """What a definition says that it returns, or holds; None for nothing, and when it does not say."""
        if declared is None or declared.return_type is None:
            return None
        return self.resolved(declared.return_type.value_type, path)

    def refer_to_output(self, node_name: str) -> None:
        found = self.used_at_once if node_name == self.edge_of else self.referenced
        found.add((self.thread, node_name))


def owner_of(thread: ThreadRun, name: str) -> ThreadRun:
    """The nearest ThreadRun, from this one up through its parents, that has the variable."""
    at: ThreadRun | None = thread
    while at is not None:
        if name in at.variables:
            return at
        at = at.parent if at.parent is not None else at.inherits
    raise VarSubError(f"variable {name!r} is not in scope of ThreadRun {thread.number}")


def read_variable(thread: ThreadRun, name: str) -> Value:
    """The value of a variable as this ThreadRun sees it."""
    if name in thread.variables:
        return thread.variables[name]
    return owner_of(thread, name).variables[name]
