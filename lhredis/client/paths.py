"""paths: the URLs of things, from ids that may stand in a URL as they are."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from lhredis.errors import InvalidArgument
from lhredis.model.ids import check_correlation_key, check_name, check_wf_run_id


def task_def(name: str) -> str:
    return f"/v1/task-defs/{checked(name, 'TaskDef')}"


def wf_spec(name: str) -> str:
    return f"/v1/wf-specs/{checked(name, 'WfSpec')}"


def struct_def(name: str) -> str:
    return f"/v1/struct-defs/{checked(name, 'StructDef')}"


def user_task_def(name: str) -> str:
    return f"/v1/user-task-defs/{checked(name, 'UserTaskDef')}"


def user_task_run(id: str, guid: str) -> str:
    return f"{wf_run(id)}/user-task-runs/{checked(guid, 'user_task_guid')}"


def external_event_def(name: str) -> str:
    return f"/v1/external-event-defs/{checked(name, 'ExternalEventDef')}"


def workflow_event_def(name: str) -> str:
    return f"/v1/workflow-event-defs/{checked(name, 'WorkflowEventDef')}"


def wf_run(id: str) -> str:
    return f"/v1/wf-runs/{checked_wf_run_id(id)}"


def scheduled_wf_run(id: str) -> str:
    return f"/v1/scheduled-wf-runs/{checked(id, 'ScheduledWfRun id')}"


def external_event(id: str, external_event_def: str, guid: str) -> str:
    name = checked(external_event_def, "ExternalEventDef")
    return f"{wf_run(id)}/external-events/{name}/{checked(guid, 'guid')}"


def workflow_event(id: str, workflow_event_def: str, number: int) -> str:
    return f"{wf_run(id)}/workflow-events/{checked(workflow_event_def, 'WorkflowEventDef')}/{int(number)}"


def correlated_event(external_event_def: str, key: str) -> str:
    """Dots are escaped, too: a key of nothing else would be taken for a step up in the path."""
    quoted = quote(checked_key(key), safe="").replace(".", "%2E")
    return f"/v1/correlated-events/{checked(external_event_def, 'ExternalEventDef')}/{quoted}"


def checked_wf_run_id(id: str) -> str:
    """The id, or InvalidArgument."""
    return checked(id, "WfRun id", check_wf_run_id)


def checked_key(key: str) -> str:
    """The key of a CorrelatedEvent, or InvalidArgument."""
    return checked(key, "key", check_correlation_key)


def checked(name: str, what: str, check: Callable[[str], str] = check_name) -> str:
    """The name, or InvalidArgument when it breaks the rule of its kind."""
    try:
        return check(name)
    except ValueError as error:
        raise InvalidArgument(f"{what}: {error}") from None
