"""timers: what is due when: a zset per partition, precise to the millisecond."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from lhredis.engine.effects import ClearTimer, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.run import Run
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.wire import exchange


@dataclass(slots=True, frozen=True)
class DueTimer:
    """A timer that is due; `member` is how the zset names it."""

    member: str
    tenant: str
    wf_run_id: str
    kind: TimerKind
    thread: int
    position: int
    attempt: int
    due_ms: int


def member_of(tenant: str, wf_run_id: str, timer: SetTimer | ClearTimer) -> str:
    return member(timer.kind, tenant, wf_run_id, timer.thread, timer.position, timer.attempt)


def member(kind: TimerKind, tenant: str, wf_run_id: str, thread: int, position: int, attempt: int) -> str:
    """How the zset names a timer."""
    return f"{kind}/{tenant}/{wf_run_id}/{thread}/{position}/{attempt}"


def write_of(partition: int, tenant: str, wf_run_id: str, timer: SetTimer | ClearTimer) -> Write:
    """The write that sets or clears a timer."""
    member = member_of(tenant, wf_run_id, timer)
    if isinstance(timer, SetTimer):
        return ("ZADD", keys.timers(partition), timer.due_ms, member)
    return ("ZREM", keys.timers(partition), member)


def _parse(member: bytes, due_ms: int) -> DueTimer | bytes:
    try:
        name = member.decode()
        kind, tenant, wf_run_id, *numbers = name.split("/")
        thread, position, attempt = map(int, numbers)
        return DueTimer(name, tenant, wf_run_id, TimerKind(kind), thread, position, attempt, due_ms)
    except ValueError:
        return member


async def due_timers(
    redis: Redis, partitions: list[int], now_ms: int, count: int
) -> tuple[dict[int, list[DueTimer | bytes]], int | None]:
    """The timers due by `now_ms`, at most `count` a partition, and when the next one after is due. A member
    that is no timer, or one of a newer release, stands as it is among them."""
    commands = [("ZRANGE", keys.timers(partition), 0, count, "WITHSCORES") for partition in partitions]
    due: dict[int, list[DueTimer | bytes]] = {}
    upcoming: list[int] = []
    for partition, rows in zip(partitions, await exchange(redis, commands), strict=True):
        found: list[DueTimer | bytes] = []
        for member, score in zip(rows[::2], rows[1::2], strict=True):
            due_ms = int(float(score))
            if due_ms > now_ms or len(found) == count:
                upcoming.append(due_ms)
                break
            found.append(_parse(member, due_ms))
        if found:
            due[partition] = found
    return due, min(upcoming, default=None)


async def due_of(
    redis: Redis, partition: int, run: Run, thread: int, position: int, attempt: int
) -> int | None:
    """When the retry of this attempt is due, in epoch ms; None when there is no such timer."""
    name = member(TimerKind.RETRY, run.tenant, run.id, thread, position, attempt)
    score = await redis.zscore(keys.timers(partition), name)
    return int(score) if score is not None else None
