"""search: what can be asked of many things at once: filters, all of which must hold, order and page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from lhredis.model.enums import LHStatus, NamedEnum, TaskStatus, UserTaskRunStatus
from lhredis.model.ids import ExternalEventDefId, Model, Name, WfRunIdStr, WorkflowEventDefId
from lhredis.model.limits import (
    NAME_CHARS_MAX,
    NUMBER_MAX,
    PAGE_ITEMS_DEFAULT,
    PAGE_ITEMS_MAX,
    VARIABLE_FILTERS_MAX,
)
from lhredis.model.values import VariableValue, parse_timestamp

_EPOCH, _ONE_MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str):
        return parse_timestamp(value)
    raise ValueError(f"expected a timestamp (RFC 3339 with a zone); got {value!r}")


def _moment_form(moment: datetime) -> str:
    """As the API writes times: milliseconds (microseconds, if it has any), and Z for UTC."""
    digits = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    PlainSerializer(_moment_form),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class SearchOrder(NamedEnum):
    """By start time, and where that is the same, by id."""

    NEWEST_FIRST = 0
    OLDEST_FIRST = 1


class Paging(Model):
    """Which part of what is found is answered. `bookmark` is that of the page before."""

    limit: int = Field(default=PAGE_ITEMS_DEFAULT, ge=1, le=PAGE_ITEMS_MAX)
    bookmark: str | None = None
    order: SearchOrder = SearchOrder.NEWEST_FIRST


class TimeRange(Model):
    """From the earliest to the latest moment, both included, to the millisecond."""

    earliest_start: Moment | None = None
    latest_start: Moment | None = None

    @property
    def between_ms(self) -> tuple[int, int]:
        """The moments in epoch ms; those that are not given as far away as possible."""
        earliest, latest = self.earliest_start, self.latest_start
        low = -((_EPOCH - earliest) // _ONE_MS) if earliest is not None else 0  # rounded up
        return low, (latest - _EPOCH) // _ONE_MS if latest is not None else 2**53


class VersionFilter(Model):
    """All versions of a WfSpec, those of a major version, or one."""

    wf_spec_name: Name
    wf_spec_major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    wf_spec_revision: int | None = Field(default=None, ge=0, le=NUMBER_MAX)

    @model_validator(mode="after")
    def _revision_of_something(self) -> VersionFilter:
        if self.wf_spec_revision is not None and self.wf_spec_major_version is None:
            raise ValueError("wf_spec_revision says nothing without a wf_spec_major_version")
        return self


class VariableMatch(Model):
    """A searchable variable has exactly this value, or a JSON_ARR holds it. `var_name` is the variable's
    name, or for a path of a JSON_OBJ `<name>_<path>`: `person_$.email`."""

    var_name: str = Field(min_length=1, max_length=2 * NAME_CHARS_MAX, examples=["email", "person_$.email"])
    value: VariableValue

    @model_validator(mode="after")
    def _of_something(self) -> VariableMatch:
        if self.value is None:
            raise ValueError("null is nothing that a WfRun is found by")
        return self


class WfRunFilters(TimeRange):
    """Filters of WfRuns: all that are given must hold."""

    wf_spec_name: Name | None = None
    wf_spec_major_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    wf_spec_revision: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    status: LHStatus | None = None
    variable_filters: tuple[VariableMatch, ...] = Field(default=(), max_length=VARIABLE_FILTERS_MAX)
    parent_wf_run_id: WfRunIdStr | None = Field(default=None, description="Its children.")
    show_full_tree: bool = Field(default=False, description="With a parent: the children's children too.")

    @model_validator(mode="after")
    def _make_sense(self) -> WfRunFilters:
        if self.wf_spec_revision is not None and self.wf_spec_major_version is None:
            raise ValueError("wf_spec_revision says nothing without a wf_spec_major_version")
        if self.wf_spec_name is None and self.wf_spec_major_version is not None:
            raise ValueError("wf_spec_major_version says nothing without a wf_spec_name")
        if self.wf_spec_name is None and self.variable_filters:
            raise ValueError("variable_filters say nothing without a wf_spec_name")
        if self.parent_wf_run_id is None and self.show_full_tree:
            raise ValueError("show_full_tree says nothing without a parent_wf_run_id")
        return self


class CountWfRunRequest(WfRunFilters):
    """How many WfRuns there are."""


class SearchWfRunRequest(WfRunFilters, Paging):
    """Which WfRuns there are."""


class SearchNodeRunRequest(TimeRange, Paging):
    """NodeRuns by status, by when they were reached, and by the ExternalEventDef that they wait for."""

    status: LHStatus | None = None
    external_event_def_id: ExternalEventDefId | None = None
    wf_spec_name: Name | None = None


class CountNodeRunRequest(VersionFilter):
    """How many NodeRuns the WfRuns of a WfSpec have."""


class SearchTaskRunRequest(TimeRange, Paging):
    """TaskRuns of a TaskDef, by status, and by when they were scheduled."""

    task_def_name: Name
    status: TaskStatus | None = None


class CountTaskRunRequest(Model):
    """How many TaskRuns wait for a worker: TASK_SCHEDULED is the only status that is counted."""

    task_def_name: Name
    status: TaskStatus = TaskStatus.TASK_SCHEDULED


class SearchUserTaskRunRequest(TimeRange, Paging):
    """UserTaskRuns by status, UserTaskDef, who has it, and when it was made."""

    status: UserTaskRunStatus | None = None
    user_task_def_name: Name | None = None
    user_id: str | None = None
    user_group: str | None = None


class SearchVariableRequest(VersionFilter, Paging):
    """Searchable variables that have this value."""

    var_name: str = Field(min_length=1, max_length=2 * NAME_CHARS_MAX)
    value: VariableValue


class SearchExternalEventRequest(TimeRange, Paging):
    """ExternalEvents of a def, by when they were posted."""

    external_event_def_id: ExternalEventDefId
    is_claimed: bool | None = None


class SearchCorrelatedEventRequest(TimeRange, Paging):
    """CorrelatedEvents of a def, by when they were posted."""

    external_event_def_id: ExternalEventDefId
    has_external_events: bool | None = None


class SearchWorkflowEventRequest(TimeRange, Paging):
    """WorkflowEvents of a def, by when they were thrown."""

    workflow_event_def_id: WorkflowEventDefId
