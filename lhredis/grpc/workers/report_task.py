"""report_task: what became of an attempt, as its worker tells it."""

from __future__ import annotations

from typing import Any

import orjson
from google.protobuf.empty_pb2 import Empty

from lhredis.errors import InvalidArgument
from lhredis.grpc.context import Context
from lhredis.grpc.messages.mapper import enum_name
from lhredis.grpc.messages.values import value_form
from lhredis.grpc.workers.attempts import find_attempt, place_of
from lhredis.grpc.workers.claims import Claimed
from lhredis.model.limits import LOG_CHARS_MAX, MESSAGE_CHARS_MAX, PAYLOAD_BYTES_MAX
from lhredis.store.task_results import REPORTABLE
from lhredis.store.tasks import shorten

Result = dict[str, Any]


async def report_task(request: Any, context: Context) -> Any:
    """Answered once Redis has it. A report that nobody waits for changes nothing and is counted. NotFound,
    InvalidArgument as find_attempt; an error of Redis means that it is to be reported again."""
    said = _said(request)
    claimed = await find_attempt(context, place_of(request.task_run_id), request.attempt_number)
    if claimed is None:
        context.services.counters.add("late_reports", 1)
    else:
        await context.front.dispatch.results.send(claimed.task.partition, _encoded(claimed, said))
    return Empty()


def _said(request: Any) -> Result:
    """Status, and what goes with it (docs/worker-protocol.md). What no value of ours holds is an output that
    cannot be read: the attempt has ended all the same. InvalidArgument for a status that no worker gives."""
    status = enum_name(request, "status")
    if status not in REPORTABLE:
        raise InvalidArgument(f"a worker reports {', '.join(REPORTABLE)}; got {status}")
    said: Result = {"status": status}
    try:
        if request.HasField("log_output"):
            log = value_form(request.log_output)
            text = log if isinstance(log, str) else orjson.dumps(log).decode()
            said["log"] = shorten(text, LOG_CHARS_MAX)
        if request.HasField("error"):
            said["error"] = shorten(request.error.message, MESSAGE_CHARS_MAX)
        if request.HasField("output"):
            said["output"] = value_form(request.output)
        if request.HasField("exception"):
            said["exception"] = {
                "name": request.exception.name,
                "message": shorten(request.exception.message, MESSAGE_CHARS_MAX),
                "content": value_form(request.exception.content),
            }
    except ValueError as error:
        return _unreadable(said, str(error))
    return said


def _unreadable(said: Result, why: str) -> Result:
    kept = {"log": said["log"]} if "log" in said else {}
    return {"status": "TASK_OUTPUT_SERDE_ERROR", "error": shorten(why, MESSAGE_CHARS_MAX), **kept}


def _encoded(claimed: Claimed, said: Result) -> bytes:
    task = claimed.task
    whose = {
        "task": task.id,
        "token": task.token,
        "tenant": task.tenant,
        "task_def": task.task_def,
        "entry": task.entry,
        "worker": claimed.consumer.worker_id,
        "worker_version": claimed.consumer.worker_version,
        "started_ms": claimed.since_ms,
    }
    data = orjson.dumps(whose | said)
    if len(data) > PAYLOAD_BYTES_MAX:
        why = (
            f"RESOURCE_EXHAUSTED: the result has {len(data)} bytes of {PAYLOAD_BYTES_MAX} (PAYLOAD_BYTES_MAX)"
        )
        data = orjson.dumps(whose | _unreadable(said, why))
    return data
