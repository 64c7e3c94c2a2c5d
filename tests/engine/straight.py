"""straight: specs that do a few mutations and end, as the JSON that any client can send."""

from __future__ import annotations

from typing import Any

ARRAY_OF_INT = {"inline_array_def": {"array_type": "INT"}}
CAR = {"struct_def_id": {"name": "car", "version": 0}}
PERSON = {"struct_def_id": {"name": "person", "version": 0}}


def array_of(element: Any) -> dict[str, Any]:
    return {"inline_array_def": {"array_type": element}}


def map_of(key: Any, value: Any) -> dict[str, Any]:
    return {"inline_map_def": {"key_type": key, "value_type": value}}


def straight(variables: dict[str, Any], *mutations: dict[str, Any], returns: Any = None) -> dict[str, Any]:
    """A spec with these variables (name to type), whose one edge does these mutations."""
    exit_node: dict[str, Any] = {"exit": {"return_content": returns} if returns is not None else {}}
    edge = {"sink_node_name": "1-exit", "variable_mutations": list(mutations)}
    return {
        "entrypoint": {
            "nodes": {"0-start": {"entrypoint": {}, "outgoing_edges": [edge]}, "1-exit": exit_node},
            "variable_defs": [
                {"var_def": {"name": name, "type_def": kind}} for name, kind in variables.items()
            ],
        }
    }


def change(variable: str, operation: str, right: Any, *path: str | int) -> dict[str, Any]:
    """A mutation; `right` is an assignment, or a plain value for a literal one."""
    mutation = {"lhs_name": variable, "operation": operation, "rhs_assignment": assignment(right)}
    if path:
        mutation["lhs_lh_path"] = {"path": selectors(*path)}
    return mutation


def assignment(right: Any) -> dict[str, Any]:
    return right if isinstance(right, dict) and right.keys() & ASSIGNMENT_KEYS else {"literal_value": right}


ASSIGNMENT_KEYS = {
    "variable_name",
    "node_output",
    "expression",
    "size_of",
    "struct_builder",
    "map_builder",
    "literal_value",
}


def read(variable: str, *path: str | int) -> dict[str, Any]:
    found: dict[str, Any] = {"variable_name": variable}
    if path:
        found["lh_path"] = {"path": selectors(*path)}
    return found


def selectors(*path: str | int) -> list[dict[str, Any]]:
    return [{"key": step} if isinstance(step, str) else {"index": step} for step in path]


def expression(left: Any, operator: str, right: Any) -> dict[str, Any]:
    comparators = ("EQUALS", "NOT_EQUALS", "IN", "NOT_IN", "LESS_THAN")
    word = "comparator" if operator in comparators else "mutation_type"
    return {"expression": {"lhs": assignment(left), "rhs": assignment(right), word: operator}}
