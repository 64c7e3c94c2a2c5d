"""node_state_views: what NodeRuns of each kind keep, as people see it."""

from __future__ import annotations

from typing import Any

from lhredis.api.value_views import present, time_view, version_view
from lhredis.engine.node_state import (
    ChildWfStarted,
    ChildWfWait,
    EventThrown,
    EventWait,
    NodeState,
    ThreadsStarted,
    ThreadsWait,
    ThreadWait,
)
from lhredis.engine.run import NodeRun, Run
from lhredis.model.nodes import Node
from lhredis.model.values import MASK, encode_value


def state_view(run: Run, state: NodeState, node: Node | None, masked: bool) -> tuple[str, dict[str, Any]]:
    """(kind, view). `masked`: what the node took in (a correlation key, inputs) is nobody's business."""
    if isinstance(state, EventWait):
        return "external_event", _event_wait(run, state, masked)
    if isinstance(state, ThreadsStarted):
        return _threads_started(state, node)
    if isinstance(state, ThreadsWait):
        return "wait_for_threads", {"threads": [_thread_wait(one) for one in state.threads]}
    if isinstance(state, EventThrown):
        event_id = {
            "wf_run_id": run.id,
            "workflow_event_def_id": {"name": state.event_def},
            "number": state.number,
        }
        return "throw_event", {"workflow_event_id": event_id}
    if isinstance(state, ChildWfStarted):
        return "run_child_wf", {
            "child_wf_run_id": state.wf_run_id,
            "inputs": {name: MASK if masked else encode_value(value) for name, value in state.inputs.items()},
            "wf_spec_id": version_view(state.spec),
        }
    assert isinstance(state, ChildWfWait)
    return "wait_for_child_wf", {"child_wf_run_id": state.wf_run_id}


def is_sleep(node_run: NodeRun, node: Node | None) -> bool:
    """Only WAIT_FOR_CONDITION has, like a SLEEP, a time and nothing else to keep. One whose WfSpec was
    deleted passes for a SLEEP."""
    is_condition = node is not None and node.wait_for_condition is not None
    return node_run.due_ms is not None and node_run.state is None and not is_condition


def failed_start_view(node: Node) -> dict[str, Any]:
    """What can be said of a node that failed before it had anything to keep."""
    if node.external_event is not None:
        return {"external_event_def_id": node.external_event.external_event_def_id.to_json()}
    if node.start_thread is not None:
        return {"thread_spec_name": node.start_thread.thread_spec_name}
    if node.start_multiple_threads is not None:
        return {"thread_spec_name": node.start_multiple_threads.thread_spec_name}
    return {}


def _event_wait(run: Run, state: EventWait, masked: bool) -> dict[str, Any]:
    event_def = {"name": state.event_def}
    event_id = None
    if state.guid is not None:
        event_id = {"wf_run_id": run.id, "external_event_def_id": event_def, "guid": state.guid}
    key = state.correlation_key
    return present(
        {
            "external_event_def_id": event_def,
            "event_time": time_view(state.event_ms),
            "external_event_id": event_id,
            "timed_out": state.timed_out,
            "correlation_key": MASK if key is not None and masked else key,
            "mask_correlation_key": masked,
        }
    )


def _threads_started(state: ThreadsStarted, node: Node | None) -> tuple[str, dict[str, Any]]:
    several = node.start_multiple_threads is not None if node is not None else len(state.numbers) != 1
    view: dict[str, Any] = {"thread_spec_name": state.spec_name}
    if several:
        return "start_multiple_threads", view | {"child_thread_ids": state.numbers}
    return "start_thread", view | {"child_thread_id": state.numbers[0]}


def _thread_wait(one: ThreadWait) -> dict[str, Any]:
    return present(
        {
            "thread_run_number": one.number,
            "thread_status": one.thread_status.name,
            "thread_end_time": time_view(one.ended_ms),
            "waiting_status": one.status.name,
            "failure_handler_thread_run_id": one.handler,
        }
    )
