"""deploy: `lhredis deploy`: register what modules and files define."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.definition_file import read_definition
from lhredis.cli.deploy_order import in_order
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.cli.register import register
from lhredis.errors import InvalidArgument

if TYPE_CHECKING:
    from lhredis.client import SyncClient


def deploy(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="module (all its classes of @lh_struct_def, @task functions, UserTaskDefs and Workflows), module:object, or a JSON file of a definition "
            '(whose field "kind" is WfSpec, TaskDef, StructDef, UserTaskDef, ExternalEventDef or WorkflowEventDef).'
        ),
    ],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Register definitions. What is registered already is left as it is."""
    from lhredis.cli.console import print_json

    requests = in_order([request for target in targets for request in _requests(target)])
    with connect(api_url) as client:
        registered = [_put(client, request, as_json) for request in requests]
    if as_json:
        print_json({"results": registered})


def _requests(target: str) -> list[Any]:
    """The registrations that a target stands for, in the order of the module."""
    if target.endswith(".json"):
        return [read_definition(Path(target))]
    from lhredis.cli.load import all_of, load, struct_classes
    from lhredis.model.struct_class import is_struct_class, struct_def_request
    from lhredis.model.user_task_def import PutUserTaskDefRequest
    from lhredis.worker import TaskFunction, Worker
    from lhredis.workflow import Workflow

    module, found = load(target)
    if found is None:
        objects: list[Any] = [
            *struct_classes(module),
            *all_of(module, TaskFunction),
            *all_of(module, PutUserTaskDefRequest),
            *all_of(module, Workflow),
        ]
        if not objects:
            raise InvalidArgument(
                f"{target} has neither a @task function, nor a Workflow, nor a class of @lh_struct_def"
            )
    elif isinstance(found, Worker):
        objects = list(found.functions.values())
    elif isinstance(found, TaskFunction | Workflow | PutUserTaskDefRequest) or is_struct_class(found):
        objects = [found]
    else:
        raise InvalidArgument(
            f"{target} is a {type(found).__name__}; a @task function, a Workflow or a class of "
            "@lh_struct_def is needed"
        )

    def requests_of(one: Any) -> list[Any]:
        if is_struct_class(one):
            return [struct_def_request(one)]
        if isinstance(one, PutUserTaskDefRequest):
            return [one]
        return list(one.requests()) if isinstance(one, Workflow) else [one.task_def]

    return [request for one in objects for request in requests_of(one)]


def _put(client: SyncClient, request: Any, quiet: bool) -> Any:
    registered, words, unchanged = register(client, request)
    if not quiet:
        from lhredis.cli.console import out

        outcome = "[dim]unchanged[/]" if unchanged else "[green]registered[/]"
        out().print(f"{words}  {outcome}")
    return registered
