"""task_def: the signature of a task. Immutable: a change needs another name."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.ids import Model, Name, TaskDefId
from lhredis.model.limits import INPUTS_PER_TASK_MAX
from lhredis.model.types import ReturnType, VariableDef


class PutTaskDefRequest(Model):
    """What registers a TaskDef; the same request again changes nothing."""

    name: Name
    input_vars: tuple[VariableDef, ...] = Field(default=(), max_length=INPUTS_PER_TASK_MAX)
    return_type: ReturnType | None = None
    description: str | None = None


class TaskDef(Model):
    """A registered task; workers and WfSpecs refer to it by name. `created_at` is RFC 3339."""

    id: TaskDefId
    input_vars: tuple[VariableDef, ...] = ()
    return_type: ReturnType | None = None
    description: str | None = None
    created_at: str
