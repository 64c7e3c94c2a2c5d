"""views: the engine's NodeRuns and variables as people see them.

Dicts in the JSON form of the models in lhredis/model/wf_run.py, built by hand: a start is answered
with one, and building models to dump them would cost more than the start itself. The tests read
every view with its model.
"""

from __future__ import annotations

from typing import Any

from lhredis.api.masks import Masks
from lhredis.api.node_state_views import failed_start_view, is_sleep, state_view
from lhredis.api.value_views import present, time_view, value_view, version_view
from lhredis.engine.node_state import UserTask
from lhredis.engine.run import Failure, NodeRun, Run, ThreadRun
from lhredis.model.enums import LHStatus
from lhredis.model.wf_spec import WfSpec


def node_run_view(
    run: Run, thread: ThreadRun, node_run: NodeRun, spec: WfSpec | None, masks: Masks
) -> dict[str, Any]:
    """A NodeRun, with what belongs to its kind."""
    failures = [
        _failure_view(
            failure,
            masks.text(failure.message, run, thread, node_run),
            masks.failure_content(thread, node_run, number),
        )
        for number, failure in enumerate(node_run.failures)
    ]
    view = {
        "id": node_run_id(run, thread, node_run),
        "wf_spec_id": version_view(run.spec_of(node_run)),
        "status": node_run.status.name,
        "thread_spec_name": thread.spec_name,
        "node_name": node_run.name,
        "arrival_time": time_view(node_run.arrived_ms),
        "end_time": time_view(node_run.ended_ms),
        "error_message": failures[-1]["message"] if failures else None,
        "failures": failures,
        "failure_handler_ids": [one.handler for one in node_run.failures if one.handler is not None],
    }
    kind, of_kind = _kind_view(run, thread, node_run, spec, masks)
    view[kind] = of_kind
    return present(view)


def node_run_id(run: Run, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    return {"wf_run_id": run.id, "thread_run_number": thread.number, "position": node_run.position}


def task_run_id(run: Run, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    return {"wf_run_id": run.id, "task_guid": f"{thread.number}-{node_run.position}"}


def user_task_run_id(run: Run, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
    return {"wf_run_id": run.id, "user_task_guid": f"{thread.number}-{node_run.position}"}


def _kind_view(
    run: Run, thread: ThreadRun, node_run: NodeRun, spec: WfSpec | None, masks: Masks
) -> tuple[str, dict[str, Any]]:
    if node_run.task is not None:
        return "task", {"task_run_id": task_run_id(run, thread, node_run)}
    node = spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if spec is not None else None
    if is_sleep(node_run, node):
        matured = node_run.status is LHStatus.COMPLETED
        return "sleep", {"maturation_time": time_view(node_run.due_ms), "matured": matured}
    if isinstance(node_run.state, UserTask):
        return "user_task", {"user_task_run_id": user_task_run_id(run, thread, node_run)}
    if node_run.state is not None:
        return state_view(run, node_run.state, node, masks.taken_in(thread, node_run))
    if node is None or node.kind == "nop":
        return "entrypoint", {}
    return node.kind, failed_start_view(node)


def _failure_view(failure: Failure, message: str | None, masked: bool) -> dict[str, Any]:
    return present(
        {
            "failure_name": failure.name,
            "message": message,
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
            "created_at": time_view(thread.started_ms),
            "wf_spec_id": version_view(run.spec_of(thread)),
            "masked": masked,
        }
    )
