"""task_views: TaskRuns as people see them, with who holds the attempt at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.api.masks import Masks
from lhredis.api.value_views import present, time_view, value_view, version_view
from lhredis.api.views import node_run_id, task_run_id
from lhredis.engine.run import Attempt, NodeRun, Reminder, Run, ThreadRun
from lhredis.model.enums import TaskStatus
from lhredis.model.nodes import Node, TaskNode
from lhredis.model.task_def import TaskDef
from lhredis.model.wf_spec import WfSpec
from lhredis.store.tasks import Claim


def task_run_view(
    run: Run,
    thread: ThreadRun,
    node_run: NodeRun,
    spec: WfSpec | None,
    task_def: TaskDef | None,
    masks: Masks,
    claim: Claim | None,
    checkpoints: int,
    now_ms: int,
    reminder: Reminder | None,
) -> dict[str, Any]:
    """A TaskRun with all its attempts; `claim` tells who holds the latest one, `checkpoints` how many
    there are. If it is a `reminder`, its NodeRun only stands for one."""
    task = node_run.task
    assert task is not None
    masked_output = masks.task_output(task.task_def)

    def shown(text: str | None) -> str | None:
        return masks.text(text, run, thread, node_run)

    attempts = [_attempt_view(attempt, masked_output, shown) for attempt in task.attempts]
    if claim is not None and task.attempts[-1].status is TaskStatus.TASK_SCHEDULED:
        attempts[-1]["status"] = TaskStatus.TASK_RUNNING.name
        attempts[-1]["task_worker_id"] = claim.worker.worker_id
        attempts[-1] |= present({"task_worker_version": claim.worker.worker_version})
        attempts[-1]["start_time"] = time_view(now_ms - claim.idle_ms)
    node = spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if spec is not None else None
    settings = _settings(node, reminder) if node is not None else None
    return present(
        {
            "id": task_run_id(run, thread, node_run),
            "task_def_id": {"name": task.task_def},
            "status": attempts[-1]["status"],
            "scheduled_at": time_view(task.attempts[0].scheduled_ms),
            "input_variables": _inputs_view(thread, node_run, task_def, masks),
            "source": _source(run, thread, node_run, reminder),
            "attempts": attempts,
            "timeout_seconds": settings.timeout_seconds if settings is not None else 0,
            "total_attempts": settings.retries + 1 if settings is not None else len(attempts),
            "exponential_backoff": (
                settings.exponential_backoff.to_json()
                if settings is not None and settings.exponential_backoff is not None
                else None
            ),
            "total_checkpoints": checkpoints,
        }
    )


def _settings(node: Node, reminder: Reminder | None) -> TaskNode | None:
    """What the spec says of the call."""
    if reminder is None or node.user_task is None:
        return node.task
    action = node.user_task.actions[reminder.action]
    return action.task.task if action.task is not None else None


def _source(run: Run, thread: ThreadRun, node_run: NodeRun, reminder: Reminder | None) -> dict[str, Any]:
    wf_spec_id = version_view(run.spec_of(node_run if reminder is None else reminder))
    if reminder is None:
        return {"task_node": node_run_id(run, thread, node_run), "wf_spec_id": wf_spec_id}
    user_task = {"wf_run_id": run.id, "thread_run_number": reminder.thread, "position": reminder.position}
    trigger = {
        "node_run_id": user_task,
        "user_task_event_number": reminder.event,
        "user_id": reminder.user_id,
        "user_group": reminder.user_group,
    }
    return {"user_task_trigger": present(trigger), "wf_spec_id": wf_spec_id}


def _inputs_view(
    thread: ThreadRun, node_run: NodeRun, task_def: TaskDef | None, masks: Masks
) -> list[dict[str, Any]]:
    assert node_run.task is not None
    views = []
    for i, value in enumerate(node_run.task.inputs):
        known = task_def is not None and i < len(task_def.input_vars)
        name = task_def.input_vars[i].name if task_def is not None and known else str(i)
        masked = masks.task_input(thread, node_run, i)
        views.append(present({"var_name": name, "value": value_view(value, masked), "masked": masked}))
    return views


def _attempt_view(
    attempt: Attempt, masked: bool, shown: Callable[[str | None], str | None]
) -> dict[str, Any]:
    """`shown` is a text as people may read it."""
    waits = attempt.status is TaskStatus.TASK_PENDING
    view = {
        "status": attempt.status.name,
        "schedule_time": None if waits else time_view(attempt.scheduled_ms),
        "start_time": time_view(attempt.started_ms),
        "end_time": time_view(attempt.ended_ms),
        "task_worker_id": attempt.worker_id,
        "task_worker_version": attempt.worker_version,
        "log_output": shown(attempt.log),
        "output": value_view(attempt.output, masked),
        "masked_value": masked,
    }
    if attempt.error is not None:
        view["error"] = {"type": attempt.error[0], "message": shown(attempt.error[1])}
    if attempt.exception is not None:
        name, message, content = attempt.exception
        view["exception"] = present(
            {"name": name, "message": shown(message), "content": value_view(content, masked)}
        )
    return present(view)
