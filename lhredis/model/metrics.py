"""metrics: what happened to WfRuns and tasks in windows of one minute, and what can be asked of it.

Names and shapes are LittleHorse's. Latencies are whole milliseconds.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from lhredis.model.enums import NamedEnum
from lhredis.model.ids import Model, Name, TaskDefId, View, WfSpecId
from lhredis.model.one_of import exactly_one
from lhredis.model.search import Moment, Paging, TimeRange


class MetricType(NamedEnum):
    """What a window is of."""

    WORKFLOW_METRIC = 0
    TASK_METRIC = 1


class CountAndTiming(View):
    """How often something happened, and how long it took."""

    count: int
    min_latency_ms: int
    max_latency_ms: int
    total_latency_ms: int


class WfMetrics(View):
    """WfRuns of one version of a WfSpec. `running_to_…` take from the start of the WfRun, those that leave
    HALTING or HALTED from when it came to that; a start takes no time. A WfRun that goes from one status to
    a third in one step is counted once, from the first to the last."""

    started: CountAndTiming | None = None
    running_to_completed: CountAndTiming | None = None
    running_to_error: CountAndTiming | None = None
    running_to_exception: CountAndTiming | None = None
    running_to_halting: CountAndTiming | None = None
    running_to_halted: CountAndTiming | None = None
    halting_to_halted: CountAndTiming | None = None
    halted_to_running: CountAndTiming | None = None


class TaskMetrics(View):
    """TaskRuns of a TaskDef, and their attempts. An attempt is PENDING while it waits for the delay of a
    retry, SCHEDULED in its queue, RUNNING from its worker's start to the commit of its report."""

    taskrun_created_to_completed: CountAndTiming | None = None
    taskrun_created_to_error: CountAndTiming | None = None
    taskrun_created_to_exception: CountAndTiming | None = None
    taskattempt_pending_to_scheduled: CountAndTiming | None = None
    taskattempt_scheduled_to_running: CountAndTiming | None = None
    taskattempt_running_to_error: CountAndTiming | None = None
    taskattempt_running_to_success: CountAndTiming | None = None
    taskattempt_running_to_exception: CountAndTiming | None = None


class MetricWindowId(Model):
    """The window of a version of a WfSpec, or of a TaskDef, that begins at this minute."""

    wf_spec_id: WfSpecId | None = None
    task_def_id: TaskDefId | None = None
    window_start: Moment
    metric_type: MetricType | None = None

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        exactly_one(self, ("wf_spec_id", "task_def_id"))
        return self


class MetricWindow(View):
    """What happened in one minute."""

    id: MetricWindowId
    workflow: WfMetrics | None = None
    task: TaskMetrics | None = None


class MetricsList(View):
    """The windows in which anything happened, the oldest first."""

    windows: tuple[MetricWindow, ...]


class WindowRange(Model):
    """The windows that share a moment with this time; from as long ago as windows are kept, and until now,
    where nothing is given."""

    window_start: Moment | None = None
    window_end: Moment | None = None


class ListWfMetricsRequest(WindowRange):
    """The windows of a version of a WfSpec."""

    wf_spec: WfSpecId


class ListTaskMetricsRequest(WindowRange):
    """The windows of a TaskDef."""

    task_def: TaskDefId


class SearchWfMetricWindowRequest(TimeRange, Paging):
    """Windows of all versions of a WfSpec by when they begin, the newest first."""

    wf_spec_name: Name
    latest_only: bool = Field(default=False, description="Of each version only the latest window.")
