"""scheduled_tasks: a claimed attempt as the ScheduledTask that its worker is sent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from littlehorse.model.service_pb2 import ScheduledTask as ScheduledTaskMessage

from lhredis.grpc.messages.ids import write_wf_run_id
from lhredis.grpc.messages.values import write_value
from lhredis.model.values import encode_value
from lhredis.store.tasks import ScheduledTask, task_id_parts


def scheduled_task(task: ScheduledTask, masked_inputs: Collection[str], checkpoints: int) -> Any:
    """Inputs are in clear; those that people do not see are marked. `checkpoints` is how many the TaskRun
    has."""
    wf_run_id, thread, position, attempt = task_id_parts(task.id)
    message = ScheduledTaskMessage(attempt_number=attempt, total_observed_checkpoints=checkpoints)
    write_wf_run_id(wf_run_id, message.task_run_id.wf_run_id)
    message.task_run_id.task_guid = f"{thread}-{position}"
    message.task_def_id.name = task.task_def
    message.created_at.FromMilliseconds(task.scheduled_ms)
    for name, value in task.inputs.items():
        variable = message.variables.add(var_name=name, masked=name in masked_inputs)
        variable.value.SetInParent()
        write_value(encode_value(value), variable.value)
    if task.user_task is None:
        _write_node_run_id(wf_run_id, thread, position, message.source.task_node.node_run_id)
    else:
        trigger = message.source.user_task_trigger
        _write_node_run_id(wf_run_id, thread, task.user_task.position, trigger.node_run_id)
        trigger.user_task_event_number = task.user_task.event
        if task.user_task.user_id is not None:
            trigger.user_id = task.user_task.user_id
        if task.user_task.user_group is not None:
            trigger.user_group = task.user_task.user_group
    return message


def _write_node_run_id(wf_run_id: str, thread: int, position: int, node_run_id: Any) -> None:
    write_wf_run_id(wf_run_id, node_run_id.wf_run_id)
    node_run_id.thread_run_number = thread
    node_run_id.position = position
