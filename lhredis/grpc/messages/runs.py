"""runs: where what belongs to a WfRun differs."""

from __future__ import annotations

from littlehorse.model.task_run_pb2 import TaskAttempt, TaskRunSource
from littlehorse.model.variable_pb2 import Variable

from lhredis.grpc.messages.mapper import Form, Mapping, register


def _source(form: Form) -> Form:
    if "task_node" not in form:
        return form
    return form | {"task_node": {"node_run_id": form["task_node"]}}


def _attempt(form: Form) -> Form:
    """One that succeeded has an output, be it null."""
    return {"output": None} | form if form["status"] == "TASK_SUCCESS" else form


def _variable(form: Form) -> Form:
    """One that is null has that for its value."""
    return {"value": None} | form


register(TaskRunSource, Mapping(theirs=_source))
register(TaskAttempt, Mapping(theirs=_attempt))
register(Variable, Mapping(theirs=_variable))
