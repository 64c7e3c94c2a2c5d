"""scheduled_wf_run: WfRuns that start by the clock. All times are RFC 3339."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from lhredis.model.enums import MissedTicks
from lhredis.model.ids import Model, Name, View, WfRunIdStr, WfSpecId
from lhredis.model.limits import NUMBER_MAX, SCHEDULE_ID_CHARS_MAX
from lhredis.model.one_of import exactly_one
from lhredis.model.values import VariableValue, parse_timestamp

_EPOCH, _ONE_MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def check_time_zone(name: str) -> str:
    """Return the name of a time zone (`Europe/Berlin`), or raise ValueError when there is no such one that
    means the same everywhere: `localtime` is that of the machine where it is read, and those below `right/`
    count leap seconds, as no clock here does."""
    try:
        if name == "localtime" or name.startswith("right/"):
            raise KeyError(name)
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"expected a time zone like UTC or Europe/Berlin; got {name[:100]!r}") from None
    return name


def _check_id(id: str) -> str:
    if len(id) > SCHEDULE_ID_CHARS_MAX:
        raise ValueError(f"at most {SCHEDULE_ID_CHARS_MAX} characters; got {len(id)}")
    return id


def _check_time(text: str) -> str:
    parse_timestamp(text)
    return text


TimeZone = Annotated[str, AfterValidator(check_time_zone), Field(examples=["Europe/Berlin"])]
ScheduleId = Annotated[Name, AfterValidator(_check_id), Field(max_length=SCHEDULE_ID_CHARS_MAX)]
Time = Annotated[
    str,
    AfterValidator(_check_time),
    Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-02T03:04:05Z"]),
]


class ScheduleWfRequest(Model):
    """Starts WfRuns by the clock: by a cron expression of five fields, read in `time_zone`; or one WfRun at
    `start_at`, whose id is then that of the schedule. Without a version the one that is newest now is
    taken for all runs; without an id a random one."""

    wf_spec_name: Name
    major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    revision: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    variables: dict[str, VariableValue] = Field(default_factory=dict)
    id: ScheduleId | None = None
    parent_wf_run_id: WfRunIdStr | None = None
    cron_expression: str | None = Field(default=None, examples=["5 0 * 8 *"])
    start_at: Time | None = None
    time_zone: TimeZone = "UTC"
    missed_ticks: MissedTicks = MissedTicks.SKIP

    @model_validator(mode="after")
    def _comes_somehow(self) -> Self:
        exactly_one(self, ("cron_expression", "start_at"))
        return self

    def start_ms(self) -> int | None:
        """`start_at` in epoch ms."""
        if self.start_at is None:
            return None
        return (parse_timestamp(self.start_at) - _EPOCH) // _ONE_MS


class ScheduleCommand(Model):
    """The body of `:pause`, `:resume` and `:run-now`: nothing, as the URL says all."""


class StartError(View):
    """A WfRun that could not be started, and why."""

    at: str
    wf_run_id: WfRunIdStr
    message: str


class ScheduledWfRun(View):
    """WfRuns that start by the clock. `next_run_at` is missing while it is paused, and when no tick is left;
    `last_run_at` is the tick of the last run, `last_error` that of the last start if it was refused."""

    id: ScheduleId
    wf_spec_id: WfSpecId
    variables: dict[str, VariableValue] = Field(default_factory=dict)
    parent_wf_run_id: WfRunIdStr | None = None
    cron_expression: str | None = None
    start_at: str | None = None
    time_zone: str = "UTC"
    missed_ticks: MissedTicks = MissedTicks.SKIP
    created_at: str
    paused: bool = False
    next_run_at: str | None = None
    last_run_at: str | None = None
    last_wf_run_id: WfRunIdStr | None = None
    last_error: StartError | None = None
