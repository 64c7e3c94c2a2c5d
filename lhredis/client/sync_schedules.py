"""sync_schedules: the SyncClient's methods for ScheduledWfRuns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.enums import MissedTicks
from lhredis.model.scheduled_wf_run import ScheduledWfRun
from lhredis.model.values import Value
from lhredis.model.wf_run import WfRun


class SyncScheduleCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def schedule_wf(
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
        return self._wait(
            self._client.schedule_wf(
                wf_spec_name,
                cron_expression,
                variables,
                start_at=start_at,
                time_zone=time_zone,
                missed_ticks=missed_ticks,
                id=id,
                parent_wf_run_id=parent_wf_run_id,
                major_version=major_version,
                revision=revision,
            )
        )

    def get_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        return self._wait(self._client.get_scheduled_wf_run(id))

    def list_scheduled_wf_runs(
        self,
        wf_spec_name: str | None = None,
        major_version: int | None = None,
        revision: int | None = None,
        *,
        limit: int = 100,
        bookmark: str | None = None,
    ) -> Page[ScheduledWfRun]:
        return self._wait(
            self._client.list_scheduled_wf_runs(
                wf_spec_name, major_version, revision, limit=limit, bookmark=bookmark
            )
        )

    def delete_scheduled_wf_run(self, id: str) -> None:
        self._wait(self._client.delete_scheduled_wf_run(id))

    def pause_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        return self._wait(self._client.pause_scheduled_wf_run(id))

    def resume_scheduled_wf_run(self, id: str) -> ScheduledWfRun:
        return self._wait(self._client.resume_scheduled_wf_run(id))

    def run_scheduled_wf_run_now(self, id: str) -> WfRun:
        return self._wait(self._client.run_scheduled_wf_run_now(id))
