"""definition_file: a JSON file with one definition, as the request that registers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lhredis.errors import InvalidArgument, InvalidSpec, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

_TOLD_BY = {
    "thread_specs": "WfSpec",
    "struct_def": "StructDef",
    "fields": "UserTaskDef",
    "correlated_event_config": "ExternalEventDef",
    "retention_policy": "ExternalEventDef",
}
"""Fields that only one kind of definition has."""


def read_definition(path: Path) -> Any:
    """The request in a file. `kind` says what it is; without one it is what only that kind's fields
    tell, a TaskDef otherwise. InvalidArgument, InvalidSpec."""
    from pydantic import ValidationError

    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidArgument(f"{path} is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidArgument(f"{path} holds a {type(body).__name__}; an object is expected")
    told = next((kind for field, kind in _TOLD_BY.items() if field in body), "TaskDef")
    kind, models = body.pop("kind", told), _models()
    if not isinstance(kind, str) or kind not in models:
        raise InvalidArgument(f"{path}: kind is one of {', '.join(models)}; got {kind!r}")
    try:
        return models[kind].model_validate(body)
    except ValidationError as error:
        raise InvalidSpec(
            [
                Problem(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
                for one in error.errors()
            ]
        ) from None


def _models() -> Mapping[str, type[BaseModel]]:
    from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
    from lhredis.model.struct_def import PutStructDefRequest
    from lhredis.model.task_def import PutTaskDefRequest
    from lhredis.model.user_task_def import PutUserTaskDefRequest
    from lhredis.model.wf_spec import PutWfSpecRequest

    return {
        "TaskDef": PutTaskDefRequest,
        "StructDef": PutStructDefRequest,
        "UserTaskDef": PutUserTaskDefRequest,
        "ExternalEventDef": PutExternalEventDefRequest,
        "WorkflowEventDef": PutWorkflowEventDefRequest,
        "WfSpec": PutWfSpecRequest,
    }
