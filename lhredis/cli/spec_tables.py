"""spec_tables: what is registered, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed, shown
from lhredis.model.nodes import Node
from lhredis.model.task_def import TaskDef
from lhredis.model.types import ReturnType, VariableDef
from lhredis.model.wf_spec import ThreadSpec, WfSpec


def task_def_table(task_def: TaskDef) -> RenderableType:
    head = grid(
        [
            ("task-def", Text(task_def.id.name, style="bold")),
            ("description", Text(task_def.description or "")),
            ("returns", Text(returned_type(task_def.return_type))),
            ("registered", Text(task_def.created_at)),
        ]
    )
    inputs = listed(("input", "type", "default"), map(_variable, task_def.input_vars), empty="no inputs")
    return Group(head, "", inputs)


def wf_spec_table(spec: WfSpec) -> RenderableType:
    parts: list[RenderableType] = [
        grid([("wf-spec", Text(str(spec.id), style="bold")), ("registered", Text(spec.created_at))])
    ]
    for name, thread in spec.thread_specs.items():
        mark = " (entrypoint)" if name == spec.entrypoint_thread_name else ""
        parts += ["", Text(f"thread {name}{mark}", style="bold"), *_thread(thread)]
    return Group(*parts)


def _thread(thread: ThreadSpec) -> Iterable[RenderableType]:
    if thread.variable_defs:
        rows = (
            (
                *_variable(one.var_def),
                "required" if one.required else "",
                "searchable" if one.searchable else "",
            )
            for one in thread.variable_defs
        )
        yield listed(("variable", "type", "default", "", ""), rows)
        yield ""
    yield listed(
        ("node", "what", "then"), ((name, _what(node), _then(node)) for name, node in thread.nodes.items())
    )


def _variable(variable: VariableDef) -> tuple[str, str, Text]:
    masked = ", masked" if variable.masked else ""
    return variable.name, f"{variable.type.name}{masked}", shown(variable.default_value, variable.masked)


def returned_type(returned: ReturnType | None) -> str:
    """The name of a type; `nothing` when there is none inside."""
    if returned is None or returned.return_type is None:
        return "nothing"
    return returned.return_type.value_type.name + (", masked" if returned.return_type.masked else "")


def _what(node: Node) -> str:
    if node.task is None:
        return node.kind
    retries = f", {node.task.retries} retries" if node.task.retries else ""
    task_def = node.task.task_def_id
    name = task_def.name if task_def is not None else "(dynamic)"
    return f"task {name}, {node.task.timeout_seconds} s{retries}"


def _then(node: Node) -> str:
    return ", ".join(
        edge.sink_node_name + (" if …" if edge.condition is not None else "") for edge in node.outgoing_edges
    )
