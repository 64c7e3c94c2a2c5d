"""program: a WfSpec compiled for stepping; what can be decided once per version is decided here.

`compile_wf_spec` is also the check of a new spec: it walks everything, collects every problem with
its path, and raises them together. A spec that was registered compiles for ever after, whatever became
of the definitions that it names: when a TaskDef was deleted since, or came back with a signature that
does not fit, the node that calls it fails with TASK_ERROR at run time; content of an event that does not
fit any more, or a literal of a StructDef that was deleted, is a VarSubError of whoever comes to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from lhredis.engine.definitions import Definitions
from lhredis.engine.failures import Handler, compile_handlers
from lhredis.engine.interrupts import Interrupts, compile_interrupts
from lhredis.engine.language.declared import EngineType, type_text
from lhredis.engine.language.expressions import compile_condition
from lhredis.engine.language.mutations import Mutation, compile_mutation
from lhredis.engine.language.scope import Scope
from lhredis.engine.nodes import NODE_TYPES
from lhredis.engine.run import ThreadRun
from lhredis.engine.specs.searchable import Find, compile_searchable
from lhredis.engine.threads import VariableProgram, collect_variables, compile_variables
from lhredis.errors import InvalidSpec, Problem
from lhredis.model.enums import WfRunVariableAccessLevel
from lhredis.model.ids import check_name_in_spec
from lhredis.model.nodes import Node
from lhredis.model.value_types import unversioned
from lhredis.model.wf_spec import PutWfSpecRequest, ThreadSpec, WfSpec


class OutputUse(Enum):
    """Who needs a node's output: nobody, only the edges that leave the node (then it need not be
    stored), or something that runs later."""

    NONE = 0
    AT_ONCE = 1
    LATER = 2


@dataclass(slots=True)
class EdgeProgram:
    """`holds` is None for an edge that is always taken."""

    sink: str
    holds: Callable[[ThreadRun], bool] | None
    mutations: tuple[Mutation, ...]


@dataclass(slots=True)
class NodeProgram:
    """A node ready to run: `arrive` and `check` are its type's functions, `body` what they need.
    `output_type` is None when only the run can tell it, or there is none."""

    name: str
    kind: str
    body: Any
    arrive: Callable[..., None]
    check: Callable[..., bool]
    edges: tuple[EdgeProgram, ...]
    handlers: tuple[Handler, ...]
    output: OutputUse
    output_type: EngineType | None


@dataclass(slots=True)
class ThreadProgram:
    """A ThreadSpec ready to run; `entrypoint` is the name of its ENTRYPOINT node. `returns` is the type of
    its output by name (`void` for none, `any` when only the run can tell), `return_type` that type if it is
    known. `retention_ms` is how long an ended ThreadRun stays in the run's state (None: while it lasts).
    `searchable` are the variables that a WfRun can be found by."""

    name: str
    entrypoint: str
    nodes: dict[str, NodeProgram]
    variables: tuple[VariableProgram, ...]
    returns: str
    return_type: EngineType | None
    retention_ms: int | None
    searchable: dict[str, Find]


@dataclass(slots=True)
class Program:
    """A WfSpec ready to run; `entrypoint` is the name of the ThreadSpec of thread 0. `parent` is the name of
    the WfSpec whose runs are the parents of its runs, `inherits` whether thread 0 sees their variables.
    `retention_ms` is how long an ended run is kept (None: for ever)."""

    entrypoint: str
    threads: dict[str, ThreadProgram]
    interrupts: Interrupts
    parent: str | None
    inherits: bool
    retention_ms: int | None


def compile_wf_spec(spec: PutWfSpecRequest | WfSpec, definitions: Definitions, strict: bool) -> Program:
    """Compile a spec.

    `definitions` are those that exist, of the ones the spec names. With `strict` (registration) a
    missing one is a problem, and InvalidSpec is raised with every problem found; else those that do
    not fit the spec count as missing.
    """
    program, problems = _compile(spec, definitions, strict)
    if problems and not strict:
        program, problems = _compile(spec, _fitting(spec, definitions), strict=False)
    if problems:
        raise InvalidSpec(problems)
    return program


def _compile(
    spec: PutWfSpecRequest | WfSpec, definitions: Definitions, strict: bool
) -> tuple[Program, list[Problem]]:
    """A program, to be run only when there are no problems."""
    has_parent = spec.parent_wf_spec is not None
    scope = Scope(dict(spec.thread_specs), definitions, strict, has_parent)
    scope.variables = collect_variables(scope)
    entrypoint = spec.entrypoint_thread_name
    if entrypoint not in spec.thread_specs:
        scope.problem("entrypoint_thread_name", f"there is no ThreadSpec {entrypoint!r}")
    parent = spec.parent_wf_spec.wf_spec_name if spec.parent_wf_spec is not None else None
    if strict and parent is not None and definitions.parent is None:
        scope.problem("parent_wf_spec", f"could not find WfSpec {parent!r}")
    threads = {
        name: _compile_thread(name, thread, scope, is_entrypoint=name == entrypoint)
        for name, thread in spec.thread_specs.items()
    }
    for found, use in ((scope.used_at_once, OutputUse.AT_ONCE), (scope.referenced, OutputUse.LATER)):
        for thread_name, node_name in found:
            threads[thread_name].nodes[node_name].output = use
    inherits = any(
        variable.access_level is WfRunVariableAccessLevel.INHERITED_VAR
        for thread in spec.thread_specs.values()
        for variable in thread.variable_defs
    )
    retention_ms = None
    if spec.retention_policy is not None:
        retention_ms = spec.retention_policy.seconds_after_wf_termination * 1000
    interrupts = compile_interrupts(scope)
    return Program(entrypoint, threads, interrupts, parent, inherits, retention_ms), scope.problems


def _fitting(spec: PutWfSpecRequest | WfSpec, definitions: Definitions) -> Definitions:
    """Those that a registered spec can still use: one that was deleted may have come back changed, and an
    ExternalEventDef may be replaced at any time. The TaskDefs first: what an event carries is looked at when
    it is there."""
    fitting = replace(definitions, task_defs={}, external_event_defs={}, workflow_event_defs={})
    for kind in ("task_defs", "external_event_defs", "workflow_event_defs"):
        for name, definition in getattr(definitions, kind).items():
            more: dict[str, Any] = {kind: {**getattr(fitting, kind), name: definition}}
            with_it = replace(fitting, **more)
            if not _compile(spec, with_it, strict=False)[1]:
                fitting = with_it
    return fitting


def _compile_thread(name: str, spec: ThreadSpec, scope: Scope, is_entrypoint: bool) -> ThreadProgram:
    path = f"thread_specs.{name}"
    _check_name(name, path, scope)
    entrypoints = [node_name for node_name, node in spec.nodes.items() if node.entrypoint is not None]
    if len(entrypoints) != 1:
        scope.problem(
            f"{path}.nodes", f"a ThreadSpec has exactly one ENTRYPOINT node; got {len(entrypoints)}"
        )
    inner = scope.inside(name, {})
    inner.node_types.update(_output_types(spec, inner))
    nodes = {
        node_name: _compile_node(node_name, node, spec, inner, f"{path}.nodes.{node_name}")
        for node_name, node in spec.nodes.items()
    }
    returns, return_type = _return_type(spec, nodes, inner, path)
    variables = compile_variables(spec, scope, path, is_entrypoint)
    retention_ms = None
    if spec.retention_policy is not None:
        retention_ms = spec.retention_policy.seconds_after_thread_termination * 1000
    entrypoint = entrypoints[0] if entrypoints else ""
    searchable = compile_searchable(spec, scope, path)
    return ThreadProgram(name, entrypoint, nodes, variables, returns, return_type, retention_ms, searchable)


def _output_types(spec: ThreadSpec, scope: Scope) -> dict[str, EngineType | None]:
    """The nodes that have an output, with its type (None: not known before the run)."""
    types: dict[str, EngineType | None] = {}
    for name, node in spec.nodes.items():
        node_type = NODE_TYPES[node.kind]
        if node_type.has_output(node, scope):
            types[name] = node_type.output_type(node, scope)
    return types


def _compile_node(name: str, node: Node, spec: ThreadSpec, scope: Scope, path: str) -> NodeProgram:
    _check_name(name, path, scope)
    node_type = NODE_TYPES[node.kind]
    body = node_type.compile(getattr(node, node.kind), scope, f"{path}.{node.kind}")
    if node.exit is not None and node.outgoing_edges:
        scope.problem(f"{path}.outgoing_edges", "an EXIT node has no outgoing edges")
    if node.exit is None and not node.outgoing_edges:
        scope.problem(
            f"{path}.outgoing_edges", "only an EXIT node has no outgoing edge: the thread would stop here"
        )
    edges = tuple(
        _compile_edge(name, edge, spec, scope.leaving(name), f"{path}.outgoing_edges[{i}]")
        for i, edge in enumerate(node.outgoing_edges)
    )
    handlers = compile_handlers(node.failure_handlers, scope, f"{path}.failure_handlers")
    arrive, check, output_type = node_type.arrive, node_type.check, scope.node_types.get(name)
    return NodeProgram(name, node.kind, body, arrive, check, edges, handlers, OutputUse.NONE, output_type)


def _compile_edge(source: str, edge: Any, spec: ThreadSpec, scope: Scope, path: str) -> EdgeProgram:
    sink = spec.nodes.get(edge.sink_node_name)
    if sink is None:
        scope.problem(
            f"{path}.sink_node_name", f"there is no node {edge.sink_node_name!r} in this ThreadSpec"
        )
    elif sink.entrypoint is not None:
        scope.problem(f"{path}.sink_node_name", "no edge leads to an ENTRYPOINT node")
    elif edge.sink_node_name == source:
        scope.problem(f"{path}.sink_node_name", "an edge cannot lead to the node it leaves")
    holds = None
    if edge.condition is not None:
        holds = compile_condition(edge.condition, scope, f"{path}.condition")
    mutations = tuple(
        compile_mutation(mutation, scope, f"{path}.variable_mutations[{i}]")
        for i, mutation in enumerate(edge.variable_mutations)
    )
    return EdgeProgram(edge.sink_node_name, holds, mutations)


def _check_name(name: str, path: str, scope: Scope) -> None:
    try:
        check_name_in_spec(name)
    except ValueError as error:
        scope.problem(path, str(error))


def _return_type(
    spec: ThreadSpec, nodes: dict[str, NodeProgram], scope: Scope, path: str
) -> tuple[str, EngineType | None]:
    """The one type that all EXIT nodes of a thread return, but for those that fail (features.md 3)."""
    kinds: dict[str, str] = {}
    return_type: EngineType | None = None
    untyped = False
    for name, node in spec.nodes.items():
        if node.exit is None or node.exit.failure_def is not None:
            continue
        kind = nodes[name].body.return_type
        if node.exit.return_content is None:
            kinds.setdefault("void", name)
        elif kind is not None:
            kinds.setdefault(type_text(unversioned(kind)), name)
            return_type = kind
        else:
            untyped = True
    if len(kinds) > 1:
        listed = ", ".join(f"{kind} at {name}" for kind, name in sorted(kinds.items()))
        scope.problem(f"{path}.nodes", f"the EXIT nodes have different output types: {listed}")
    return next(iter(kinds), "any" if untyped else "void"), return_type
