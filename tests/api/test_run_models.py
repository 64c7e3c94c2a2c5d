"""The models of what runs are shown with: read back as they were written, and strict where it matters."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lhredis.model.events import CorrelatedEvent, ExternalEvent, PutCorrelatedEventRequest, WorkflowEvent
from lhredis.model.ids import CorrelatedEventId
from lhredis.model.limits import CORRELATION_KEY_CHARS_MAX
from lhredis.model.node_run import NodeRun
from lhredis.model.thread_run import InactiveThreadRun, ThreadHaltReason, ThreadRun

EVENT_ID = {"wf_run_id": "parent_child", "external_event_def_id": {"name": "paid"}, "guid": "g1"}
NODE_RUN_ID = {"wf_run_id": "parent_child", "thread_run_number": 0, "position": 1}
SPEC_ID = {"name": "flow", "major_version": 0, "revision": 0}
NOW = "2026-01-02T03:04:05.678Z"

THREAD_RUN: dict[str, Any] = {
    "wf_spec_id": SPEC_ID,
    "number": 1,
    "status": "HALTED",
    "thread_spec_name": "child",
    "type": "CHILD",
    "start_time": NOW,
    "current_node_position": 2,
    "parent_thread_id": 0,
    "child_thread_ids": [2, 3],
    "halt_reasons": [{"parent_halted": {"parent_thread_id": 0}}, {"manual_halt": {"meaning_of_life": True}}],
    "interrupt_trigger_id": EVENT_ID,
    "failure_being_handled": {"thread_run_number": 0, "node_run_position": 1, "failure_number": 0},
    "handled_failed_children": [2],
}

NODE_PARTS: dict[str, dict[str, Any]] = {
    "external_event": {
        "external_event_def_id": {"name": "paid"},
        "event_time": NOW,
        "external_event_id": EVENT_ID,
        "timed_out": False,
        "correlation_key": "order 1",
        "mask_correlation_key": False,
    },
    "throw_event": {
        "workflow_event_id": {
            "wf_run_id": "a", "workflow_event_def_id": {"name": "sent"}, "number": 0,
        }
    },
    "wait_for_condition": {},
    "start_thread": {"child_thread_id": 1, "thread_spec_name": "child"},
    "start_multiple_threads": {"thread_spec_name": "child", "child_thread_ids": [1, 2]},
    "wait_for_threads": {
        "threads": [
            {
                "thread_run_number": 1,
                "thread_status": "COMPLETED",
                "thread_end_time": NOW,
                "waiting_status": "THREAD_COMPLETED_OR_FAILURE_HANDLED",
                "failure_handler_thread_run_id": 4,
            }
        ]
    },
    "run_child_wf": {"child_wf_run_id": "a_b", "inputs": {"n": 1}, "wf_spec_id": SPEC_ID},
    "wait_for_child_wf": {"child_wf_run_id": "a_b"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "form"),
    [
        (ThreadRun, THREAD_RUN),
        (
            InactiveThreadRun,
            {
                "id": {"wf_run_id": "a", "thread_run_number": 1},
                "thread_run": THREAD_RUN,
                "archived": {},
            },
        ),
        (ExternalEvent, {"id": EVENT_ID, "created_at": NOW, "content": {"a": 1}, "claimed": True}),
        (
            CorrelatedEvent,
            {
                "id": {"key": "order 1", "external_event_def_id": {"name": "paid"}},
                "created_at": NOW,
                "external_events": [EVENT_ID],
            },
        ),
        (
            WorkflowEvent,
            {
                "id": {"wf_run_id": "a", "workflow_event_def_id": {"name": "sent"}, "number": 3},
                "content": {"$bytes": "aGk="},
                "created_at": NOW,
                "node_run_id": NODE_RUN_ID,
            },
        ),
    ],
)
def test_what_is_shown_reads_back_as_it_was(model: type[BaseModel], form: dict[str, Any]) -> None:
    assert model.model_validate(form).to_json() == form  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", NODE_PARTS)
def test_a_node_run_is_shown_with_the_part_of_its_kind(part: str) -> None:
    form = {
        "id": NODE_RUN_ID,
        "wf_spec_id": SPEC_ID,
        "status": "COMPLETED",
        "thread_spec_name": "entrypoint",
        "node_name": "1-node",
        "arrival_time": NOW,
        "failures": [],
        "failure_handler_ids": [],
        part: NODE_PARTS[part],
    }
    assert NodeRun.model_validate(form).to_json() == form


def test_a_thread_is_halted_for_one_reason_at_a_time() -> None:
    reason = ThreadHaltReason.model_validate({"interrupted": {"interrupt_thread_id": 3}})
    assert reason.kind == "interrupted"
    for wrong in ({}, {"interrupted": {"interrupt_thread_id": 3}, "manual_halt": {}}):
        with pytest.raises(ValidationError, match="give exactly one of parent_halted, "):
            ThreadHaltReason.model_validate(wrong)


@pytest.mark.parametrize("key", ["", "a/b", "a~b", "x" * (CORRELATION_KEY_CHARS_MAX + 1)])
def test_a_correlation_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="characters"):
        PutCorrelatedEventRequest.model_validate({"key": key, "external_event_def_id": {"name": "paid"}})


def test_a_correlation_key_may_be_nearly_any_text() -> None:
    for key in ("order 42", "ünïcode", "a@b.example", "..", "x" * CORRELATION_KEY_CHARS_MAX):
        assert CorrelatedEventId(key=key, external_event_def_id={"name": "paid"}).key == key
