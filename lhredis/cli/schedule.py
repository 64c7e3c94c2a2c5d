"""schedule: `lhredis schedule …`: start WfRuns by the clock."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.groups import Group
from lhredis.cli.look import Look, shows
from lhredis.cli.names import Bookmark, Limit, ScheduleId, SpecName, wf_specs
from lhredis.cli.options import ApiUrl, Json, Level, MajorVersion, Revision
from lhredis.cli.versions import spec_version, written

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.scheduled_wf_run import ScheduledWfRun
    from lhredis.model.values import Value

app = typer.Typer(
    help="Start WfRuns by the clock: by a cron expression, or once at a time.",
    no_args_is_help=True,
    cls=Group,
    rich_markup_mode=None,
)


class Missed(StrEnum):
    """What is done about ticks that were missed while everything was down."""

    skip = "skip"
    catch_up = "catch-up"


Variables = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="As those of `lhredis run`.")
]
NewId = Annotated[str | None, typer.Option("--id", help="Of the schedule; otherwise a random one.")]
Parent = Annotated[
    str | None, typer.Option("--parent", metavar="WF_RUN_ID", help="The WfRun that all runs are children of.")
]


@app.command("run")
def run(
    wf_spec: SpecName,
    cron: Annotated[str, typer.Argument(metavar="CRON", help='Five fields, such as "*/5 * * * *".')],
    variables: Variables = None,
    time_zone: Annotated[str, typer.Option(help="Which the cron expression is read in.")] = "UTC",
    missed: Annotated[
        Missed,
        typer.Option(
            "--missed",
            "--missed-ticks",
            help="Of ticks while everything is down: one late run for all, or one each.",
        ),
    ] = Missed.skip,
    id: NewId = None,
    parent: Parent = None,
    major_version: MajorVersion = None,
    revision: Revision = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Start a WfRun at every tick of a cron expression."""
    from lhredis.model.enums import MissedTicks

    name, major_version, revision = spec_version(wf_spec, major_version, revision)
    with connect(api_url) as client:
        made = client.schedule_wf(
            name,
            cron,
            _variables(client, name, major_version, revision, variables),
            time_zone=time_zone,
            missed_ticks=MissedTicks[missed.name.upper()],
            id=id,
            parent_wf_run_id=parent,
            major_version=major_version,
            revision=revision,
        )
    _show(made, as_json)


@app.command("at")
def at(
    wf_spec: SpecName,
    time: Annotated[
        str,
        typer.Argument(
            metavar="TIME", help="Such as 2026-01-02T03:04:05Z, or in 90s, 30m, 1h, 7d. What is past is now."
        ),
    ],
    variables: Variables = None,
    id: Annotated[str | None, typer.Option("--id", help="Of the WfRun; otherwise a random one.")] = None,
    parent: Parent = None,
    major_version: MajorVersion = None,
    revision: Revision = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Start one WfRun at a time. Until then it is a schedule, which goes when the WfRun has started."""
    from lhredis.cli.search_words import parse_start

    start_at = parse_start(time)
    name, major_version, revision = spec_version(wf_spec, major_version, revision)
    with connect(api_url) as client:
        made = client.schedule_wf(
            name,
            None,
            _variables(client, name, major_version, revision, variables),
            start_at=start_at,
            id=id,
            parent_wf_run_id=parent,
            major_version=major_version,
            revision=revision,
        )
    _show(made, as_json)


@app.command("get")
@shows
def get(client: SyncClient, id: ScheduleId) -> Look:
    """A schedule: its next run, its last one, and why the last start was refused, if it was."""
    from lhredis.cli.schedule_tables import schedule_table

    found = client.get_scheduled_wf_run(id)
    return Look(found, lambda: schedule_table(found))


@app.command("list")
@shows
def list_(
    client: SyncClient,
    wf_spec: Annotated[
        str | None,
        typer.Argument(metavar="SPEC", help="Only those of this WfSpec.", autocompletion=wf_specs),
    ] = None,
    major_version: MajorVersion = None,
    revision: Revision = None,
    limit: Limit = 20,
    bookmark: Bookmark = None,
) -> Look:
    """Schedules, by WfSpec and id."""
    from lhredis.cli import pages
    from lhredis.cli.schedule_tables import schedules_table

    name = wf_spec
    if name is not None:
        name, major_version, revision = spec_version(name, major_version, revision)
    page = client.list_scheduled_wf_runs(name, major_version, revision, limit=limit, bookmark=bookmark)
    command = "lhredis schedule list" + (f" {name}{written(major_version, revision)}" if name else "")
    return pages.page_with(page, lambda: schedules_table(page.items), command)


@app.command("pause")
def pause(id: ScheduleId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """No more runs until it is resumed."""
    with connect(api_url) as client:
        _show(client.pause_scheduled_wf_run(id), as_json)


@app.command("resume")
def resume(id: ScheduleId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Go on from now; ticks of the pause are not made up for."""
    with connect(api_url) as client:
        _show(client.resume_scheduled_wf_run(id), as_json)


@app.command("run-now")
def run_now(id: ScheduleId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Start one of its WfRuns now, paused or not; its ticks stay as they are."""
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        started = client.run_scheduled_wf_run_now(id)
    if as_json:
        print_json(started)
    else:
        out().print(f"{started.id}  {started.wf_spec_id}  {started.status.name}", markup=False)


@app.command("delete")
def delete(id: ScheduleId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """No more runs; those that were started go on."""
    from lhredis.cli.console import out

    with connect(api_url) as client:
        client.get_scheduled_wf_run(id)
        client.delete_scheduled_wf_run(id)
    if not as_json:
        out().print(f"ScheduledWfRun  {id}  deleted", markup=False)


def _variables(
    client: SyncClient, name: str, major: int | None, revision: int | None, words: list[str] | None
) -> dict[str, Value]:
    """Words as the WfSpec declares its variables."""
    from lhredis.cli.arguments import parse_variables

    spec = client.get_wf_spec(name, major, revision)
    return parse_variables(words or (), spec.thread_specs[spec.entrypoint_thread_name].variable_defs)


def _show(schedule: ScheduledWfRun, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json
    from lhredis.cli.schedule_tables import next_run

    if as_json:
        print_json(schedule)
    else:
        out().print(f"{schedule.id}  {schedule.wf_spec_id}  {next_run(schedule)}", markup=False)
