"""graph: nodes and edges of a thread that is being built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lhredis.model.assignments import VariableAssignment, VariableMutation
from lhredis.model.failures import FailureHandlerDef
from lhredis.model.ids import Model
from lhredis.model.limits import NAME_CHARS_MAX
from lhredis.model.nodes import Edge, Node
from lhredis.workflow.build_errors import make


@dataclass(eq=False, slots=True)
class EdgeDraft:
    """An edge that leaves a node. It is loose until it has a sink."""

    condition: VariableAssignment | None = None
    sink: NodeDraft | None = None
    mutations: list[VariableMutation] = field(default_factory=list)

    def to_model(self) -> Edge:
        assert self.sink is not None, "an edge was left loose"
        given: dict[str, Any] = {"sink_node_name": self.sink.name}
        if self.condition is not None:
            given["condition"] = self.condition
        if self.mutations:
            given["variable_mutations"] = tuple(self.mutations)
        return make(Edge, **given)


@dataclass(eq=False, slots=True)
class NodeDraft:
    """A node: `kind` is one of NODE_KINDS, `content` its model. Edges are tried in order.

    `failure_handlers` are those of the node, `child_failure_handlers` those of a single child that it
    waits for.
    """

    name: str
    kind: str
    content: Model
    edges: list[EdgeDraft] = field(default_factory=list)
    failure_handlers: list[FailureHandlerDef] = field(default_factory=list)
    child_failure_handlers: list[FailureHandlerDef] = field(default_factory=list)

    def open_edge(self, condition: VariableAssignment | None = None) -> EdgeDraft:
        """A new loose edge, after those that leave this node already."""
        edge = EdgeDraft(condition)
        self.edges.append(edge)
        return edge

    def to_model(self) -> Node:
        given: dict[str, Any] = {self.kind: self._full_content()}
        if self.edges:
            given["outgoing_edges"] = tuple(edge.to_model() for edge in self.edges)
        if self.failure_handlers:
            given["failure_handlers"] = tuple(self.failure_handlers)
        return make(Node, **given)

    def _full_content(self) -> Model:
        """The content, with the handlers that were added after it was made (WAIT_FOR_THREADS only)."""
        handlers = tuple(self.child_failure_handlers)
        return (
            self.content.model_copy(update={"per_thread_failure_handlers": handlers})
            if handlers
            else self.content
        )


def fitting_name(before: str, label: str, after: str = "") -> str:
    """`before` + `label` + `after`, the label cut so that the name keeps to its limit."""
    room = NAME_CHARS_MAX - len(before) - len(after)
    return f"{before}{label[:room].rstrip('-')}{after}"
