"""timeouts: how long a step waits for others before it fails with TIMEOUT."""

from __future__ import annotations

from datetime import timedelta

from lhredis.model.assignments import VariableAssignment
from lhredis.workflow.operand import Operand
from lhredis.workflow.sleeps import whole_seconds
from lhredis.workflow.thread_draft import ThreadDraft

Timeout = int | timedelta | Operand | None
"""Whole seconds, or an INT of the WfRun; None waits for ever."""


def timeout_in(thread: ThreadDraft, timeout: Timeout) -> dict[str, VariableAssignment]:
    """The field of a node that says so. WorkflowBuildError unless it is 1 to SLEEP_SECONDS_MAX."""
    if timeout is None:
        return {}
    return {"timeout_seconds": whole_seconds("a timeout", timeout, 1).assignment_in(thread)}
