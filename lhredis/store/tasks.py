"""tasks: the task streams: entries for workers, and who holds what.

The JSON is public: docs/worker-protocol.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.engine.effects import EnqueueReminder, EnqueueTask
from lhredis.model.ids import REMINDERS_FROM
from lhredis.model.values import Value, decode_value, encode_value
from lhredis.store import keys
from lhredis.store.consumers import Consumer, consumer_named
from lhredis.store.wire import exchange


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


def shorten(text: str, characters_max: int) -> str:
    """The text, its middle cut out with a mark when it is too long (a stack trace's end matters most)."""
    if len(text) <= characters_max:
        return text
    half = (characters_max - 60) // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


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
    (claim,) = await claims_of_entries(redis, [(stream, entry)])
    return claim


async def claims_of_entries(redis: Redis, entries: Sequence[tuple[str, str]]) -> list[Claim | None]:
    """The same of many entries, (stream, entry), in one round trip."""
    if not entries:
        return []
    commands = [("XPENDING", stream, keys.WORKERS, entry, entry, 1) for stream, entry in entries]
    replies = await exchange(redis, commands, errors=False)
    return [next(iter(_claims(reply)), None) for reply in replies]


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
