"""tasks: the task streams: entries for workers, the results they report, and who holds what.

The JSON of both is public: docs/worker-protocol.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.engine.effects import EnqueueReminder, EnqueueTask
from lhredis.engine.events import TaskReported
from lhredis.model.enums import LHErrorType, TaskStatus
from lhredis.model.ids import REMINDERS_FROM, check_name
from lhredis.model.limits import LOG_CHARACTERS_MAX, MESSAGE_CHARACTERS_MAX, NAME_CHARS_MAX, PAYLOAD_BYTES_MAX
from lhredis.model.values import Value, decode_value, encode_value
from lhredis.store import keys
from lhredis.store.consumers import Consumer, consumer_named
from lhredis.store.wire import exchange

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


def encode_task(tenant: str, wf_run_id: str, task: EnqueueTask, now_ms: int) -> bytes:
    """The `task` field of a task stream's entry."""
    return orjson.dumps(
        {
            "task": f"{wf_run_id}/{task.thread}/{task.position}/{task.attempt}",
            "token": task.token,
            "tenant": tenant,
            "task_def": task.task_def,
            "node": task.node_name,
            "inputs": {name: encode_value(value) for name, value in task.inputs},
            "timeout_ms": task.timeout_ms,
            "scheduled_ms": now_ms,
        }
    )


def encode_reminder_task(tenant: str, wf_run_id: str, task: EnqueueReminder, now_ms: int) -> bytes:
    """The same of a reminder, which also tells of whom and of which user task it reminds."""
    form = orjson.loads(encode_task(tenant, wf_run_id, task, now_ms))
    form["user_task"] = {
        "position": task.user_task_position,
        "event": task.user_task_event,
        "user_id": task.user_id,
        "user_group": task.user_group,
    }
    return orjson.dumps(form)


@dataclass(slots=True, frozen=True)
class UserTaskTrigger:
    """The user task that a task reminds of: the position of its NodeRun, which line of its audit trail tells
    of the reminder, and who had it."""

    position: int
    event: int
    user_id: str | None
    user_group: str | None


@dataclass(slots=True)
class ScheduledTask:
    """An attempt as a worker gets it. `id` is `<wf_run_id>/<thread>/<position>/<attempt>`; that of a
    reminder, which has a `user_task`, has a number in place of the position that no NodeRun has."""

    id: str
    token: str
    tenant: str
    task_def: str
    node: str
    inputs: dict[str, Value]
    timeout_ms: int
    scheduled_ms: int
    entry: str = ""
    partition: int = 0
    claimed_at: float = field(default=0.0, compare=False)
    user_task: UserTaskTrigger | None = None


def decode_task(data: bytes) -> ScheduledTask:
    """Read a `task` field. ValueError when it is none."""
    try:
        form = orjson.loads(data)
        inputs = {name: decode_value(value) for name, value in form["inputs"].items()}
        task = ScheduledTask(
            form["task"],
            form["token"],
            form["tenant"],
            form["task_def"],
            form["node"],
            inputs,
            form["timeout_ms"],
            form["scheduled_ms"],
        )
        if "user_task" in form:
            of = form["user_task"]
            task.user_task = UserTaskTrigger(of["position"], of["event"], of["user_id"], of["user_group"])
        return task
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a task: {error!r}") from None


def task_id_parts(task_id: str) -> tuple[str, int, int, int]:
    """`<wf_run_id>/<thread>/<position>/<attempt>` in its parts. ValueError when it is none."""
    wf_run_id, thread, position, attempt = task_id.split("/")
    return wf_run_id, int(thread), int(position), int(attempt)


def claim_field(task_id: str) -> str:
    """The field of the run's hash that names the entry in which this attempt is queued."""
    _, thread, position, _ = task_id_parts(task_id)
    return f"reminder:{position - REMINDERS_FROM}" if position >= REMINDERS_FROM else f"claim:{thread}"


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
            shorten(_text(error), MESSAGE_CHARACTERS_MAX),
            exception,
            shorten(_word(form, "log") or "", LOG_CHARACTERS_MAX) or None,
            _moment(form.get("started_ms")),
            _word(form, "worker"),
            _word(form, "worker_version"),
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


