"""user_tasks: `lhredis user-task …`: see, take, fill in, comment on and cancel the forms of WfRuns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli import get, listing
from lhredis.cli.connect import connect
from lhredis.cli.form_ids import OPEN, FormId, find
from lhredis.cli.groups import Group
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lhredis.client import SyncClient
    from lhredis.model.user_task_run import UserTaskRun
    from lhredis.model.values import Value

app = typer.Typer(help="Forms that people fill in.", no_args_is_help=True, cls=Group, rich_markup_mode=None)

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="FIELD=VALUE", help="Typed as the form declares; BOOL true or false."),
]
app.command("list")(listing.user_task_runs)
app.command("get")(get.user_task_run)

User = Annotated[str | None, typer.Option("--user", help="Who you are; otherwise the user who has it.")]
Me = Annotated[str, typer.Option("--user", help="Who you are.")]


@app.command("assign")
def assign(
    id: FormId,
    user: Annotated[str | None, typer.Option("--user", help="Who gets it.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Which group gets it.")] = None,
    override: Annotated[
        bool, typer.Option("--override", help="Also if another user has it already.")
    ] = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Give a form to exactly this user and group: who is not named has it no more."""
    if user is None and group is None:
        raise typer.BadParameter("say who gets it: --user, --group or both")
    with connect(api_url) as client:
        _tell(client.assign_user_task_run(*find(client, id), user, group, override_claim=override), as_json)


@app.command("claim")
def claim(
    id: FormId,
    user: Me,
    override: Annotated[bool, typer.Option("--override", help="Also if another user has it.")] = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Take a form: it is yours then, and can be released to its group again."""
    with connect(api_url) as client:
        _tell(client.claim_user_task_run(*find(client, id), user, override_claim=override), as_json)


@app.command("release")
def release(id: FormId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Give a form back to its group."""
    with connect(api_url) as client:
        _tell(client.release_user_task_run(*find(client, id)), as_json)


@app.command("complete")
def complete(
    id: FormId,
    words: Words = None,
    user: User = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Fill in a form: with FIELD=VALUE, or field by field at the terminal. What was saved need not be said
    again."""
    with connect(api_url) as client:
        at = find(client, id)
        run = client.get_user_task_run(*at)
        results, who = _filled_in(client, run, words, user, partial=False)
        _tell(client.complete_user_task_run(*at, who, results), as_json)


@app.command("save")
def save(
    id: FormId,
    words: Words = None,
    user: User = None,
    ignore_claim: Annotated[
        bool, typer.Option("--ignore-claim", help="Also if another user has it; it stays theirs.")
    ] = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Keep what is filled into a form so far, in place of what was kept before."""
    policy = "IGNORE_CLAIM" if ignore_claim else "FAIL_IF_CLAIMED_BY_OTHER"
    with connect(api_url) as client:
        at = find(client, id)
        run = client.get_user_task_run(*at)
        results, who = _filled_in(client, run, words, user, partial=True)
        _tell(client.save_user_task_run_progress(*at, who, results, policy), as_json)


@app.command("cancel")
def cancel(id: FormId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Cancel a form: its node fails."""
    with connect(api_url) as client:
        _tell(client.cancel_user_task_run(*find(client, id)), as_json)


@app.command("comment")
def comment(
    id: FormId,
    text: Annotated[str, typer.Argument()],
    user: Me,
    edit: Annotated[
        int | None, typer.Option("--edit", min=1, metavar="NUMBER", help="In place of this comment.")
    ] = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Comment on a form, or change a comment."""
    with connect(api_url) as client:
        at = find(client, id)
        if edit is None:
            _tell(client.put_user_task_run_comment(*at, user, text), as_json)
        else:
            _tell(client.edit_user_task_run_comment(*at, edit, user, text), as_json)


@app.command("delete-comment")
def delete_comment(
    id: FormId,
    number: Annotated[int, typer.Argument(min=1)],
    user: Me,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Delete a comment; the audit trail keeps its text."""
    with connect(api_url) as client:
        _tell(client.delete_user_task_run_comment(*find(client, id), number, user), as_json)


def _filled_in(
    client: SyncClient, run: UserTaskRun, words: Sequence[str] | None, user: str | None, partial: bool
) -> tuple[dict[str, Value], str]:
    """What goes into the fields, and who says so."""
    from lhredis.cli import forms
    from lhredis.errors import FailedPrecondition, InvalidArgument

    if run.status.name not in OPEN:
        raise FailedPrecondition(
            f"UserTaskRun {run.id.wf_run_id}/{run.id.user_task_guid} is {run.status.name} already"
        )
    form = client.get_user_task_def(run.user_task_def_id.name, run.user_task_def_id.version)
    asks = not words and forms.at_terminal()
    who = user if user is not None else run.user_id
    if who is None and asks:
        who = typer.prompt("user", err=True)
    if who is None:
        raise InvalidArgument("no user has it: say who you are with --user")
    if asks:
        return forms.ask(form, run, partial), who
    saved = {} if partial else run.results
    return forms.parse_fields(words or (), form, partial, saved), who


def _tell(run: UserTaskRun, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json
    from lhredis.cli.user_task_tables import in_a_line

    if as_json:
        print_json(run)
    else:
        out().print(in_a_line(run), markup=False)
