"""ticks: the ticks of schedules that are due, as changes of the schedules."""

from __future__ import annotations

import logging
import traceback
from zoneinfo import ZoneInfo

from lhredis.engine.schedule import Schedule, StartRefused, pause, tick
from lhredis.stepper.schedules import Changed, ScheduleChange

log = logging.getLogger("lhredis.scheduler")


def ticked(tenant: str, schedule_id: str, due_ms: int, now_ms: int) -> ScheduleChange:
    """The timer of a schedule is due. A schedule whose tick raises (a time zone that is gone, say) is paused
    and shows why: it must not stop the others."""

    def apply(schedule: Schedule | None) -> Changed:
        if schedule is None:
            return Changed(None)
        try:
            return Changed(schedule, tick(schedule, due_ms, ZoneInfo(schedule.zone), now_ms))
        except Exception as error:  # noqa: BLE001 - as told above
            log.error("ScheduledWfRun %s is paused:\n%s", schedule_id, traceback.format_exc())
            pause(schedule)
            schedule.error = StartRefused(now_ms, schedule_id, f"paused, because its tick failed: {error!r}")
            return Changed(schedule)

    return ScheduleChange(tenant, schedule_id, apply)
