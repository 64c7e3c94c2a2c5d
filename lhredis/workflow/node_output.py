"""node_output: what a node returns, for later nodes of the same thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from lhredis.model.assignments import NodeOutputReference, VariableAssignment
from lhredis.model.enums import VariableType
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.pathed import Pathed

if TYPE_CHECKING:
    from lhredis.workflow.graph import NodeDraft
    from lhredis.workflow.thread_draft import ThreadDraft


class NodeOutput(Pathed):
    """The output of the latest run of a node. Other threads cannot read it: give it to a variable.

    Whatever it is the output of: `wf.handle_error(...)` and the like take it to name the node.
    """

    output_type: VariableType | None = None
    """Of what type it is, where the kind of node tells."""

    def __init__(self, node: NodeDraft, thread: ThreadDraft, json_path: str | None = None) -> None:
        self._node = node
        self._thread = thread
        self.json_path = json_path

    @property
    def node_name(self) -> str:
        return self._node.name

    def _at(self, path: str) -> NodeOutput:
        return NodeOutput(self._node, self._thread, path)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        if thread is not self._thread:
            raise WorkflowBuildError(
                f"the output of {self.node_name} can only be used in the thread {self._thread._name!r}, "
                f"not in {thread._name!r}; assign it to a variable, and use that"
            )
        given: dict[str, Any] = {"node_output": make(NodeOutputReference, node_name=self.node_name)}
        if self.json_path is not None:
            given["json_path"] = self.json_path
        return make(VariableAssignment, **given)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.node_name}{(self.json_path or '')[1:]}>"


class NodeWithoutOutput(NodeOutput):
    """A node that has failures to handle, but no output to use."""

    def _at(self, path: str) -> NoReturn:
        raise WorkflowBuildError(f"{self.node_name} has no output")

    def assignment_in(self, thread: ThreadDraft) -> NoReturn:
        raise WorkflowBuildError(f"{self.node_name} has no output")
