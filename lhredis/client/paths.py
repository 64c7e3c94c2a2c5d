"""paths: the URLs of things, from ids that may stand in a URL as they are."""

from __future__ import annotations

from collections.abc import Callable

from lhredis.errors import InvalidArgument
from lhredis.model.ids import check_name, check_wf_run_id


def task_def(name: str) -> str:
    return f"/v1/task-defs/{checked(name, 'TaskDef')}"


def wf_spec(name: str) -> str:
    return f"/v1/wf-specs/{checked(name, 'WfSpec')}"


def external_event_def(name: str) -> str:
    return f"/v1/external-event-defs/{checked(name, 'ExternalEventDef')}"


def workflow_event_def(name: str) -> str:
    return f"/v1/workflow-event-defs/{checked(name, 'WorkflowEventDef')}"


def wf_run(id: str) -> str:
    return f"/v1/wf-runs/{checked(id, 'WfRun id', check_wf_run_id)}"


def checked(name: str, what: str, check: Callable[[str], str] = check_name) -> str:
    """The name, or InvalidArgument when it breaks the rule of its kind."""
    try:
        return check(name)
    except ValueError as error:
        raise InvalidArgument(f"{what}: {error}") from None
