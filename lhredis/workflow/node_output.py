"""node_output: what a node returns, for later nodes of the same thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lhredis.model.assignments import NodeOutputReference, VariableAssignment
from lhredis.model.value_types import ValueType
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.pathed import Pathed, PathStep

if TYPE_CHECKING:
    from lhredis.workflow.graph import NodeDraft
    from lhredis.workflow.thread_draft import ThreadDraft


class NodeOutput(Pathed):
    """The output of the latest run of a node. Other threads cannot read it: give it to a variable.

    Whatever it is the output of: `wf.handle_error(...)` and the like take it to name the node.
    """

    output_type: ValueType | None = None
    """Of what type it is, where the kind of node tells."""

    def __init__(
        self,
        node: NodeDraft,
        thread: ThreadDraft,
        json_path: str | None = None,
        lh_path: tuple[PathStep, ...] = (),
    ) -> None:
        self._node = node
        self._thread = thread
        self.json_path = json_path
        self.lh_path = lh_path

    @property
    def node_name(self) -> str:
        return self._node.name

    def _at(self, json_path: str | None, lh_path: tuple[PathStep, ...]) -> NodeOutput:
        return NodeOutput(self._node, self._thread, json_path, lh_path)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        if thread is not self._thread:
            raise WorkflowBuildError(
                f"the output of {self.node_name} can only be used in the thread {self._thread._name!r}, "
                f"not in {thread._name!r}; assign it to a variable, and use that"
            )
        source = make(NodeOutputReference, node_name=self.node_name)
        return make(VariableAssignment, node_output=source, **self._path_given(thread))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.node_name}{self._path_text()[1:]}>"


class NodeWithoutOutput(NodeOutput):
    """A node that has failures to handle, but no output to use."""

    def _at(self, json_path: str | None, lh_path: tuple[PathStep, ...]) -> NoReturn:
        raise WorkflowBuildError(f"{self.node_name} has no output")

    def assignment_in(self, thread: ThreadDraft) -> NoReturn:
        raise WorkflowBuildError(f"{self.node_name} has no output")
