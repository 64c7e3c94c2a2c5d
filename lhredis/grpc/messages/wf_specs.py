"""wf_specs: where the messages of a WfSpec differ from lhredis/model/wf_spec.py.

Older forms become the newer ones that say the same: a `legacy_condition` is an expression, the right side
of a mutation is an assignment. Zero and -1 for "not given" become nothing.
"""

from __future__ import annotations

from typing import Any

from littlehorse.model.common_wfspec_pb2 import TaskNode, VariableMutation
from littlehorse.model.service_pb2 import PutWfSpecRequest
from littlehorse.model.wf_spec_pb2 import (
    Edge,
    ExternalEventNode,
    RunChildWfNode,
    ThreadSpec,
    WaitForConditionNode,
)

from lhredis.grpc.messages.mapper import Form, Mapping, register

NEWEST_MAJOR = -1
"""In place of the major version of a child: the newest one."""


def _condition(form: Form) -> Form:
    legacy = form.pop("legacy_condition", None)
    if legacy is not None:
        sides = {"lhs": legacy.get("left"), "rhs": legacy.get("right")}
        form["condition"] = {"expression": {**sides, "comparator": legacy["comparator"]}}
    return form


def _mutation(form: Form) -> Form:
    if "literal_value" in form:
        form["rhs_assignment"] = {"literal_value": form.pop("literal_value")}
    return form


def _thread_spec(form: Form) -> Form:
    for name, node in form.get("nodes", {}).items():
        for edge in node.get("outgoing_edges", ()):
            for mutation in edge.get("variable_mutations", ()):
                _take_output_of(name, mutation)
    return _without_empty_policy(form)


def _take_output_of(node_name: str, mutation: dict[str, Any]) -> None:
    """A mutation whose right side is the output of the node that its edge leaves, in which only the path
    is told."""
    source = mutation.pop("node_output", None)
    if source is not None:
        paths = {"json_path": source.get("jsonpath"), "lh_path": source.get("lh_path")}
        given = {name: path for name, path in paths.items() if path is not None}
        mutation["rhs_assignment"] = {"node_output": {"node_name": node_name}, **given}


def _without_empty_policy(form: Form) -> Form:
    """A retention policy that tells no time keeps for ever, as none does."""
    if form.get("retention_policy") == {}:
        del form["retention_policy"]
    return form


def _put_wf_spec(form: Form) -> Form:
    parent = form.get("parent_wf_spec")
    if parent is not None and parent["wf_spec_major_version"] == 0:  # what clients send who name none
        del parent["wf_spec_major_version"]
    return _without_empty_policy(form)


def _task_node(form: Form) -> Form:
    if form["timeout_seconds"] == 0:
        del form["timeout_seconds"]
    return form


def _child_wf(form: Form) -> Form:
    if form["major_version"] == NEWEST_MAJOR:
        del form["major_version"]
    return form


def _child_wf_there(form: Form) -> Form:
    return form if form.get("major_version") is not None else {**form, "major_version": NEWEST_MAJOR}


def _event_node(form: Form) -> Form:
    form.setdefault("mask_correlation_key", False)  # clients decide it; ours would look at the variable
    return form


register(Edge, Mapping(ours=_condition))
register(WaitForConditionNode, Mapping(ours=_condition))
register(VariableMutation, Mapping(ours=_mutation))
register(ThreadSpec, Mapping(ours=_thread_spec))
register(PutWfSpecRequest, Mapping(ours=_put_wf_spec))
register(TaskNode, Mapping(ours=_task_node))
register(RunChildWfNode, Mapping(ours=_child_wf, theirs=_child_wf_there))
register(ExternalEventNode, Mapping(ours=_event_node))
