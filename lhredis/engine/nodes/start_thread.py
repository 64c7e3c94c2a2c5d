"""start_thread: starts one child ThreadRun; its number is the output (semantics.md 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.language.expressions import Getter, compile_assignment, compile_into
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T
from lhredis.engine.node_state import ThreadsStarted
from lhredis.engine.nodes.nop import check
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import ThreadType, VariableType
from lhredis.model.nodes import Node
from lhredis.model.thread_nodes import StartThreadNode
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output", "output_type"]


@dataclass(slots=True, frozen=True)
class Start:
    """The ThreadSpec of the child, and its inputs by name."""

    spec_name: str
    inputs: tuple[tuple[str, Getter], ...]

    def values(self, thread: ThreadRun) -> dict[str, Value]:
        return {name: get(thread) for name, get in self.inputs}


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> VariableType | None:
    return T.INT


def compile(spec: StartThreadNode, scope: Scope, path: str) -> Start:
    return compile_start(spec.thread_spec_name, spec.variables, (), scope, path)


def compile_start(
    name: str,
    variables: Mapping[str, VariableAssignment],
    given_otherwise: tuple[str, ...],
    scope: Scope,
    path: str,
) -> Start:
    """The start of a child with these inputs; `given_otherwise` are variables that need none of them."""
    spec = scope.thread_specs.get(name)
    if spec is None:
        scope.problem(f"{path}.thread_spec_name", f"there is no ThreadSpec {name!r}")
        return Start(name, ())
    declared = {variable.var_def.name: variable for variable in spec.variable_defs}
    inputs = []
    for input_name, assignment in variables.items():
        at = f"{path}.variables.{input_name}"
        variable = declared.get(input_name)
        if variable is None:
            compile_assignment(assignment, scope, at)
            scope.problem(at, f"ThreadSpec {name!r} has no variable {input_name!r}")
            continue
        what = f"variable {input_name!r} of ThreadSpec {name!r}"
        kind = scope.resolved(variable.var_def.type, at)
        inputs.append((input_name, compile_into(assignment, kind, scope, at, what)))
    for variable_name, variable in declared.items():
        if variable.required and variable_name not in variables and variable_name not in given_otherwise:
            scope.problem(
                f"{path}.variables", f"variable {variable_name!r} of ThreadSpec {name!r} is required"
            )
    return Start(name, tuple(inputs))


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Start) -> None:
    child = step.start_thread(body.spec_name, ThreadType.CHILD, thread, body.values(thread))
    node_run.state = ThreadsStarted(body.spec_name, [child.number])
    step.put_output(thread, node_run, child.number)
