"""targets: what a word that names definitions stands for: a module, an object in it, or a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lhredis.cli.definition_file import read_definition
from lhredis.errors import InvalidArgument


def requests_of(target: str) -> list[Any]:
    """The registrations that a target (a module, `module:object` or a JSON file) stands for, in the order of
    the module. InvalidArgument, InvalidSpec."""
    if target.endswith(".json"):
        return [read_definition(Path(target))]
    from lhredis.cli.load import all_of, load, struct_classes
    from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
    from lhredis.model.struct_class import is_struct_class, struct_def_request
    from lhredis.model.user_task_def import PutUserTaskDefRequest
    from lhredis.worker import TaskFunction, Worker
    from lhredis.workflow import Workflow

    plain = (PutUserTaskDefRequest, PutExternalEventDefRequest, PutWorkflowEventDefRequest)
    module, found = load(target)
    if found is None:
        objects: list[Any] = [
            *struct_classes(module),
            *all_of(module, TaskFunction),
            *(one for kind in plain for one in all_of(module, kind)),
            *all_of(module, Workflow),
        ]
        if not objects:
            raise InvalidArgument(
                f"{target} has nothing to register: no @task function, no Workflow, no UserTaskDef and no class "
                "of @lh_struct_def"
            )
    elif isinstance(found, Worker):
        objects = list(found.functions.values())
    elif isinstance(found, (TaskFunction, Workflow, *plain)) or is_struct_class(found):
        objects = [found]
    else:
        raise InvalidArgument(
            f"{target} is a {type(found).__name__}; a @task function, a Worker, a Workflow, a UserTaskDef or a "
            "class of @lh_struct_def is needed"
        )

    def requests(one: Any) -> list[Any]:
        if is_struct_class(one):
            return [struct_def_request(one)]
        if isinstance(one, plain):
            return [one]
        return list(one.requests()) if isinstance(one, Workflow) else [one.task_def]

    return [request for one in objects for request in requests(one)]
