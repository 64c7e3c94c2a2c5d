"""What the stories here share: compile a function, and read the result as JSON."""

from collections.abc import Callable
from typing import Any

import pytest

from lhredis.workflow import Workflow

Spec = dict[str, Any]


def compile_function(function: Callable[[Any], object]) -> Spec:
    return Workflow("story", function).compile().to_json()


@pytest.fixture
def spec_of() -> Callable[..., Spec]:
    """The whole request."""
    return compile_function


@pytest.fixture
def nodes_of() -> Callable[..., dict[str, Any]]:
    """The nodes of the entrypoint, by name."""
    return lambda function: compile_function(function)["thread_specs"]["entrypoint"]["nodes"]


@pytest.fixture
def edges_of() -> Callable[..., dict[str, list[Any]]]:
    """The edges of the entrypoint, by the node that they leave."""

    def edges_of(function: Callable[[Any], object]) -> dict[str, list[Any]]:
        nodes = compile_function(function)["thread_specs"]["entrypoint"]["nodes"]
        return {name: node.get("outgoing_edges", []) for name, node in nodes.items()}

    return edges_of


@pytest.fixture
def value_of() -> Callable[..., Any]:
    """The JSON of a value as a task's only input; the function returns it from the variables it gets."""

    def value_of(make_value: Callable[[Any], object]) -> Any:
        spec = compile_function(lambda wf: wf.execute("use", make_value(wf)))
        return spec["thread_specs"]["entrypoint"]["nodes"]["1-use-TASK"]["task"]["variables"][0]

    return value_of
