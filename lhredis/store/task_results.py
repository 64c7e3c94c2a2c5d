"""task_results: what workers report of the attempts that they had.

The JSON is public: docs/worker-protocol.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from lhredis.engine.events import TaskReported
from lhredis.model.enums import LHErrorType, TaskStatus
from lhredis.model.ids import check_depth, check_name
from lhredis.model.limits import (
    LOG_CHARS_MAX,
    MESSAGE_CHARS_MAX,
    NAME_CHARS_MAX,
    PAYLOAD_BYTES_MAX,
    WORKER_CHARS_MAX,
)
from lhredis.model.values import decode_value
from lhredis.store import keys
from lhredis.store.tasks import shorten, task_id_parts

REPORTABLE = {
    status.name: status
    for status in (
        TaskStatus.TASK_SUCCESS,
        TaskStatus.TASK_FAILED,
        TaskStatus.TASK_EXCEPTION,
        TaskStatus.TASK_OUTPUT_SERDE_ERROR,
        TaskStatus.TASK_INPUT_VAR_SUB_ERROR,
    )
}
"""How a worker may say that an attempt ended."""

_WITH_PAYLOAD = (TaskStatus.TASK_SUCCESS, TaskStatus.TASK_EXCEPTION)


@dataclass(slots=True)
class TaskResult:
    """A result as a scheduler gets it: whose it is, what happened, and the entry it finishes."""

    tenant: str
    wf_run_id: str
    task_def: str
    entry: str
    event: TaskReported


def decode_result(data: bytes, now_ms: int, nonce: str) -> TaskResult:
    """Read a `result` field. ValueError (orjson's too) names what is wrong with it.

    An output that no variable can hold, or over PAYLOAD_BYTES_MAX, is no error here: the attempt
    ended with OUTPUT_SERDE_ERROR, and its run must learn of that.
    """
    form = _result_form(data)
    try:
        wf_run_id, thread, position, attempt = task_id_parts(form["task"])
        check_depth(wf_run_id)
        status, output, error = REPORTABLE[form["status"]], None, form.get("error")
        exception = None
        try:
            if len(data) > PAYLOAD_BYTES_MAX and status in _WITH_PAYLOAD:
                raise ValueError(
                    f"RESOURCE_EXHAUSTED: the result has {len(data)} bytes of {PAYLOAD_BYTES_MAX}"
                )
            output = decode_value(form.get("output"))
            if form.get("exception") is not None:
                thrown = form["exception"]
                exception = (
                    _business_name(thrown["name"]),
                    _text(thrown.get("message")),
                    decode_value(thrown.get("content")),
                )
        except ValueError as unreadable:
            status, error = TaskStatus.TASK_OUTPUT_SERDE_ERROR, str(unreadable)
        if status is TaskStatus.TASK_EXCEPTION and exception is None:
            status, error = TaskStatus.TASK_FAILED, "TASK_EXCEPTION without an exception"
        event = TaskReported(
            now_ms,
            nonce,
            thread,
            position,
            attempt,
            _token(form["token"]),
            status,
            output,
            shorten(_text(error), MESSAGE_CHARS_MAX),
            exception,
            shorten(_word(form, "log") or "", LOG_CHARS_MAX) or None,
            _moment(form.get("started_ms")),
            _name(form, "worker"),
            _name(form, "worker_version"),
        )
        return TaskResult(
            _known_name(form["tenant"]),
            wf_run_id,
            _known_name(form["task_def"]),
            _entry(form["entry"]),
            event,
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"not a result: {error!r}") from None


def _result_form(data: bytes) -> Any:
    """The JSON of a result. What a lenient writer lets through and JSON does not (NaN, half a surrogate
    pair) still tells whose it is: then nothing but that is kept, and what is wrong with it."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as strict:
        try:
            form = json.loads(data)
            kept = {name: form[name] for name in _WHOSE}
            with_payload = REPORTABLE[form["status"]] in _WITH_PAYLOAD
            status = TaskStatus.TASK_OUTPUT_SERDE_ERROR.name if with_payload else form["status"]
            return orjson.loads(orjson.dumps(kept | {"status": status, "error": f"no JSON: {strict}"}))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise strict from None


_WHOSE = ("task", "token", "tenant", "task_def", "entry")
"""What every result tells of the attempt that it is of."""

_known_name = lru_cache(4096)(check_name)
"""check_name for names that come again with every result."""


def _business_name(name: str) -> str:
    """Freer than other names: workers of LittleHorse's raise what their authors like, NO_MONEY say."""
    if name in LHErrorType.__members__:
        raise ValueError(f"{name} is reserved for technical errors: no exception may have the name")
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise ValueError(
            f"the name of an exception has 1 to {NAME_CHARS_MAX} printable characters; got {name[:NAME_CHARS_MAX]!r}"
        )
    return name


def _token(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"token is a string; got {value!r:.100}")
    return value


def _word(form: dict[str, Any], name: str) -> str | None:
    value = form.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} is a string; got {value!r:.100}")
    return value


def _name(form: dict[str, Any], name: str) -> str | None:
    value = _word(form, name)
    return value if value is None else shorten(value, WORKER_CHARS_MAX)


def _moment(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value <= _YEAR_9999_MS):
        raise TypeError(f"started_ms is in milliseconds since the epoch; got {value!r:.100}")
    return value


_YEAR_9999_MS = 253_402_300_799_999


_ENTRY = re.compile(r"[0-9]+-[0-9]+").fullmatch
_SURE = 21
"""An id of no more characters has no number of 64 bits or more in it."""


def _entry(value: Any) -> str:
    """An entry that XACK and XDEL take: a wrong one would fail the commit of everything beside it."""
    if not _ENTRY(value) or (len(value) > _SURE and any(int(part) >= 2**64 for part in value.split("-"))):
        raise ValueError(f"entry is the id of an entry of the task's stream; got {value!r:.100}")
    return str(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


RESULTS_PER_ENTRY_MAX = 200


def add_results(batch: Iterable[tuple[int, bytes]]) -> list[tuple[Any, ...]]:
    """The commands that hand in results, each the JSON of one and the partition of its task: as few entries
    as may be, with one `result` field per result."""
    by_partition: dict[int, list[bytes]] = {}
    for partition, data in batch:
        by_partition.setdefault(partition, []).append(data)
    commands = []
    for partition, results in by_partition.items():
        for at in range(0, len(results), RESULTS_PER_ENTRY_MAX):
            fields = [part for data in results[at : at + RESULTS_PER_ENTRY_MAX] for part in (b"result", data)]
            commands.append(("XADD", keys.results(partition), "*", *fields))
    return commands
