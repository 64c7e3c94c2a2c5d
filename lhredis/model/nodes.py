"""nodes: the steps that a ThreadSpec is made of, and the edges between them."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment, VariableMutation
from lhredis.model.child_wf_nodes import RunChildWfNode, WaitForChildWfNode
from lhredis.model.event_nodes import ExternalEventNode, ThrowEventNode, WaitForConditionNode
from lhredis.model.failures import FailureDef, FailureHandlerDef
from lhredis.model.ids import Model, TaskDefId
from lhredis.model.limits import (
    EDGES_PER_NODE_MAX,
    INPUTS_PER_TASK_MAX,
    MUTATIONS_PER_EDGE_MAX,
    RETRIES_MAX,
    RETRY_DELAY_MS_MAX,
    TASK_TIMEOUT_SECONDS_DEFAULT,
    TASK_TIMEOUT_SECONDS_MAX,
)
from lhredis.model.one_of import exactly_one
from lhredis.model.thread_nodes import StartMultipleThreadsNode, StartThreadNode, WaitForThreadsNode


class EntrypointNode(Model):
    """Where every ThreadRun starts; position 0."""


class NopNode(Model):
    """Does nothing; branches and loops hang on it."""


class ExitNode(Model):
    """Ends the ThreadRun: with nothing, with an output, or with a failure."""

    failure_def: FailureDef | None = None
    return_content: VariableAssignment | None = None

    @model_validator(mode="after")
    def _one_result(self) -> ExitNode:
        if self.failure_def is not None and self.return_content is not None:
            raise ValueError("give failure_def or return_content, not both")
        return self


class ExponentialBackoffRetryPolicy(Model):
    """Wait before retry k: min(base_interval_ms · multiplier^(k-1), max_delay_ms) milliseconds."""

    base_interval_ms: int
    max_delay_ms: int = Field(le=RETRY_DELAY_MS_MAX)
    multiplier: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _sane(self) -> ExponentialBackoffRetryPolicy:
        if self.base_interval_ms <= 0:
            raise ValueError(f"base_interval_ms must be above 0; got {self.base_interval_ms}")
        if self.multiplier < 1:
            raise ValueError(f"multiplier must be at least 1; got {self.multiplier}")
        if self.max_delay_ms < self.base_interval_ms:
            raise ValueError(
                f"max_delay_ms must be at least base_interval_ms ({self.base_interval_ms}); got {self.max_delay_ms}"
            )
        return self


class TaskNode(Model):
    """Calls a task: that of `task_def_id`, or the one that `dynamic_task` (STR) names when the node is
    reached. `retries` counts the attempts after the first one."""

    task_def_id: TaskDefId | None = None
    dynamic_task: VariableAssignment | None = None
    variables: tuple[VariableAssignment, ...] = Field(default=(), max_length=INPUTS_PER_TASK_MAX)
    timeout_seconds: int = Field(default=TASK_TIMEOUT_SECONDS_DEFAULT, gt=0, le=TASK_TIMEOUT_SECONDS_MAX)
    retries: int = Field(default=0, ge=0, le=RETRIES_MAX)
    exponential_backoff: ExponentialBackoffRetryPolicy | None = None

    @model_validator(mode="after")
    def _one_task(self) -> TaskNode:
        exactly_one(self, ("task_def_id", "dynamic_task"))
        return self


class SleepNode(Model):
    """Waits: for seconds (INT), until a time (INT epoch ms or TIMESTAMP), or until an ISO date (STR)."""

    raw_seconds: VariableAssignment | None = None
    timestamp: VariableAssignment | None = None
    iso_date: VariableAssignment | None = None

    @model_validator(mode="after")
    def _one_length(self) -> SleepNode:
        exactly_one(self, ("raw_seconds", "timestamp", "iso_date"))
        return self


class Edge(Model):
    """Where to go next, if `condition` (a BOOL) holds, and what changes on the way."""

    sink_node_name: str
    condition: VariableAssignment | None = None
    variable_mutations: tuple[VariableMutation, ...] = Field(default=(), max_length=MUTATIONS_PER_EDGE_MAX)


NODE_KINDS = (
    "entrypoint",
    "exit",
    "task",
    "nop",
    "sleep",
    "external_event",
    "throw_event",
    "wait_for_condition",
    "start_thread",
    "start_multiple_threads",
    "wait_for_threads",
    "run_child_wf",
    "wait_for_child_wf",
)
"""The fields of Node of which exactly one is given: what the node is."""


class Node(Model):
    """A step: what it is, and the edges that leave it, tried in order."""

    outgoing_edges: tuple[Edge, ...] = Field(default=(), max_length=EDGES_PER_NODE_MAX)
    failure_handlers: tuple[FailureHandlerDef, ...] = Field(default=(), max_length=EDGES_PER_NODE_MAX)
    entrypoint: EntrypointNode | None = None
    exit: ExitNode | None = None
    task: TaskNode | None = None
    nop: NopNode | None = None
    sleep: SleepNode | None = None
    external_event: ExternalEventNode | None = None
    throw_event: ThrowEventNode | None = None
    wait_for_condition: WaitForConditionNode | None = None
    start_thread: StartThreadNode | None = None
    start_multiple_threads: StartMultipleThreadsNode | None = None
    wait_for_threads: WaitForThreadsNode | None = None
    run_child_wf: RunChildWfNode | None = None
    wait_for_child_wf: WaitForChildWfNode | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Node:
        exactly_one(self, NODE_KINDS)
        return self

    @property
    def kind(self) -> str:
        """Which of NODE_KINDS this is."""
        return next(kind for kind in NODE_KINDS if getattr(self, kind) is not None)
