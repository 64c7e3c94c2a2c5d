"""context: what a task function may know and say about the attempt that it works on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lhredis.model.limits import LOG_CHARS_MAX
from lhredis.model.values import Value
from lhredis.store.tasks import ScheduledTask, shorten, task_id_parts
from lhredis.worker.checkpoints import Checkpoints, CheckpointStore


class WorkerContext:
    """Given to a task function that has a parameter of this type.

    `idempotency_key` is the same for every attempt of one TaskRun and for no other: give it to
    whatever you call, so that a retry does not do things twice.
    """

    __slots__ = ("_checkpoints", "_heartbeat", "_log", "_log_characters", "_store", "_task")

    def __init__(
        self, task: ScheduledTask, heartbeat: Callable[[ScheduledTask], None], store: CheckpointStore
    ) -> None:
        self._task = task
        self._heartbeat = heartbeat
        self._store = store
        self._checkpoints: Checkpoints | None = None
        self._log: list[str] = []
        self._log_characters = 0

    @property
    def wf_run_id(self) -> str:
        return task_id_parts(self._task.id)[0]

    @property
    def thread_run_number(self) -> int:
        return task_id_parts(self._task.id)[1]

    @property
    def node_run_position(self) -> int:
        """Position of the TASK NodeRun in its ThreadRun; for a reminder, of the USER_TASK NodeRun."""
        reminds_of = self._task.user_task
        return reminds_of.position if reminds_of is not None else task_id_parts(self._task.id)[2]

    @property
    def node_run_id(self) -> str:
        """`<wf_run_id>/<thread>/<position>`."""
        return f"{self.wf_run_id}/{self.thread_run_number}/{self.node_run_position}"

    @property
    def user_id(self) -> str | None:
        """Of a reminder: the user who had the user task when it was scheduled."""
        return self._task.user_task.user_id if self._task.user_task is not None else None

    @property
    def user_group(self) -> str | None:
        """Of a reminder: the group that had the user task when it was scheduled."""
        return self._task.user_task.user_group if self._task.user_task is not None else None

    @property
    def task_run_id(self) -> str:
        """`<wf_run_id>/<task_guid>`; the guid is `<thread>-<position>`."""
        wf_run_id, thread, position, _ = task_id_parts(self._task.id)
        return f"{wf_run_id}/{thread}-{position}"

    @property
    def idempotency_key(self) -> str:
        return self.task_run_id

    @property
    def task_def_name(self) -> str:
        return self._task.task_def

    @property
    def tenant(self) -> str:
        return self._task.tenant

    @property
    def attempt_number(self) -> int:
        """0 for the first attempt."""
        return task_id_parts(self._task.id)[3]

    @property
    def scheduled_time(self) -> datetime:
        return datetime.fromtimestamp(self._task.scheduled_ms / 1000, UTC)

    def log(self, message: object) -> None:
        """Add a line to the attempt's log output, which people see beside its result."""
        line = shorten(str(message), LOG_CHARS_MAX)
        self._log_characters += len(line) + 1
        if self._log_characters <= 2 * LOG_CHARS_MAX:
            self._log.append(line)

    @property
    def log_output(self) -> str:
        """What was logged so far, a line each."""
        return "\n".join(self._log)

    def heartbeat(self) -> None:
        """Say that the function is still at work: its timeout starts anew. Returns at once; works
        from the event loop and from the threads of plain functions."""
        self._heartbeat(self._task)

    async def execute_and_checkpoint(self, function: Callable[..., Any], *args: Any) -> Value:
        """Call `function(*args)` (and await what it gives, if that can be awaited) once for all attempts
        of this TaskRun: what it gives is stored, and a retry gets it from there instead of calling.

        Storing starts the attempt's timeout anew. The calls are counted, so make them one after the
        other and in every attempt in the same order (CHECKPOINTS_PER_TASK_RUN_MAX of them). A call that
        raises is not stored, and the error goes on. ValueError when no variable can hold the value.
        AttemptStopped, which is no Exception, ends an attempt that is not waited for any more.
        """
        return await self._taken().take(function, args)

    def execute_and_checkpoint_in_thread(self, function: Callable[..., Any], *args: Any) -> Value:
        """As `execute_and_checkpoint`, for tasks that are plain functions, in their thread."""
        return self._taken().take_in_thread(function, args)

    def _taken(self) -> Checkpoints:
        if self._checkpoints is None:
            self._checkpoints = Checkpoints(self._task, self._store, self._log)
        return self._checkpoints
