"""execute: one attempt: call the function, and tell what became of it."""

from __future__ import annotations

import asyncio
import contextvars
import time
import traceback
from concurrent.futures import Executor
from typing import Any

from lhredis.errors import LHTaskException
from lhredis.model.enums import LHErrorType
from lhredis.model.ids import check_name
from lhredis.model.limits import LOG_CHARS_MAX, MESSAGE_CHARS_MAX
from lhredis.model.redaction import redacted, secrets_in
from lhredis.store.tasks import ScheduledTask, shorten
from lhredis.worker.context import WorkerContext
from lhredis.worker.function import InputError, TaskFunction
from lhredis.worker.payload import payload_of

Result = dict[str, Any]


async def execute(
    function: TaskFunction, task: ScheduledTask, context: WorkerContext, threads: Executor
) -> Result:
    """Run an attempt to its end; every exception of the function becomes a result. AttemptStopped when
    nobody waits for one."""
    started_ms = time.time_ns() // 1_000_000
    result = await _call(function, task, context, threads)
    result["started_ms"] = started_ms
    log = context.log_output
    trace = result.pop("trace", None)
    if log or trace:
        result["log"] = _text("\n".join(part for part in (log, trace) if part), LOG_CHARS_MAX)
    if function.masked_inputs:
        _hide(result, secrets_in(task.inputs.get(name) for name in function.masked_inputs))
    return result


def _hide(result: Result, secrets: tuple[str, ...]) -> None:
    """Put a mask over masked inputs in what the attempt says. Its output and an exception's content are
    values: they are masked as a whole, when the TaskDef says so."""
    for form, name in ((result, "error"), (result, "log"), (result.get("exception", {}), "message")):
        if name in form:
            form[name] = redacted(form[name], secrets)


async def _call(
    function: TaskFunction, task: ScheduledTask, context: WorkerContext, threads: Executor
) -> Result:
    try:
        arguments = function.arguments(task.inputs, context)
    except InputError as error:
        return {"status": "TASK_INPUT_VAR_SUB_ERROR", "error": _text(str(error), MESSAGE_CHARS_MAX)}
    except Exception as error:  # noqa: BLE001 - a user's own validator may raise anything
        return {"status": "TASK_INPUT_VAR_SUB_ERROR", "error": _summary(error), "trace": _trace(error)}
    try:
        returned = await _returned(function, arguments, threads)
    except LHTaskException as exception:
        return _exception(exception)
    except asyncio.CancelledError as error:
        task_of_ours = asyncio.current_task()
        if task_of_ours is None or task_of_ours.cancelling():
            raise
        return {"status": "TASK_FAILED", "error": _summary(error), "trace": _trace(error)}
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is its result
        return {"status": "TASK_FAILED", "error": _summary(error), "trace": _trace(error)}
    try:
        output = payload_of(function.output(returned))
    except Exception as error:  # noqa: BLE001 - a user's own validator may raise anything
        return {
            "status": "TASK_OUTPUT_SERDE_ERROR",
            "error": _text(f"output: {error}", MESSAGE_CHARS_MAX),
        }
    return {"status": "TASK_SUCCESS", "output": output}


async def _returned(function: TaskFunction, arguments: dict[str, Any], threads: Executor) -> Any:
    if function.is_async:
        return await function.function(**arguments)
    call = contextvars.copy_context()

    def outcome() -> tuple[Any, Exception | None]:
        try:
            return call.run(function.function, **arguments), None
        except Exception as error:  # noqa: BLE001 - a future hangs for ever when a StopIteration is set on it
            return None, error

    returned, error = await asyncio.get_running_loop().run_in_executor(threads, outcome)
    if isinstance(error, StopIteration):
        raise RuntimeError(f"the function raised StopIteration({error.value!r})") from error
    if error is not None:
        raise error
    return returned


def _exception(exception: LHTaskException) -> Result:
    """A business exception; one whose name or content cannot travel is a failure that says so."""
    try:
        if exception.name in LHErrorType.__members__:
            raise ValueError(f"{exception.name} is reserved for technical errors")
        thrown = {
            "name": check_name(exception.name),
            "message": _text(exception.message, MESSAGE_CHARS_MAX),
            "content": payload_of(exception.content),
        }
    except (ValueError, TypeError, AttributeError) as error:
        return {
            "status": "TASK_FAILED",
            "error": _text(
                f"LHTaskException({exception.name!r}) cannot be reported: {error}", MESSAGE_CHARS_MAX
            ),
            "trace": _trace(exception),
        }
    return {"status": "TASK_EXCEPTION", "exception": thrown, "trace": _trace(exception)}


def _text(text: str, characters_max: int) -> str:
    """A text that can be sent: JSON takes no half of a surrogate pair, which a file's name may have."""
    return shorten(text, characters_max).encode("utf-8", "replace").decode()


def _summary(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001 - its __str__ is the user's, too
        text = f"{type(error).__name__}: it cannot be printed"
    return _text(text, MESSAGE_CHARS_MAX)


def _trace(error: BaseException) -> str:
    """The stack trace from the user's function on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))
