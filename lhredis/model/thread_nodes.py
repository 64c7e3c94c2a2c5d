"""thread_nodes: the nodes that start child ThreadRuns and wait for them (features.md 8)."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import WaitForThreadsStrategy
from lhredis.model.failures import FailureHandlerDef
from lhredis.model.ids import Model
from lhredis.model.limits import EDGES_PER_NODE_MAX, THREAD_RUNS_MAX, VARIABLES_PER_THREAD_SPEC_MAX
from lhredis.model.one_of import exactly_one


class StartThreadNode(Model):
    """Starts one child ThreadRun; the output is its number (INT)."""

    thread_spec_name: str
    variables: dict[str, VariableAssignment] = Field(
        default_factory=dict, max_length=VARIABLES_PER_THREAD_SPEC_MAX
    )


class StartMultipleThreadsNode(Model):
    """Starts a child ThreadRun for each item of `iterable`, which it gets as INPUT; the output is the
    JSON_ARR of their numbers."""

    thread_spec_name: str
    variables: dict[str, VariableAssignment] = Field(
        default_factory=dict, max_length=VARIABLES_PER_THREAD_SPEC_MAX
    )
    iterable: VariableAssignment


class ThreadToWaitFor(Model):
    """A ThreadRun, by its number (INT)."""

    thread_run_number: VariableAssignment


class ThreadsToWaitFor(Model):
    """ThreadRuns that are known one by one when the spec is written."""

    threads: tuple[ThreadToWaitFor, ...] = Field(min_length=1, max_length=THREAD_RUNS_MAX)


class WaitForThreadsNode(Model):
    """Waits for ThreadRuns: those of `threads`, or all in the array `thread_list` (JSON_ARR of INTs). After
    `timeout_seconds` (INT) it fails with TIMEOUT, and lets them go on as far as its thread does."""

    threads: ThreadsToWaitFor | None = None
    thread_list: VariableAssignment | None = None
    per_thread_failure_handlers: tuple[FailureHandlerDef, ...] = Field(
        default=(), max_length=EDGES_PER_NODE_MAX
    )
    strategy: WaitForThreadsStrategy = WaitForThreadsStrategy.WAIT_FOR_ALL
    timeout_seconds: VariableAssignment | None = None

    @model_validator(mode="after")
    def _one_list(self) -> WaitForThreadsNode:
        exactly_one(self, ("threads", "thread_list"))
        return self
