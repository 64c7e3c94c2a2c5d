"""guids: the ids of TaskRuns and UserTaskRuns, whose guids are `<thread>-<position>` here."""

from __future__ import annotations

import re
from typing import Any

from lhredis.errors import NotFound
from lhredis.grpc.messages import to_json

_GUID = re.compile("[0-9]{1,9}-[0-9]{1,9}", re.ASCII)


def task_run_path(task_run_id: Any) -> dict[str, Any]:
    """Where the HTTP API has a TaskRun. NotFound when no guid of ours looks like this."""
    return _path(task_run_id, "task_guid", "TaskRun")


def user_task_run_path(user_task_run_id: Any) -> dict[str, Any]:
    """Where the HTTP API has a UserTaskRun. NotFound when no guid of ours looks like this."""
    return _path(user_task_run_id, "user_task_guid", "UserTaskRun")


def _path(message: Any, field: str, noun: str) -> dict[str, Any]:
    wf_run_id, guid = to_json(message.wf_run_id), getattr(message, field)
    if not _GUID.fullmatch(guid):
        raise NotFound(f"WfRun {wf_run_id!r} has no {noun} {guid!r:.100}")
    return {"wf_run_id": wf_run_id, field: guid}
