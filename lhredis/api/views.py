"""views: the engine's runs as people see them: WfRun, ThreadRun, NodeRun, Variable.

Dicts in the JSON form of the models in lhredis/model/wf_run.py, built by hand: a start is answered
with one, and building models to dump them would cost more than the start itself. The tests read
every view with its model.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lhredis.api.masks import Masks
from lhredis.engine.run import Failure, NodeRun, Run, SpecVersion, ThreadRun
from lhredis.model.enums import LHStatus
from lhredis.model.values import MASK, Value, encode_value
from lhredis.model.wf_spec import WfSpec


def time_view(ms: int | None) -> str | None:
    """RFC 3339 with milliseconds."""
    if ms is None:
        return None
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that hold nothing."""
    return {name: value for name, value in fields.items() if value is not None}


def value_view(value: Value, masked: bool) -> Any:
    """The JSON form of a value; a null shows no secret, and stays null."""
    if value is None:
        return None
    return MASK if masked else encode_value(value)


def version_view(version: SpecVersion) -> dict[str, Any]:
    return {"name": version.name, "major_version": version.major, "revision": version.revision}


def wf_run_view(run: Run, masks: Masks) -> dict[str, Any]:
    """A WfRun with its ThreadRuns."""
    spec_id = version_view(run.followed)
    view = {
        "id": run.id,
        "wf_spec_id": spec_id,
        "status": run.status.name,
        "greatest_threadrun_number": max(run.greatest_thread_number, 0),
        "start_time": time_view(run.started_ms),
    }
    if run.ended_ms is not None:
        view["end_time"] = time_view(run.ended_ms)
    view["thread_runs"] = [_thread_view(thread, spec_id, masks) for thread in run.threads.values()]
    return view


def _thread_view(thread: ThreadRun, spec_id: dict[str, Any], masks: Masks) -> dict[str, Any]:
    view = {
        "wf_spec_id": spec_id,
        "number": thread.number,
        "status": thread.status.name,
        "thread_spec_name": thread.spec_name,
        "type": thread.type.name,
        "start_time": time_view(thread.started_ms),
        "current_node_position": thread.position,
    }
    if thread.ended_ms is not None:
        view["end_time"] = time_view(thread.ended_ms)
    if thread.error_message is not None:
        view["error_message"] = thread.error_message
    if thread.parent is not None:
        view["parent_thread_id"] = thread.parent.number
    if thread.output is not None:
        view["output"] = value_view(thread.output, masks.thread_output(thread))
    return view


def node_run_view(
    run: Run, thread: ThreadRun, node_run: NodeRun, spec: WfSpec | None, masks: Masks
) -> dict[str, Any]:
    """A NodeRun, with what belongs to its kind."""
    failures = node_run.failures
    view = {
        "id": node_run_id(run, thread, node_run),
        "wf_spec_id": version_view(run.followed),
        "status": node_run.status.name,
        "thread_spec_name": thread.spec_name,
        "node_name": node_run.name,
        "arrival_time": time_view(node_run.arrived_ms),
        "end_time": time_view(node_run.ended_ms),
        "error_message": failures[-1].message if failures else None,
        "failures": [_failure_view(one, masks.failure_content(thread, node_run)) for one in failures],
        "failure_handler_ids": [one.handler for one in failures if one.handler is not None],
    }
    kind, of_kind = _kind_view(run, thread, node_run, spec)
    view[kind] = of_kind
    return present(view)


def node_run_id(run: Run, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    return {"wf_run_id": run.id, "thread_run_number": thread.number, "position": node_run.position}


def task_run_id(run: Run, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    return {"wf_run_id": run.id, "task_guid": f"{thread.number}-{node_run.position}"}


def _kind_view(
    run: Run, thread: ThreadRun, node_run: NodeRun, spec: WfSpec | None
) -> tuple[str, dict[str, Any]]:
    if node_run.task is not None:
        return "task", {"task_run_id": task_run_id(run, thread, node_run)}
    if node_run.matures_ms is not None:
        matured = node_run.status is LHStatus.COMPLETED
        return "sleep", {"maturation_time": time_view(node_run.matures_ms), "matured": matured}
    node = spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if spec is not None else None
    if node is not None and node.exit is not None:
        return "exit", {}
    if node is not None and node.task is not None:
        return "task", {}
    return "entrypoint", {}


def _failure_view(failure: Failure, masked: bool) -> dict[str, Any]:
    return present(
        {
            "failure_name": failure.name,
            "message": failure.message,
            "content": value_view(failure.content, masked),
            "was_properly_handled": failure.handled,
            "failure_handler_threadrun_id": failure.handler,
        }
    )


def variable_view(run: Run, thread: ThreadRun, name: str, masks: Masks) -> dict[str, Any]:
    """A variable of a ThreadRun; a null is left out."""
    masked = masks.variable(name)
    return present(
        {
            "id": {"wf_run_id": run.id, "thread_run_number": thread.number, "name": name},
            "value": value_view(thread.variables[name], masked),
            "wf_spec_id": version_view(run.followed),
            "masked": masked,
        }
    )