def shorten(text: str, characters_max: int) -> str:
    """The text, its middle cut out with a mark when it is too long (a stack trace's end matters most)."""
    if len(text) <= characters_max:
        return text
    half = (characters_max - 60) // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


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


def is_no_group(error: Exception) -> bool:
    """Does a refusal say that the stream or its group is not there (any more)?"""
    return isinstance(error, ResponseError) and "NOGROUP" in str(error)


async def ensure_groups(redis: Redis, streams: Sequence[str]) -> None:
    """Make the group `workers` on each task stream that has none yet."""
    pipeline = redis.pipeline(transaction=False)
    for stream in streams:
        pipeline.xgroup_create(stream, keys.WORKERS, id="0", mkstream=True)
    for reply in await pipeline.execute(raise_on_error=False):
        if isinstance(reply, Exception) and not (
            isinstance(reply, ResponseError) and "BUSYGROUP" in str(reply)
        ):
            raise reply


@dataclass(slots=True, frozen=True)
class Claim:
    """An entry that a worker holds: since when (by the idle time), and under which name of its group."""

    entry: str
    consumer: str
    idle_ms: int

    @property
    def worker(self) -> Consumer:
        return consumer_named(self.consumer)


async def claims_idle_for(
    redis: Redis, pages: Sequence[tuple[str, str]], idle_ms: int, count: int
) -> list[list[Claim]]:
    """For each (stream, after): up to `count` claims idle for at least `idle_ms`, behind the entry
    `after` (`-` for the first page). One round trip."""
    commands = [
        (
            "XPENDING",
            stream,
            keys.WORKERS,
            "IDLE",
            idle_ms,
            after if after == "-" else f"({after}",
            "+",
            count,
        )
        for stream, after in pages
    ]
    return [_claims(reply) for reply in await exchange(redis, commands, errors=False)]


def _claims(reply: Any) -> list[Claim]:
    if isinstance(reply, Exception):
        if is_no_group(reply):
            return []
        raise reply
    return [_claim(row) for row in reply]


def _claim(row: Any) -> Claim:
    return Claim(row[0].decode(), row[1].decode(), int(row[2]))


async def read_entries(redis: Redis, stream: str, entries: Sequence[str]) -> list[ScheduledTask | None]:
    """The tasks in these entries of one stream; None for an entry that is gone, or holds no task."""
    pipeline = redis.pipeline(transaction=False)
    for entry in entries:
        pipeline.xrange(stream, entry, entry)
    return [_task_in(rows) for rows in await pipeline.execute()]


def _task_in(rows: Any) -> ScheduledTask | None:
    try:
        if not rows:
            return None
        task = decode_task(rows[0][1][b"task"])
        task.entry = rows[0][0].decode()
        return task
    except (KeyError, ValueError):
        return None


async def claim_of(redis: Redis, stream: str, entry: str) -> Claim | None:
    """Who holds an entry now, or None while it waits (or is gone)."""
    command = ("XPENDING", stream, keys.WORKERS, entry, entry, 1)
    (reply,) = await exchange(redis, [command], errors=False)
    return next(iter(_claims(reply)), None)


CLAIMS_PAGE_MAX = 100


async def claims_of_consumer(redis: Redis, stream: str, consumer: str) -> list[str]:
    """The entries of a stream that are claimed under this name; looking does not make the claims younger."""
    found: list[str] = []
    after = "-"
    while True:
        command = ("XPENDING", stream, keys.WORKERS, after, "+", CLAIMS_PAGE_MAX, consumer)
        (reply,) = await exchange(redis, [command], errors=False)
        page = [claim.entry for claim in _claims(reply)]
        found += page
        if len(page) < CLAIMS_PAGE_MAX:
            return found
        after = f"({page[-1]}"
