"""nodes: the steps that a ThreadSpec is made of, and the edges between them."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment, VariableMutation
from lhredis.model.child_wf_nodes import RunChildWfNode, WaitForChildWfNode
from lhredis.model.event_nodes import ExternalEventNode, ThrowEventNode, WaitForConditionNode
from lhredis.model.failures import FailureDef, FailureHandlerDef
from lhredis.model.ids import Model
from lhredis.model.limits import EDGES_PER_NODE_MAX, MUTATIONS_PER_EDGE_MAX
from lhredis.model.one_of import exactly_one
from lhredis.model.task_node import ExponentialBackoffRetryPolicy as ExponentialBackoffRetryPolicy
from lhredis.model.task_node import TaskNode as TaskNode
from lhredis.model.thread_nodes import StartMultipleThreadsNode, StartThreadNode, WaitForThreadsNode
from lhredis.model.user_task_nodes import UserTaskNode


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
    "user_task",
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
    user_task: UserTaskNode | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Node:
        exactly_one(self, NODE_KINDS)
        return self

    @property
    def kind(self) -> str:
        """Which of NODE_KINDS this is."""
        return next(kind for kind in NODE_KINDS if getattr(self, kind) is not None)
