"""child_wfs: start child WfRuns, and wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lhredis.model.child_wf_nodes import RunChildWfNode, WaitForChildWfNode
from lhredis.model.enums import VariableType
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.thread_draft import ThreadDraft
from lhredis.workflow.timeouts import Timeout, timeout_in


class ChildWfs(ThreadDraft):
    """RUN_CHILD_WF and WAIT_FOR_CHILD_WF nodes."""

    def run_wf(
        self,
        wf_spec_name: str | Operand,
        inputs: Mapping[str, object] | None = None,
        major_version: int | None = None,
        child_id: str | Operand | None = None,
    ) -> SpawnedChildWf:
        """Start a WfRun of another WfSpec, as a child of this one, and go on at once.

        The newest revision of `major_version` is run, which is the newest one of when this workflow is
        registered. A STR of the WfRun in place of the name is looked up when the WfRun comes there: then
        the newest version is run, and CHILD_FAILURE says that there is none. `child_id` is the child's part
        of its id (`parent_child`), random without it; when there is such a child, that is a CHILD_FAILURE.
        """
        self._check_active()
        if isinstance(wf_spec_name, str):
            given: dict[str, Any] = {"wf_spec_name": wf_spec_name}
            label = wf_spec_name
        else:
            name = check_type("the name of a WfSpec", _operand(wf_spec_name), VariableType.STR)
            given, label = {"wf_spec_var": name.assignment_in(self)}, "dynamic"
            if major_version is not None:
                raise WorkflowBuildError("a WfSpec whose name is not known yet is run in its newest version")
        if major_version is not None:
            given["major_version"] = major_version
        if inputs:
            given["inputs"] = {key: as_operand(value).assignment_in(self) for key, value in inputs.items()}
        if child_id is not None:
            of = check_type("the id of a child WfRun", as_operand(child_id), VariableType.STR)
            given["child_id"] = of.assignment_in(self)
        return SpawnedChildWf(self._step("run_child_wf", label, make(RunChildWfNode, **given)), self)

    def wait_for_child_wf(self, child_wf: SpawnedChildWf | Operand, timeout: Timeout = None) -> NodeOutput:
        """Wait until a child WfRun ends; returns its output.

        A child that ended in ERROR is a CHILD_FAILURE here; an EXCEPTION keeps its name. In another
        thread than the one that started the child, give a WF_RUN_ID variable. After `timeout` seconds (an
        int, a timedelta, or an INT of the WfRun) the step fails with TIMEOUT; the child goes on.
        """
        self._check_active()
        child = check_type("a child WfRun", _operand(child_wf), VariableType.WF_RUN_ID)
        given: dict[str, Any] = {"child_wf_run_id": child.assignment_in(self)}
        if isinstance(child, SpawnedChildWf):
            given["child_wf_run_source_node"] = child.node_name
        given |= timeout_in(self, timeout)
        return NodeOutput(self._step("wait_for_child_wf", "child", make(WaitForChildWfNode, **given)), self)


class SpawnedChildWf(NodeOutput):
    """A child WfRun that was started; its value is the id (WF_RUN_ID)."""

    output_type = VariableType.WF_RUN_ID

    @property
    def source_node_name(self) -> str:
        return self.node_name


def _operand(value: object) -> Operand:
    if not isinstance(value, Operand):
        raise WorkflowBuildError(f"a name, or a value of the WfRun is needed; got {type(value).__name__}")
    return value
