"""user_task_run: what people see of a user task, and what they ask of it. Times are RFC 3339."""

from __future__ import annotations

from pydantic import Field

from lhredis.model.enums import SaveUserTaskRunAssignmentPolicy, UserTaskRunStatus
from lhredis.model.ids import Model, NodeRunId, TaskRunId, UserTaskDefId, UserTaskRunId, View
from lhredis.model.limits import USER_TASK_TEXT_CHARS_MAX
from lhredis.model.values import VariableValue


class AssignUserTaskRunRequest(Model):
    """Gives a UserTaskRun to a user, a group or both; who is not named has it no more. One that a user has
    already is only taken from them with `override_claim`."""

    user_id: str | None = Field(default=None, max_length=USER_TASK_TEXT_CHARS_MAX)
    user_group: str | None = Field(default=None, max_length=USER_TASK_TEXT_CHARS_MAX)
    override_claim: bool = False


class CompleteUserTaskRunRequest(Model):
    """Completes a UserTaskRun as `user_id`, who has it from then on. `results` are its fields by name."""

    user_id: str = Field(max_length=USER_TASK_TEXT_CHARS_MAX)
    results: dict[str, VariableValue] = Field(default_factory=dict)


class SaveUserTaskRunProgressRequest(Model):
    """Keeps what a user has filled in so far, in place of what was kept before."""

    user_id: str = Field(max_length=USER_TASK_TEXT_CHARS_MAX)
    results: dict[str, VariableValue] = Field(default_factory=dict)
    policy: SaveUserTaskRunAssignmentPolicy = SaveUserTaskRunAssignmentPolicy.FAIL_IF_CLAIMED_BY_OTHER


class CancelUserTaskRunRequest(Model):
    """Cancels a UserTaskRun: its node fails."""


class ClaimUserTaskRunRequest(Model):
    """Gives a UserTaskRun to a user and leaves it to its group. One that another user has already is only
    taken from them with `override_claim`."""

    user_id: str = Field(max_length=USER_TASK_TEXT_CHARS_MAX)
    override_claim: bool = False


class ReleaseUserTaskRunRequest(Model):
    """Gives a UserTaskRun back to its group."""


class PutUserTaskRunCommentRequest(Model):
    """Adds a comment, or changes one."""

    user_id: str = Field(max_length=USER_TASK_TEXT_CHARS_MAX)
    comment: str = Field(max_length=USER_TASK_TEXT_CHARS_MAX)


class UTEAssigned(View):
    old_user_id: str | None = None
    old_user_group: str | None = None
    new_user_id: str | None = None
    new_user_group: str | None = None


class UTETaskExecuted(View):
    """A reminder: this TaskRun was scheduled."""

    task_run: TaskRunId


class UTESaved(View):
    user_id: str
    results: dict[str, VariableValue] = Field(default_factory=dict)


class UTECommented(View):
    user_comment_id: int
    user_id: str
    comment: str


class UTECommentDeleted(View):
    user_comment_id: int
    user_id: str


class UTECompleted(View):
    """Who has it then is told by the UserTaskRun."""


class UTECancelled(View):
    message: str


class UserTaskEvent(View):
    """One thing that happened to a UserTaskRun. Of `assigned`, `saved` … exactly one is there."""

    time: str
    assigned: UTEAssigned | None = None
    task_executed: UTETaskExecuted | None = None
    saved: UTESaved | None = None
    comment_added: UTECommented | None = None
    comment_edited: UTECommented | None = None
    comment_deleted: UTECommentDeleted | None = None
    completed: UTECompleted | None = None
    cancelled: UTECancelled | None = None

    @property
    def kind(self) -> str:
        """Which of them it is."""
        return next(
            name for name in self.model_fields_set if name != "time" and getattr(self, name) is not None
        )


class UserTaskRun(View):
    """A form that waits for somebody, or was filled in. `epoch` counts how often it changed hands; `events`
    are all that happened to it, the oldest first."""

    id: UserTaskRunId
    user_task_def_id: UserTaskDefId
    status: UserTaskRunStatus
    user_id: str | None = None
    user_group: str | None = None
    notes: str | None = None
    results: dict[str, VariableValue] = Field(default_factory=dict)
    events: tuple[UserTaskEvent, ...] = ()
    scheduled_time: str
    node_run_id: NodeRunId
    epoch: int = 0
