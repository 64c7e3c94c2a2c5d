"""schedules: the stepper of ScheduledWfRuns: load, change, commit, again when stale.

A schedule lives in the partition of its id, the runs that it starts in others: a tick moves the schedule,
its timer, and a message for each run into the inbox of the schedule's partition, in one commit. So every
tick is written exactly once, whoever dies; who carries the message is scheduler/starts.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from redis.asyncio import Redis

from lhredis.engine.schedule import Schedule, Start
from lhredis.errors import LHRedisError
from lhredis.stepper.rounds import commit_changes
from lhredis.stepper.stepper import nonce
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Unit, Write
from lhredis.store.messages import Starts, wake, write_starts
from lhredis.store.schedules import StoredSchedule, load_schedules, timer_member, write_gone, write_schedule

log = logging.getLogger("lhredis.stepper")


class Changed(NamedTuple):
    """What a change makes of a schedule: None when there is none any more, or still none."""

    schedule: Schedule | None
    starts: Sequence[Start] = ()


Apply = Callable[[Schedule | None], Changed]
"""Changes a schedule in place; None stands for one that is not there. LHRedisError refuses."""


@dataclass(slots=True)
class ScheduleChange:
    """Something that happens to a schedule. Afterwards `schedule` is as committed (None: gone), or `error`
    says why nothing happened."""

    tenant: str
    schedule_id: str
    apply: Apply
    schedule: Schedule | None = None
    error: Exception | None = None

    @property
    def address(self) -> tuple[str, str]:
        return self.tenant, self.schedule_id


class Schedules:
    """Changes schedules, from any process."""

    def __init__(self, redis: Redis, partitions: int, on_timer: Callable[[int], None] | None = None) -> None:
        """`on_timer(due_ms)` is told of every timer set; without one, the partition's owner is told."""
        self._redis = redis
        self._partitions = partitions
        self._on_timer = on_timer

    async def advance(self, changes: Sequence[ScheduleChange], now_ms: int) -> None:
        """Make all changes, those of one schedule in their order. Unavailable when others do not let us."""

        async def make_units(groups: list[list[ScheduleChange]]) -> list[tuple[int, Unit]]:
            stored = await load_schedules(self._redis, self._partitions, [one[0].address for one in groups])
            return [self._unit(group, found, now_ms) for group, found in zip(groups, stored, strict=True)]

        await commit_changes(self._redis, changes, make_units, "a schedule")

    def _unit(self, group: list[ScheduleChange], stored: StoredSchedule, now_ms: int) -> tuple[int, Unit]:
        """The partition of these changes of one schedule, and what they write."""
        partition = keys.partition_of(group[0].schedule_id, self._partitions)
        writes = self._writes(partition, group, stored, now_ms)
        return partition, Unit([(stored.key, stored.version)], writes)

    def _writes(
        self, partition: int, group: list[ScheduleChange], stored: StoredSchedule, now_ms: int
    ) -> list[Write]:
        """What these changes write; their outcome is set."""
        tenant, schedule_id = group[0].address
        timer: Write = ("ZREM", keys.timers(partition), timer_member(tenant, schedule_id))
        if stored.unreadable is not None:
            log.error(
                "ScheduledWfRun %s cannot be read, and starts nothing:\n%s", schedule_id, stored.unreadable
            )
            for change in group:
                change.error = RuntimeError(f"ScheduledWfRun {schedule_id!r} cannot be read")
            return [timer]
        before, schedule, writes = stored.schedule, stored.schedule, list[Write]()
        for change in group:
            change.schedule = change.error = None
            try:
                changed = change.apply(schedule)
            except LHRedisError as error:
                change.error = error
                continue
            schedule = change.schedule = changed.schedule
            for start in changed.starts:
                assert schedule is not None
                writes.append(write_starts(partition, _message(tenant, schedule, start)))
        if schedule is not None:
            writes.extend(write_schedule(partition, tenant, stored, schedule, now_ms))
            self._tell_of_timer(partition, schedule, writes)
        elif before is not None:
            writes.extend(write_gone(partition, tenant, stored, before))
        else:
            writes.append(timer)
        return writes

    def _tell_of_timer(self, partition: int, schedule: Schedule, writes: list[Write]) -> None:
        if schedule.next_ms is None:
            return
        if self._on_timer is not None:
            self._on_timer(schedule.next_ms)
        else:
            writes.append(wake(partition, schedule.next_ms))


def _message(tenant: str, schedule: Schedule, start: Start) -> Starts:
    return Starts(
        tenant, schedule.id, start.wf_run_id, schedule.spec, nonce(), schedule.variables, start.tells
    )
