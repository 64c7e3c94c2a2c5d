"""checkpoint: what people see of the values that a task stored on its way."""

from __future__ import annotations

from lhredis.model.ids import CheckpointId, View
from lhredis.model.values import VariableValue


class Checkpoint(View):
    """A value that an attempt computed once, for itself and for every retry after it; `logs` is what
    the function logged meanwhile. `created_at` is RFC 3339."""

    id: CheckpointId
    value: VariableValue = None
    logs: str | None = None
    created_at: str
