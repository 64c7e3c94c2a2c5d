"""tasks: call a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.model.ids import TaskDefId
from lhredis.model.nodes import ExponentialBackoffRetryPolicy, TaskNode
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import as_operand
from lhredis.workflow.thread_draft import ThreadDraft


class Tasks(ThreadDraft):
    """TASK nodes."""

    def execute(
        self,
        task: str | Callable[..., Any],
        *args: object,
        timeout_seconds: int | None = None,
        retries: int | None = None,
        exponential_backoff: ExponentialBackoffRetryPolicy | None = None,
    ) -> NodeOutput:
        """Call a task with these inputs, and wait for it; returns its output.

        `task` is a name, or a function made a task by `@task`. Each attempt may take
        `timeout_seconds`; `retries` counts the attempts after the first one. What is left out
        comes from the Workflow.
        """
        name = _task_name(task)
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
        content = make(TaskNode, task_def_id=make(TaskDefId, name=name), **given)
        return NodeOutput(self._step("task", name, content), self)


def _task_name(task: object) -> str:
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
