"""user_task_nodes: the node that waits for a person, and what happens meanwhile (features.md 14)."""

from __future__ import annotations

from pydantic import Field, model_validator

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import UTHook
from lhredis.model.ids import Model, Name
from lhredis.model.limits import NUMBER_MAX, USER_TASK_ACTIONS_MAX
from lhredis.model.one_of import exactly_one
from lhredis.model.task_node import TaskNode


class UTATask(Model):
    """Call a task that reminds somebody. Whatever comes of it, the user task does not mind."""

    task: TaskNode


class UTACancel(Model):
    """Cancel the UserTaskRun."""


class UTAReassign(Model):
    """Give the UserTaskRun to this user and group (each a STR); who is not named has it no more."""

    user_id: VariableAssignment | None = None
    user_group: VariableAssignment | None = None

    @model_validator(mode="after")
    def _to_somebody(self) -> UTAReassign:
        if self.user_id is None and self.user_group is None:
            raise ValueError("give user_id, user_group or both")
        return self


class UTActionTrigger(Model):
    """What happens `delay_seconds` (INT) after the user task was reached, or after each time that it was
    assigned to a user. Reassigning and cancelling after an assignment are for that assignment alone."""

    task: UTATask | None = None
    cancel: UTACancel | None = None
    reassign: UTAReassign | None = None
    delay_seconds: VariableAssignment
    hook: UTHook = UTHook.ON_ARRIVAL

    @model_validator(mode="after")
    def _one_action(self) -> UTActionTrigger:
        exactly_one(self, ("task", "cancel", "reassign"))
        return self


class UserTaskNode(Model):
    """Waits for a person to fill in the fields of a UserTaskDef; what they filled in is the output.

    `user_id`, `user_group` and `notes` are STRs; the first two may not both be null. When cancelled, the
    node fails with the EXCEPTION that `on_cancellation_exception_name` (STR) names, else with the ERROR
    USER_TASK_CANCELLED. Registration fills in the newest `user_task_def_version`.
    """

    user_task_def_name: Name
    user_task_def_version: int | None = Field(default=None, ge=0, le=NUMBER_MAX)
    user_id: VariableAssignment | None = None
    user_group: VariableAssignment | None = None
    actions: tuple[UTActionTrigger, ...] = Field(default=(), max_length=USER_TASK_ACTIONS_MAX)
    notes: VariableAssignment | None = None
    on_cancellation_exception_name: VariableAssignment | None = None
