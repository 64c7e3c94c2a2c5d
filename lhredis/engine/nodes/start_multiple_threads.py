"""start_multiple_threads: starts a child ThreadRun for each item of an array; the array of their
numbers is the output. Either all of them start or none (semantics.md 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.language.declared import items_of, may_be_array, type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import ThreadsStarted
from lhredis.engine.nodes.nop import check
from lhredis.engine.nodes.start_thread import Start, compile_start, has_output
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.engine.threads import initial_variables
from lhredis.model.enums import ThreadType, VariableType
from lhredis.model.nodes import Node
from lhredis.model.thread_nodes import StartMultipleThreadsNode
from lhredis.model.types import INPUT

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output", "output_type"]


@dataclass(slots=True, frozen=True)
class StartMultiple:
    """`takes_item` tells whether the children declare INPUT."""

    start: Start
    iterable: Getter
    takes_item: bool


def output_type(node: Node, scope: Scope) -> VariableType | None:
    return T.JSON_ARR


def compile(spec: StartMultipleThreadsNode, scope: Scope, path: str) -> StartMultiple:
    typed = compile_assignment(spec.iterable, scope, f"{path}.iterable")
    if not may_be_array(typed.type):
        scope.problem(f"{path}.iterable", f"only an array has items; this is {type_text(typed.type)}")
    start = compile_start(spec.thread_spec_name, spec.variables, (INPUT,), scope, path)
    child = scope.thread_specs.get(spec.thread_spec_name)
    takes_item = child is not None and any(one.var_def.name == INPUT for one in child.variable_defs)
    return StartMultiple(start, typed.get, takes_item)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: StartMultiple) -> None:
    iterable = body.iterable(thread)
    items = items_of(iterable)
    if items is None:
        raise VarSubError(f"only an array has items; got {type_name(iterable)}")
    name, shared = body.start.spec_name, body.start.values(thread)
    inputs = [{**shared, INPUT: item} if body.takes_item else shared for item in items]
    step.make_room(len(inputs))
    for given in inputs:
        initial_variables(step.program_of(thread).threads[name].variables, given)
    children = [step.start_thread(name, ThreadType.CHILD, thread, given) for given in inputs]
    numbers = [child.number for child in children]
    node_run.state = ThreadsStarted(name, numbers)
    step.put_output(thread, node_run, numbers)
