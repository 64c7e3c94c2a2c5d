"""execute: one attempt: call the function, and tell what became of it."""

from __future__ import annotations

import asyncio
import contextvars
import time
import traceback
from concurrent.futures import Executor
from typing import Any

import orjson

from lhredis.errors import LHTaskException
from lhredis.model.enums import LHErrorType
from lhredis.model.ids import check_name
from lhredis.model.limits import LOG_BYTES_MAX, MESSAGE_BYTES_MAX, PAYLOAD_BYTES_MAX
from lhredis.model.values import encode_value
from lhredis.store.tasks import ScheduledTask, shorten
from lhredis.worker.context import WorkerContext
from lhredis.worker.convert import ConversionError
from lhredis.worker.function import InputError, TaskFunction

Result = dict[str, Any]


async def execute(
    function: TaskFunction, task: ScheduledTask, context: WorkerContext, threads: Executor
) -> Result:
    """Run an attempt to its end; every exception of the function becomes a result."""
    started_ms = time.time_ns() // 1_000_000
    result = await _call(function, task, context, threads)
    result["started_ms"] = started_ms
    log = context.log_output
    trace = result.pop("trace", None)
    if log or trace:
        result["log"] = shorten("\n".join(part for part in (log, trace) if part), LOG_BYTES_MAX)
    return result


async def _call(
    function: TaskFunction, task: ScheduledTask, context: WorkerContext, threads: Executor
) -> Result:
    try:
        arguments = function.arguments(task.inputs, context)
    except InputError as error:
        return {"status": "TASK_INPUT_VAR_SUB_ERROR", "error": shorten(str(error), MESSAGE_BYTES_MAX)}
    try:
        if function.is_async:
            returned = await function.function(**arguments)
        else:
            call = contextvars.copy_context()
            loop = asyncio.get_running_loop()
            returned = await loop.run_in_executor(threads, lambda: call.run(function.function, **arguments))
    except LHTaskException as exception:
        return _exception(exception)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is its result
        return {"status": "TASK_FAILED", "error": _summary(error), "trace": _trace(error)}
    try:
        output = encode_value(function.output(returned))
        if _too_large(output):
            message = (
                f"RESOURCE_EXHAUSTED: the output has more than {PAYLOAD_BYTES_MAX} bytes (PAYLOAD_BYTES_MAX)"
            )
            return {"status": "TASK_OUTPUT_SERDE_ERROR", "error": message}
    except (ConversionError, ValueError, TypeError) as error:
        return {"status": "TASK_OUTPUT_SERDE_ERROR", "error": shorten(f"output: {error}", MESSAGE_BYTES_MAX)}
    return {"status": "TASK_SUCCESS", "output": output}


def _exception(exception: LHTaskException) -> Result:
    """A business exception; one whose name or content cannot travel is a failure that says so."""
    try:
        if exception.name in LHErrorType.__members__:
            raise ValueError(f"{exception.name} is reserved for technical errors")
        thrown = {
            "name": check_name(exception.name),
            "message": shorten(exception.message, MESSAGE_BYTES_MAX),
            "content": encode_value(exception.content),
        }
    except ValueError as error:
        return {
            "status": "TASK_FAILED",
            "error": f"LHTaskException({exception.name!r}) cannot be reported: {error}",
            "trace": _trace(exception),
        }
    return {"status": "TASK_EXCEPTION", "exception": thrown, "trace": _trace(exception)}


def _too_large(output: Any) -> bool:
    if output is None or type(output) in (bool, int, float):
        return False
    if type(output) is str and len(output) * 4 < PAYLOAD_BYTES_MAX:
        return False
    return len(orjson.dumps(output)) > PAYLOAD_BYTES_MAX


def _summary(error: BaseException) -> str:
    return shorten(f"{type(error).__name__}: {error}", MESSAGE_BYTES_MAX)


def _trace(error: BaseException) -> str:
    """The stack trace from the user's function on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))
