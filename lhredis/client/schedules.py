"""schedules: the Client's methods for ScheduledWfRuns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.client.values import forms_of
from lhredis.errors import InvalidArgument
from lhredis.model.enums import MissedTicks
from lhredis.model.scheduled_wf_run import ScheduledWfRun
from lhredis.model.values import Value
from lhredis.model.wf_run import WfRun


class ScheduleCalls:
    """Part of Client."""

    _connection: Connection

    async def schedule_wf(
        self,
        wf_spec_name: str,
        cron_expression: str | None = None,
        variables: Mapping[str, Value] | None = None,
        *,
        start_at: datetime | None = None,
        time_zone: str = "UTC",
        missed_ticks: MissedTicks = MissedTicks.SKIP,
        id: str | None = None,
        parent_wf_run_id: str | None = None,
        major_version: int | None = None,
        revision: int | None = None,
    ) -> ScheduledWfRun:
        """Start WfRuns by a cron expression of five fields, read in a time zone (`Europe/Berlin`); or,
        instead, one WfRun at `start_at` (an aware datetime), which then has the schedule's `id`.

        Ticks that are missed while everything is down start one late run (SKIP), or one each (CATCH_UP).
        InvalidArgument names the field; AlreadyExists; NotFound when there is no such WfSpec.
        """
        body = {
            "wf_spec_name": wf_spec_name,
            "cron_expression": cron_expression,
            "start_at": _rfc_3339(start_at) if start_at is not None else None,
            "time_zone": time_zone,
            "missed_ticks": missed_ticks.name,
            "variables": forms_of(variables or {}),
            "id": id,
            "parent_wf_run_id": parent_wf_run_id,
            "major_version": major_version,
            "revision": revision,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return ScheduledWfRun.model_validate(
            await self._connection.call("POST", "/v1/scheduled-wf-runs", given)
        )

    async def get_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        """With its next run, the last one, and why the last one was refused, if it was. NotFound."""
        reply = await self._connection.call("GET", paths.scheduled_wf_run(id))
        return ScheduledWfRun.model_validate(reply)

    async def list_scheduled_wf_runs(
        self,
        wf_spec_name: str | None = None,
        major_version: int | None = None,
        revision: int | None = None,
        *,
        limit: int = 100,
        bookmark: str | None = None,
    ) -> Page[ScheduledWfRun]:
        """All, or those of a WfSpec or of some version of it; `bookmark` is that of the page before."""
        query = {
            "wf_spec_name": wf_spec_name,
            "major_version": major_version,
            "revision": revision,
            "limit": limit,
            "bookmark": bookmark,
        }
        reply = await self._connection.call("GET", "/v1/scheduled-wf-runs", query=query)
        found = [ScheduledWfRun.model_validate(one) for one in reply["results"]]
        return Page(found, reply.get("bookmark"))

    async def delete_scheduled_wf_run(self, id: str) -> None:
        """No more runs; those that were started go on. Deleting what is not there is fine."""
        await self._connection.call("DELETE", paths.scheduled_wf_run(id))

    async def pause_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        """No more runs until it is resumed. NotFound."""
        reply = await self._connection.call("POST", f"{paths.scheduled_wf_run(id)}:pause")
        return ScheduledWfRun.model_validate(reply)

    async def resume_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        """Go on from now: ticks of the pause are not made up for. NotFound."""
        reply = await self._connection.call("POST", f"{paths.scheduled_wf_run(id)}:resume")
        return ScheduledWfRun.model_validate(reply)

    async def run_scheduled_wf_run_now(self, id: str) -> WfRun:
        """Start one of its WfRuns now, paused or not, and return it as it is after its first advance; its
        ticks stay as they are. NotFound; whatever refuses the start."""
        return WfRun.model_validate(
            await self._connection.call("POST", f"{paths.scheduled_wf_run(id)}:run-now")
        )


def _rfc_3339(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise InvalidArgument(f"start_at needs a time zone; got {moment.isoformat()}")
    return moment.isoformat()
