"""scope: which variables and node outputs a spec may refer to, and the problems found on the way.

One `Scope` per WfSpec while it is compiled. Names of variables are unique in the whole WfSpec
(except INPUT), so a name alone tells the type; whether the owner's ThreadRun is an ancestor is
only known at run time, where a miss is a VarSubError.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lhredis.engine.run import ThreadRun
from lhredis.engine.values import VarSubError
from lhredis.errors import Problem
from lhredis.model.enums import VariableType
from lhredis.model.task_def import TaskDef
from lhredis.model.types import ThreadVarDef
from lhredis.model.values import Value
from lhredis.model.wf_spec import ThreadSpec

INPUT = "INPUT"
"""The variable that a handler thread gets its failure's content in."""


@dataclass(slots=True)
class Scope:
    """What a WfSpec under compilation can refer to; `thread` is the ThreadSpec at hand, `edge_of` the
    node whose outgoing edge is.

    `referenced` are the (ThreadSpec, node) whose output something later may need, `used_at_once`
    those whose output their own edges use.
    """

    thread_specs: dict[str, ThreadSpec]
    task_defs: dict[str, TaskDef]
    variables: dict[str, ThreadVarDef]
    thread: str = ""
    edge_of: str | None = None
    node_types: dict[str, VariableType | None] = field(default_factory=dict)
    referenced: set[tuple[str, str]] = field(default_factory=set)
    used_at_once: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def inside(self, thread: str, node_types: dict[str, VariableType | None]) -> Scope:
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

    def refer_to_output(self, node_name: str) -> None:
        found = self.used_at_once if node_name == self.edge_of else self.referenced
        found.add((self.thread, node_name))


def owner_of(thread: ThreadRun, name: str) -> ThreadRun:
    """The nearest ThreadRun, from this one up through its parents, that has the variable."""
    at: ThreadRun | None = thread
    while at is not None:
        if name in at.variables:
            return at
        at = at.parent
    raise VarSubError(f"variable {name!r} is not in scope of ThreadRun {thread.number}")


def read_variable(thread: ThreadRun, name: str) -> Value:
    """The value of a variable as this ThreadRun sees it."""
    if name in thread.variables:
        return thread.variables[name]
    return owner_of(thread, name).variables[name]
