"""child_wf_nodes: the nodes that start a child WfRun and wait for it (features.md 15)."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment
from lhredis.model.ids import Model, Name
from lhredis.model.limits import NUMBER_MAX, VARIABLES_PER_THREAD_SPEC_MAX
from lhredis.model.one_of import exactly_one


class RunChildWfNode(Model):
    """Starts a child WfRun; the output is its id (WF_RUN_ID).

    Of `wf_spec_name`, the newest revision of `major_version` is run (the newest major version of when
    the spec was registered, if none is given); of a name that `wf_spec_var` (STR) gives, the newest one.
    `child_id` (STR) is the child's part of its id, which is random without it; one that is taken is a
    CHILD_FAILURE.
    """

    wf_spec_name: Name | None = None
    wf_spec_var: VariableAssignment | None = None
    major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    inputs: dict[str, VariableAssignment] = Field(
        default_factory=dict, max_length=VARIABLES_PER_THREAD_SPEC_MAX
    )
    child_id: VariableAssignment | None = None

    @model_validator(mode="after")
    def _one_spec(self) -> RunChildWfNode:
        exactly_one(self, ("wf_spec_name", "wf_spec_var"))
        return self


class WaitForChildWfNode(Model):
    """Waits until a child WfRun ends; the output is what that returns. `child_wf_run_source_node` is the
    RUN_CHILD_WF node that started it, from which the type of the output is known. After `timeout_seconds`
    (INT) it fails with TIMEOUT; the child goes on."""

    child_wf_run_id: VariableAssignment
    child_wf_run_source_node: str | None = None
    timeout_seconds: VariableAssignment | None = None
