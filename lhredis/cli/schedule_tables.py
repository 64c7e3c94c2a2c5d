"""schedule_tables: ScheduledWfRuns as tables for people."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed
from lhredis.model.scheduled_wf_run import ScheduledWfRun
from lhredis.model.values import encode_value


def schedule_table(schedule: ScheduledWfRun) -> RenderableType:
    error = schedule.last_error
    variables = {name: encode_value(value) for name, value in schedule.variables.items()}
    return grid(
        [
            ("scheduled-wf-run", Text(schedule.id, style="bold")),
            ("wf-spec", Text(str(schedule.wf_spec_id))),
            ("starts", Text(_when(schedule))),
            ("missed ticks", Text(schedule.missed_ticks.name if schedule.cron_expression else "")),
            ("variables", Text(json.dumps(variables, ensure_ascii=False) if variables else "")),
            ("parent", Text(schedule.parent_wf_run_id or "")),
            ("next run", Text(next_run(schedule))),
            ("last run", Text(" ".join(filter(None, (schedule.last_run_at, schedule.last_wf_run_id))))),
            ("refused", Text(f"{error.at} {error.wf_run_id}: {error.message}" if error else "", "bold red")),
            ("created", Text(schedule.created_at)),
        ]
    )


def schedules_table(schedules: Sequence[ScheduledWfRun]) -> RenderableType:
    """A line for each schedule."""
    return listed(
        ("scheduled-wf-run", "wf-spec", "starts", "next run", "last run", "refused"),
        (
            (
                one.id, one.wf_spec_id, _when(one), next_run(one), one.last_run_at or "",
                one.last_error.message if one.last_error else "",
            )
            for one in schedules
        ),
    )  # fmt: skip


def next_run(schedule: ScheduledWfRun) -> str:
    """When the next run is due, or why there is none."""
    return "paused" if schedule.paused else schedule.next_run_at or "no more runs"


def _when(schedule: ScheduledWfRun) -> str:
    if schedule.cron_expression is None:
        return f"once, at {schedule.start_at}"
    return f"{schedule.cron_expression} {schedule.time_zone}"
