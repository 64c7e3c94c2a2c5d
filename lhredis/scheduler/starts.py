"""starts: carries the WfRuns that schedules start to where they run, and back what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.engine.events import RunStarted
from lhredis.engine.schedule import Schedule, StartRefused, started
from lhredis.scheduler.results import Carried
from lhredis.stepper.programs import Programs
from lhredis.stepper.schedules import Changed, ScheduleChange
from lhredis.stepper.work import Outcome, Work
from lhredis.store.keys import partition_of
from lhredis.store.messages import Starts
from lhredis.store.runs import load_run


@dataclass(slots=True, frozen=True)
class Begun:
    """A start under way: its work, or why there is none."""

    message: Starts
    work: Work | None
    error: Exception | None = None


class Starter:
    """Makes work of messages that start runs."""

    def __init__(self, redis: Redis, programs: Programs, partitions: int) -> None:
        self._redis = redis
        self._programs = programs
        self._partitions = partitions

    async def begin(
        self, carried: Sequence[Carried], works: dict[int, list[Work]], now_ms: int
    ) -> list[Begun]:
        """Add the starts among these messages to `works`. A WfSpec that is gone, or does not compile any
        more, refuses its starts."""
        begun = []
        for one in carried:
            message = one.message
            if not isinstance(message, Starts):
                continue
            try:
                await self._programs.of(message.tenant, message.spec)
            except (RedisError, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - the schedule shows it
                begun.append(Begun(message, None, error))
                continue
            event = RunStarted(now_ms, message.nonce, message.variables)
            work = Work(message.tenant, message.wf_run_id, event, starts=message.spec)
            works.setdefault(partition_of(message.wf_run_id, self._partitions), []).append(work)
            begun.append(Begun(message, work))
        return begun

    async def outcomes(self, begun: Sequence[Begun], now_ms: int) -> list[ScheduleChange]:
        """What the schedules have to be told of starts that were stepped."""
        changes = []
        for one in begun:
            reason = await self._refusal(one)
            if reason is not None:
                changes.append(_refused(one.message, StartRefused(now_ms, one.message.wf_run_id, reason)))
            elif one.message.tells:
                changes.append(_succeeded(one.message))
        return changes

    async def _refusal(self, begun: Begun) -> str | None:
        message, work = begun.message, begun.work
        if work is None:
            return str(begun.error)
        if work.outcome is Outcome.COMMITTED:
            return None
        if work.outcome is Outcome.EXISTS:
            partition = partition_of(message.wf_run_id, self._partitions)
            there = await load_run(self._redis, partition, message.tenant, message.wf_run_id)
            if there is None or there.run.born == message.nonce:  # this message was carried before
                return None
            return f"WfRun with id {message.wf_run_id} already exists!"
        return str(work.error) if work.error is not None else "its step raised: see the quarantine"


def _succeeded(message: Starts) -> ScheduleChange:
    def apply(schedule: Schedule | None) -> Changed:
        gone = schedule is None or started(schedule, message.wf_run_id)
        return Changed(None if gone else schedule)

    return ScheduleChange(message.tenant, message.schedule_id, apply)


def _refused(message: Starts, refused: StartRefused) -> ScheduleChange:
    def apply(schedule: Schedule | None) -> Changed:
        if schedule is not None:
            schedule.error = refused
        return Changed(schedule)

    return ScheduleChange(message.tenant, message.schedule_id, apply)
