"""checkpoints: values that an attempt stores on its way, and finds again when it is a retry."""

from __future__ import annotations

import time
from typing import Any

from littlehorse.model.service_pb2 import PutCheckpointResponse
from littlehorse.model.task_run_pb2 import Checkpoint as CheckpointMessage

from lhredis.errors import InvalidArgument, NotFound, ResourceExhausted
from lhredis.grpc.context import Context
from lhredis.grpc.messages.ids import write_wf_run_id
from lhredis.grpc.messages.values import value_form, write_value
from lhredis.grpc.workers.attempts import TaskRunPlace, find_attempt, place_of
from lhredis.grpc.workers.claims import Claimed
from lhredis.model.limits import CHECKPOINTS_PER_TASK_RUN_MAX, LOG_CHARS_MAX, PAYLOAD_BYTES_MAX
from lhredis.model.values import decode_value, encode_value
from lhredis.store.checkpoints import Checkpoint, checkpoint_at, checkpoint_counts, encode_checkpoint
from lhredis.store.commands.put_checkpoint import Put, put_checkpoint
from lhredis.store.tasks import shorten

STOP = PutCheckpointResponse(flow_control_continue_type=PutCheckpointResponse.STOP_TASK)


async def put_checkpoint_rpc(request: Any, context: Context) -> Any:
    """Store the next value of a TaskRun; the attempt's timeout starts anew. An attempt that nobody waits for
    any more is told to stop. InvalidArgument when no variable can hold the value, ResourceExhausted."""
    place = place_of(request.task_run_id)
    try:
        value = decode_value(value_form(request.value))
    except ValueError as error:
        raise InvalidArgument(f"value: {error}") from None
    claimed = await find_attempt(context, place, request.task_attempt)
    if claimed is None:
        return STOP
    logs = shorten(request.logs, LOG_CHARS_MAX) or None
    checkpoint = Checkpoint(0, value, request.task_attempt, time.time_ns() // 1_000_000, logs)
    async with context.services.places:
        stored = await _store(context, place, claimed, checkpoint)
    if stored is None:
        return STOP
    return PutCheckpointResponse(
        flow_control_continue_type=PutCheckpointResponse.CONTINUE_TASK,
        created_checkpoint=_message(place, stored),
    )


async def get_checkpoint(request: Any, context: Context) -> Any:
    """The value in clear: it is for the task that stored it. NotFound."""
    place, number = place_of(request.task_run), request.checkpoint_number
    partition = context.services.partition_of(place.wf_run_id)
    where = (partition, context.tenant, place.wf_run_id, place.thread, place.position)
    async with context.services.places:
        checkpoint = await checkpoint_at(context.services.redis, *where, number)
    if checkpoint is None:
        raise NotFound(
            f"TaskRun '{place.thread}-{place.position}' of WfRun {place.wf_run_id!r} has no checkpoint {number}"
        )
    return _message(place, checkpoint)


async def _store(
    context: Context, place: TaskRunPlace, claimed: Claimed, wanted: Checkpoint
) -> Checkpoint | None:
    """Under the first number that is free. None when the attempt is to stop."""
    redis, task = context.services.redis, claimed.task
    counts = await checkpoint_counts(redis, task.partition, task.tenant, place.wf_run_id)
    json = encode_checkpoint(encode_value(wanted.value), wanted.attempt, wanted.created_ms, wanted.logs)
    if len(json) > PAYLOAD_BYTES_MAX:
        raise ResourceExhausted(
            f"a checkpoint has {len(json)} bytes of {PAYLOAD_BYTES_MAX} (PAYLOAD_BYTES_MAX)"
        )
    for number in range(counts[place.thread, place.position], CHECKPOINTS_PER_TASK_RUN_MAX):
        put, kept = await put_checkpoint(redis, claimed.consumer.name, task, number, json)
        if put is Put.STOP:
            return None
        if kept == json:  # it was ours already when the first answer got lost
            return Checkpoint(number, wanted.value, wanted.attempt, wanted.created_ms, wanted.logs)
    raise ResourceExhausted(
        f"a TaskRun has at most {CHECKPOINTS_PER_TASK_RUN_MAX} checkpoints (CHECKPOINTS_PER_TASK_RUN_MAX)"
    )


def _message(place: TaskRunPlace, checkpoint: Checkpoint) -> Any:
    message = CheckpointMessage(logs=checkpoint.logs)
    write_wf_run_id(place.wf_run_id, message.id.task_run.wf_run_id)
    message.id.task_run.task_guid = f"{place.thread}-{place.position}"
    message.id.checkpoint_number = checkpoint.number
    message.value.SetInParent()
    write_value(encode_value(checkpoint.value), message.value)
    message.created_at.FromMilliseconds(checkpoint.created_ms)
    return message
