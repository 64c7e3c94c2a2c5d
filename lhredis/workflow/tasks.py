"""tasks: call a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.model.enums import VariableType
from lhredis.model.ids import TaskDefId
from lhredis.model.nodes import ExponentialBackoffRetryPolicy, TaskNode
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.thread_draft import ThreadDraft


class Tasks(ThreadDraft):
    """TASK nodes."""

    def execute(
        self,
        task: str | Callable[..., Any] | Operand,
        *args: object,
        timeout_seconds: int | None = None,
        retries: int | None = None,
        exponential_backoff: ExponentialBackoffRetryPolicy | None = None,
    ) -> NodeOutput:
        """Call a task with these inputs, and wait for it; returns its output.

        `task` is a name, a function made a task by `@task`, or a STR of the WfRun that names the task
        when the WfRun comes there. Each attempt may take `timeout_seconds`; `retries` counts the
        attempts after the first one. What is left out comes from the Workflow.
        """
        given = self._spec.task_defaults | {
            key: value
            for key, value in (
                ("timeout_seconds", timeout_seconds),
                ("retries", retries),
                ("exponential_backoff", exponential_backoff),
            )
            if value is not None
        }
        if args:
            given["variables"] = tuple(as_operand(arg).assignment_in(self) for arg in args)
        if isinstance(task, Operand):
            label = "dynamic"
            name = check_type("the name of a task", task, VariableType.STR)
            given["dynamic_task"] = name.assignment_in(self)
        else:
            label = task_name(task)
            given["task_def_id"] = make(TaskDefId, name=label)
        return NodeOutput(self._step("task", label, make(TaskNode, **given)), self)


def task_name(task: object) -> str:
    """The name of a task, or of the function of one."""
    if isinstance(task, str):
        return task
    name = getattr(task, "task_def_name", None)
    if isinstance(name, str):
        return name
    if callable(task):
        raise WorkflowBuildError(
            f"{getattr(task, '__name__', task)!r} is no task; put @task before it, or give a name"
        )
    raise WorkflowBuildError(f"a task is a name or a function with @task; got {type(task).__name__}")
