"""events: `lhredis post-event`, `put-correlated-event` and `await-event`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.names import ExternalEventDefName, RunId, workflow_event_defs
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.ids import WorkflowEventId
    from lhredis.model.values import Value

Content = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTENT",
        help="Typed as the ExternalEventDef says; where it says nothing, JSON, and any other text is a STR.",
    ),
]
AWAIT_S_DEFAULT = 30.0


def post_event(
    id: RunId,
    event_def: ExternalEventDefName,
    content: Content = None,
    guid: Annotated[
        str | None, typer.Option(help="Makes the post repeatable: it is refused the second time.")
    ] = None,
    thread: Annotated[int | None, typer.Option(min=0, help="Only this ThreadRun may claim it.")] = None,
    position: Annotated[int | None, typer.Option(min=0, help="Only this NodeRun may claim it.")] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Post an ExternalEvent to a WfRun, which need not have started yet."""
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        posted = client.post_event(
            id,
            event_def,
            _content(client, event_def, content),
            guid=guid,
            thread_run_number=thread,
            node_run_position=position,
        )
    if as_json:
        print_json(posted)
    else:
        outcome = "claimed" if posted.claimed else "not claimed yet"
        out().print(f"{id}  {event_def}  {posted.id.guid}  {outcome}", markup=False)


def put_correlated_event(
    event_def: ExternalEventDefName,
    key: Annotated[str, typer.Argument(help="What the NodeRuns wait for.")],
    content: Content = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Post an event to every NodeRun that waits for this key, now or later."""
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        put = client.put_correlated_event(event_def, key, _content(client, event_def, content))
    if as_json:
        print_json(put)
        return
    count = len(put.external_events)
    out().print(f"{event_def}  {key}  posted to {count} WfRun(s) that waited for it", markup=False)


def await_event(
    id: RunId,
    event_defs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DEF",
            help="Names of WorkflowEventDefs; otherwise any will do.",
            autocompletion=workflow_event_defs,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="DEF/NUMBER", help="Not this one; may be given often.")
    ] = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout-s", min=0, help="How long to wait.")
    ] = AWAIT_S_DEFAULT,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Wait for a WorkflowEvent that a WfRun throws or has thrown."""
    from lhredis.cli.console import out, print_json
    from lhredis.cli.event_tables import workflow_event

    ignored = [_event_id(id, word) for word in ignore or ()]
    with connect(api_url) as client:
        thrown = client.await_workflow_event(id, event_defs or (), ignored, timeout_s)
    if as_json:
        print_json(thrown)
    else:
        out().print(workflow_event(thrown))


def _content(client: SyncClient, event_def: str, text: str | None) -> Value:
    """The content as the def's type says. NotFound, InvalidArgument."""
    declared = client.get_external_event_def(event_def).type_information
    if text is None:
        return None
    from lhredis.cli.arguments import parse_content

    return parse_content(text, declared)


def _event_id(wf_run_id: str, word: str) -> WorkflowEventId:
    from pydantic import ValidationError

    from lhredis.model.ids import WorkflowEventDefId, WorkflowEventId

    name, _, number = word.partition("/")
    try:
        return WorkflowEventId(
            wf_run_id=wf_run_id, workflow_event_def_id=WorkflowEventDefId(name=name), number=int(number)
        )
    except (ValueError, ValidationError):
        raise typer.BadParameter(f"--ignore is <def>/<number>, such as sent/0; got {word!r}") from None
