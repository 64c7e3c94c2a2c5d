"""thread_views: WfRuns and ThreadRuns as people see them.

Dicts in the JSON form of the models in lhredis/model, built by hand, as in views.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.api.masks import Masks
from lhredis.api.value_views import time_view, value_view, version_view
from lhredis.engine.run import HaltKind, HaltReason, Run, ThreadRun
from lhredis.model.enums import ThreadType


def wf_run_view(run: Run, masks_of: Callable[[ThreadRun], Masks]) -> dict[str, Any]:
    """A WfRun with the ThreadRuns that it holds."""
    view = {
        "id": run.id,
        "wf_spec_id": version_view(run.followed),
        "status": run.status.name,
        "greatest_threadrun_number": max(run.greatest_thread_number, 0),
        "start_time": time_view(run.started_ms),
    }
    if run.ended_ms is not None:
        view["end_time"] = time_view(run.ended_ms)
    if run.old_specs:
        view["old_wf_spec_versions"] = [version_view(version) for version in run.old_specs]
    if run.migration is not None:
        view["workflow_migration_plan_id"] = {"name": run.migration.plan}
    view["thread_runs"] = [thread_view(run, thread, masks_of(thread)) for thread in run.threads.values()]
    if run.trigger is not None:
        thread, position = run.trigger
        node_run = {"wf_run_id": run.parent_id, "thread_run_number": thread, "position": position}
        view["parent_trigger"] = {"triggering_node_run": node_run}
    if any(thread.halts for thread in run.threads.values()):
        _add_pending(view, run)
    return view


def _add_pending(view: dict[str, Any], run: Run) -> None:
    """The handlers that start once their threads are halted."""
    halts = [(thread.number, reason) for thread in run.threads.values() for reason in thread.halts]
    interrupts = [
        {
            "external_event_id": _event_id(run, reason.event),
            "handler_spec_name": reason.handler_spec,
            "interrupted_thread_id": number,
        }
        for number, reason in halts
        if reason.kind is HaltKind.PENDING_INTERRUPT and reason.event is not None
    ]
    failures = [
        {"failed_thread_run": number, "handler_spec_name": reason.handler_spec}
        for number, reason in halts
        if reason.kind is HaltKind.PENDING_FAILURE
    ]
    if interrupts:
        view["pending_interrupts"] = interrupts
    if failures:
        view["pending_failures"] = failures


def thread_view(run: Run, thread: ThreadRun, masks: Masks) -> dict[str, Any]:
    """A ThreadRun."""
    view: dict[str, Any] = {
        "wf_spec_id": version_view(run.spec_of(thread)),
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
        view["error_message"] = masks.text(thread.error_message, run)
    if thread.parent is not None:
        view["parent_thread_id"] = thread.parent.number
    if thread.output is not None:
        view["output"] = value_view(thread.output, masks.thread_output(thread))
    if len(run.threads) > 1:
        _add_family(view, run, thread)
    if thread.halts:
        view["halt_reasons"] = [halt_view(run, reason) for reason in thread.halts]
    return view


def _add_family(view: dict[str, Any], run: Run, thread: ThreadRun) -> None:
    """What there is only in a run of several threads."""
    children = [other.number for other in run.threads.values() if other.parent is thread]
    if children:
        view["child_thread_ids"] = children
    if thread.handled_children:
        view["handled_failed_children"] = thread.handled_children
    if thread.trigger is not None:
        view["interrupt_trigger_id"] = _event_id(run, thread.trigger)
    if thread.type is ThreadType.FAILURE_HANDLER and thread.parent is not None:
        parent = thread.parent
        failures = parent.node.failures if parent.node is not None else []
        number = next((i for i, one in enumerate(failures) if one.handler == thread.number), None)
        if number is not None:
            view["failure_being_handled"] = {
                "thread_run_number": parent.number,
                "node_run_position": parent.position,
                "failure_number": number,
            }


def halt_view(run: Run, reason: HaltReason) -> dict[str, Any]:
    """One reason why a thread halts."""
    if reason.kind is HaltKind.PARENT_HALTED:
        return {"parent_halted": {"parent_thread_id": reason.thread}}
    if reason.kind is HaltKind.INTERRUPTED:
        return {"interrupted": {"interrupt_thread_id": reason.thread}}
    if reason.kind is HaltKind.PENDING_INTERRUPT:
        assert reason.event is not None
        return {"pending_interrupt": {"external_event_id": _event_id(run, reason.event)}}
    if reason.kind is HaltKind.PENDING_FAILURE:
        return {"pending_failure": {"node_run_position": reason.position}}
    if reason.kind is HaltKind.HANDLING_FAILURE:
        return {"handling_failure": {"handler_thread_id": reason.thread}}
    if reason.kind is HaltKind.MANUAL_HALT:
        return {"manual_halt": {"meaning_of_life": True}}
    return {
        "halted_by_parent": {
            "parent_thread_run_number": reason.thread,
            "waiting_node_run_position": reason.position,
        }
    }


def _event_id(run: Run, event: tuple[str, str]) -> dict[str, Any]:
    return {"wf_run_id": run.id, "external_event_def_id": {"name": event[0]}, "guid": event[1]}
