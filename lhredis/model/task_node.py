"""task_node: the node that calls a task, and how a task is tried again."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment
from lhredis.model.ids import Model, TaskDefId
from lhredis.model.limits import (
    INPUTS_PER_TASK_MAX,
    RETRIES_MAX,
    RETRY_DELAY_MS_MAX,
    TASK_TIMEOUT_SECONDS_DEFAULT,
    TASK_TIMEOUT_SECONDS_MAX,
)
from lhredis.model.one_of import exactly_one


class ExponentialBackoffRetryPolicy(Model):
    """Wait before retry k: min(base_interval_ms · multiplier^(k-1), max_delay_ms) milliseconds."""

    base_interval_ms: int = Field(le=RETRY_DELAY_MS_MAX)
    max_delay_ms: int = Field(le=RETRY_DELAY_MS_MAX)
    multiplier: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _sane(self) -> ExponentialBackoffRetryPolicy:
        if self.base_interval_ms <= 0:
            raise ValueError(f"base_interval_ms must be above 0; got {self.base_interval_ms}")
        if self.multiplier < 1:
            raise ValueError(f"multiplier must be at least 1; got {self.multiplier}")
        if self.max_delay_ms < self.base_interval_ms:
            raise ValueError(
                f"max_delay_ms must be at least base_interval_ms ({self.base_interval_ms}); got {self.max_delay_ms}"
            )
        return self


class TaskNode(Model):
    """Calls a task: that of `task_def_id`, or the one that `dynamic_task` (STR) names when the node is
    reached. `retries` counts the attempts after the first one."""

    task_def_id: TaskDefId | None = None
    dynamic_task: VariableAssignment | None = None
    variables: tuple[VariableAssignment, ...] = Field(default=(), max_length=INPUTS_PER_TASK_MAX)
    timeout_seconds: int = Field(default=TASK_TIMEOUT_SECONDS_DEFAULT, gt=0, le=TASK_TIMEOUT_SECONDS_MAX)
    retries: int = Field(default=0, ge=0, le=RETRIES_MAX)
    exponential_backoff: ExponentialBackoffRetryPolicy | None = None

    @model_validator(mode="after")
    def _one_task(self) -> TaskNode:
        exactly_one(self, ("task_def_id", "dynamic_task"))
        return self
