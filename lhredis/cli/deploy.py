"""deploy: `lhredis deploy`: register what modules and files define."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.deploy_order import in_order
from lhredis.cli.options import ApiUrl, Json, Level
from lhredis.cli.register import register
from lhredis.cli.targets import requests_of

if TYPE_CHECKING:
    from lhredis.client import SyncClient


def deploy(
    targets: Annotated[
        list[str],
        typer.Argument(
            help="module (all its classes of @lh_struct_def, @task functions, forms, events and Workflows), "
            "module:object, or a JSON file of a definition "
            '(whose field "kind" is WfSpec, TaskDef, StructDef, UserTaskDef, ExternalEventDef or WorkflowEventDef).'
        ),
    ],
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Register definitions. What is registered already is left as it is."""
    from lhredis.cli.console import print_json

    requests = in_order([request for target in targets for request in requests_of(target)])
    with connect(api_url) as client:
        registered = [_put(client, request, as_json) for request in requests]
    if as_json:
        print_json({"results": registered})


def _put(client: SyncClient, request: Any, quiet: bool) -> Any:
    registered, words, unchanged = register(client, request)
    if not quiet:
        from lhredis.cli.console import out

        outcome = "[dim]unchanged[/]" if unchanged else "[green]registered[/]"
        out().print(f"{words}  {outcome}")
    return registered
